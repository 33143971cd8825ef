// Pictures an app shows: from the web, or from a file in the workspace.
import { useDesk } from "./desk.js";
import { html, useState } from "./html.js";

const FILES = "/files-pri/";

/**
 * The path of a file of this workspace by its link, "" if it is none: the page may be open under another name of this
 * machine, and an app may have made the link up.
 */
export function pathOf(link) {
  const path = URL.canParse(link) ? new URL(link).pathname : "";
  return path.startsWith(FILES) ? path : "";
}

function addressOf({ image_url: url, slack_file: file }, team) {
  if (!file) return url;
  return file.url ? pathOf(file.url) : `${FILES}${team}-${encodeURIComponent(file.id)}/image`;
}

/** A picture; its description where it cannot be loaded. */
export function Picture({ image, look }) {
  const { world } = useDesk();
  const [broken, setBroken] = useState(false);
  const address = addressOf(image, world.team.id);
  if (broken || !address) return html`<span class=${`${look} picture-missing`}>${image.alt_text}</span>`;
  return html`<img class=${look} src=${address} alt=${image.alt_text} onError=${() => setBroken(true)} />`;
}
