// People and the app as they appear beside and inside messages.
import { classes, html } from "./html.js";
import { useDesk } from "./desk.js";

export const nameOf = (user) => user?.real_name || user?.name || "Somebody";

/** A rounded square with the initial on their colour; the app that runs with the workspace wears its icon. */
export function Avatar({ user, size = 36 }) {
  const { world } = useDesk();
  if (user && user === world.app && world.bot.state !== "external") return html`<img class="avatar" src="icon.svg" width=${size} height=${size} alt="" />`;
  return html`
    <svg class="avatar" viewBox="0 0 36 36" width=${size} height=${size} aria-hidden="true">
      <rect width="36" height="36" fill=${`#${user?.color || "616061"}`} />
      <text x="18" y="24.5" text-anchor="middle">${nameOf(user)[0].toUpperCase()}</text>
    </svg>
  `;
}

export function Mention({ user: id, label }) {
  const { world, me, openDirect } = useDesk();
  const user = world.users.get(id);
  const text = `@${user ? nameOf(user) : label || id}`;
  const look = classes("mention", id === me && "mention-me");
  if (user && user === world.app)
    return html`<button type="button" class=${look} onClick=${() => openDirect()}>${text}</button>`;
  return html`<span class=${look}>${text}</span>`;
}

export const Broadcast = ({ range }) => html`<span class="mention mention-me">@${range}</span>`;

export function ChannelLink({ channel: id, label }) {
  const { world, me, go } = useDesk();
  const channel = world.channels.get(id);
  if (!channel?.members.includes(me))
    return html`<span class="mention">#${channel?.kind === "channel" ? channel.name : label || "private"}</span>`;
  return html`<button type="button" class="mention" onClick=${() => go(id)}>#${world.title(channel, me)}</button>`;
}

const SAFE_URL = /^(https?:|mailto:)/i;

/** A link out of the page; anything but web and mail addresses stays text. */
export function Link({ url, children }) {
  if (!SAFE_URL.test(url)) return html`<span>${children}</span>`;
  return html`<a href=${url} target="_blank" rel="noopener noreferrer">${children}</a>`;
}
