// The left side: the workspace, its channels, direct messages and the app; and who is sitting here.
import { useDesk } from "./desk.js";
import { classes, html } from "./html.js";
import { Icon } from "./icons.js";
import { Avatar, nameOf } from "./people.js";
import { unreadIn } from "./reads.js";

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
        ${mentions > 0 && html`<span class="count" aria-label=${`${mentions} for you`}>${mentions}</span>`}
      </button>
    </li>
  `;
}

function ChannelEntry({ channel }) {
  const { world, me, place, go } = useDesk();
  const { unread, mentions } = unreadIn(world, channel, me);
  const icon = channel.is_archived ? "archive" : channel.kind === "group" ? "lock" : "hash";
  return html`<${Entry} label=${channel.name} current=${place === channel.id} unread=${unread} mentions=${mentions}
    icon=${html`<${Icon} name=${icon} />`} onOpen=${() => go(channel.id)} />`;
}

function DirectEntry({ channel }) {
  const { world, me, place, go } = useDesk();
  const { unread, mentions } = unreadIn(world, channel, me);
  const other = world.users.get(channel.members.find((id) => id !== me));
  return html`<${Entry} label=${world.title(channel, me)} current=${place === channel.id} unread=${unread}
    mentions=${mentions} icon=${html`<${Avatar} user=${other} size=${20} />`} onOpen=${() => go(channel.id)} />`;
}

function Direct() {
  const { world, me, openDirect } = useDesk();
  const channels = world.channelsOf(me).filter(({ kind }) => kind === "im");
  const withApp = world.directWithApp(me);
  return html`
    ${
      !withApp &&
      world.app &&
      html`<${Entry} label=${nameOf(world.app)} icon=${html`<${Avatar} user=${world.app} size=${20} />`} onOpen=${openDirect} />`
    }
    ${channels.map((channel) => html`<${DirectEntry} key=${channel.id} channel=${channel} />`)}
  `;
}

export function Sidebar() {
  const { world, me, place, go } = useDesk();
  const channels = world
    .channelsOf(me)
    .filter(({ kind }) => kind !== "im")
    .sort((a, b) => a.is_archived - b.is_archived || a.name.localeCompare(b.name));
  return html`
    <nav class="sidebar" aria-label="Channels and direct messages">
      <h2>Channels</h2>
      <ul>${channels.map((channel) => html`<${ChannelEntry} key=${channel.id} channel=${channel} />`)}</ul>
      <h2>Direct messages</h2>
      <ul><${Direct} /></ul>
      <h2>Apps</h2>
      <ul>
        ${
          world.app &&
          html`<${Entry} label=${nameOf(world.app)} current=${place === "home"}
          icon=${html`<${Avatar} user=${world.app} size=${20} />`} onOpen=${() => go("home")} />`
        }
      </ul>
    </nav>
  `;
}

/** One click and you are somebody else. */
export function PersonSwitch({ onSwitch }) {
  const { world, me } = useDesk();
  return html`
    <div class="person-switch" role="group" aria-label="Who you are" data-testid="person-switch">
      <span aria-hidden="true">You are</span>
      ${world.people.map(
        (user) => html`
          <button type="button" aria-pressed=${user.id === me} title=${user.is_restricted ? `${nameOf(user)}, a guest` : nameOf(user)}
            onClick=${() => onSwitch(user.id)}>
            <${Avatar} user=${user} size=${20} /><span>${nameOf(user)}</span>
          </button>
        `,
      )}
    </div>
  `;
}
