// The left side: the workspaces, the channels, direct messages and apps of one; and who is sitting here.
import { useDesk } from "./desk.js";
import { classes, html } from "./html.js";
import { Icon } from "./icons.js";
import { Avatar, nameOf } from "./people.js";
import { unreadIn } from "./reads.js";
import { Sessions } from "./sessions.js";

function Entry({ label, current, unread, mentions, icon, onOpen }) {
  return html`
    <li>
      <button
        type="button"
        class=${classes("entry", unread && "unread")}
        aria-current=${current ? "page" : undefined}
        onClick=${onOpen}
      >
        ${icon}<span>${label}</span>
        ${unread && html`<span class="unseen">, unread</span>`}
        ${mentions > 0 && html`<span class="count" aria-label=${`${mentions} for you`}>${mentions}</span>`}
      </button>
    </li>
  `;
}

export const channelIcon = (channel) =>
  channel.is_archived ? "archive" : channel.kind === "group" ? "lock" : "hash";

const isDirect = ({ kind }) => kind === "im" || kind === "mpim";

function ChannelEntry({ channel }) {
  const { world, me, place, go } = useDesk();
  const { unread, mentions } = unreadIn(world, channel, me);
  return html`<${Entry} label=${channel.name} current=${place === channel.id} unread=${unread} mentions=${mentions}
    icon=${html`<${Icon} name=${channelIcon(channel)} />`} onOpen=${() => go(channel.id)} />`;
}

/** Whose picture stands for a direct message; a group shows how many others there are. */
function DirectPicture({ channel }) {
  const { world, me } = useDesk();
  const others = channel.members.filter((id) => id !== me);
  if (channel.kind === "mpim") return html`<span class="how-many" aria-hidden="true">${others.length}</span>`;
  return html`<${Avatar} user=${world.users.get(others[0] ?? me)} size=${20} />`;
}

function DirectEntry({ channel }) {
  const { world, me, place, go } = useDesk();
  const { unread, mentions } = unreadIn(world, channel, me);
  return html`<${Entry} label=${world.title(channel, me)} current=${place === channel.id} unread=${unread}
    mentions=${mentions} icon=${html`<${DirectPicture} channel=${channel} />`} onOpen=${() => go(channel.id)} />`;
}

/** Direct messages, also those with an app that have not begun. */
function Direct() {
  const { world, me, openDirect } = useDesk();
  const fresh = world.installs.filter(({ user_id }) => !world.directWith(me, user_id));
  return html`
    ${fresh.map(({ app_id, user_id }) => {
      const user = world.users.get(user_id);
      return html`<${Entry} key=${app_id} label=${nameOf(user)} icon=${html`<${Avatar} user=${user} size=${20} />`}
        onOpen=${() => openDirect(app_id)} />`;
    })}
    ${world
      .channelsOf(me)
      .filter(isDirect)
      .map((channel) => html`<${DirectEntry} key=${channel.id} channel=${channel} />`)}
  `;
}

/** Arrow keys walk the entries. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const entries = [...event.currentTarget.querySelectorAll(".entry")];
  const at = entries.indexOf(document.activeElement);
  if (!step || at < 0) return;
  entries[at + step]?.focus();
  event.preventDefault();
}

export function Sidebar({ thread }) {
  const { world, me, place, go } = useDesk();
  const channels = world
    .channelsOf(me)
    .filter((channel) => !isDirect(channel))
    .sort((a, b) => a.is_archived - b.is_archived || a.name.localeCompare(b.name));
  return html`
    <nav class="sidebar" aria-label="Channels and direct messages" onKeyDown=${walk}>
      <${Sessions} thread=${thread} />
      <h2>Channels</h2>
      <ul>${channels.map((channel) => html`<${ChannelEntry} key=${channel.id} channel=${channel} />`)}</ul>
      <h2>Direct messages</h2>
      <ul><${Direct} /></ul>
      <h2>Apps</h2>
      <ul>
        ${world.installs.map(({ app_id, user_id }, at) => {
          const user = world.users.get(user_id);
          const home = at === 0 ? "home" : `home-${app_id}`;
          return html`<${Entry} key=${app_id} label=${nameOf(user)} current=${place === home}
            icon=${html`<${Avatar} user=${user} size=${20} />`} onOpen=${() => go(home)} />`;
        })}
      </ul>
    </nav>
  `;
}

const initialsOf = (name) =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0])
    .join("")
    .toUpperCase();

/** The workspaces at the very left, if there are several. `onOpen` hears the team's id. */
export function Rail({ onOpen }) {
  const { world } = useDesk();
  const teams = [...world.teams.values()].filter(({ id }) => world.peopleOf(id).length);
  if (teams.length < 2) return null;
  return html`
    <nav class="rail" aria-label="Workspaces">
      ${teams.map(
        ({ id, name }) => html`
          <button type="button" key=${id} class="team" title=${name} aria-label=${name}
            aria-current=${id === world.team.id ? "page" : undefined} onClick=${() => onOpen(id)}>${initialsOf(name)}</button>
        `,
      )}
    </nav>
  `;
}

/** One click and you are somebody else; with Ctrl or the middle button, in another window. */
export function PersonSwitch({ onSwitch }) {
  const { world, me } = useDesk();
  function pick(event, user) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onSwitch(user.id);
  }
  return html`
    <div class="person-switch" role="group" aria-label="Who you are" data-testid="person-switch">
      <span aria-hidden="true">You are</span>
      ${world.people.map(
        (user) => html`
          <a key=${user.id} href=${`/?as=${user.id}`} aria-current=${user.id === me ? "true" : undefined} draggable=${false}
            title=${`${nameOf(user)}${user.is_restricted ? ", a guest" : ""}. Ctrl and click: in another window`}
            onClick=${(event) => pick(event, user)}>
            <${Avatar} user=${user} size=${20} /><span>${nameOf(user)}</span>
          </a>
        `,
      )}
    </div>
  `;
}
