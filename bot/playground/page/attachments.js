// Files on their way out of the browser: read, shown small, and taken away again.
import { html } from "./html.js";
import { Icon } from "./icons.js";

/** All files of one act together: acts travel as JSON, with their files in base64. */
const MOST_BYTES = 11_000_000;

const UNITS = ["bytes", "kB", "MB", "GB"];

/** "3 bytes", "12 kB", "4.5 MB". */
export function sizeOf(bytes) {
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const amount = bytes / 1000 ** power;
  return `${power && amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[power]}`;
}

const dataUrl = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

let serial = 0;

/** A chosen file as {key, name, size, url}: `url` holds its bytes. */
async function attachment(file) {
  serial += 1;
  const { name, size, type } = file;
  return { key: serial, name: name || "file", size, image: type.startsWith("image/"), url: await dataUrl(file) };
}

/** The files that fit beside those attached already: {files, problem}. */
export async function attachments(chosen, before = []) {
  const all = [...chosen];
  const size = [...before, ...all].reduce((sum, file) => sum + file.size, 0);
  if (size > MOST_BYTES)
    return { files: [], problem: `The local Slack takes at most ${sizeOf(MOST_BYTES)} in one message.` };
  try {
    return { files: await Promise.all(all.map(attachment)), problem: null };
  } catch (error) {
    console.warn(error);
    return { files: [], problem: "That file cannot be read." };
  }
}

/** As acts take files: {name, content in base64}. */
export const asUpload = ({ name, url }) => ({ name, content: url.slice(url.indexOf(",") + 1) });

export const Attachments = ({ files, onRemove }) => html`
  <ul class="attachments" aria-label="Attached files">
    ${files.map(
      (file) => html`
        <li key=${file.key} class=${file.image ? "attached-image" : "attached"} title=${file.name}>
          ${
            file.image
              ? html`<img src=${file.url} alt=${file.name} />`
              : html`<${Icon} name="file" /><span><b>${file.name}</b><small>${sizeOf(file.size)}</small></span>`
          }
          <button type="button" aria-label=${`Remove ${file.name}`} onClick=${() => onRemove(file)}><${Icon} name="close" /></button>
        </li>
      `,
    )}
  </ul>
`;

/** Let the browser's own dialog choose files; `accept` lists endings. */
export function choose(onChosen, { many = true, accept = "" } = {}) {
  const input = Object.assign(document.createElement("input"), { type: "file", multiple: many, accept });
  input.addEventListener("change", () => onChosen([...input.files]));
  input.click();
}
