// Agent sessions as Slack's agent view shows them: their names, and what the agent is doing in each.
import { useDesk } from "./desk.js";
import { classes, html } from "./html.js";
import { nameOf } from "./people.js";
import { byTs } from "./world.js";

const MOST = 8;

const SAYS = {
  processing: "Working",
  suspended: "Needs you",
  active: "Idle",
  closed: "Closed",
};

export const SessionState = ({ session }) => html`
  <span class=${`session-state ${session.status}`} data-testid="session-state" data-status=${session.status}>
    <span class="session-dot" aria-hidden="true" />${SAYS[session.status]}
  </span>
`;

/** How a text begins, in a line: people by name, apps left out. */
export function inBrief(world, text) {
  const words = text.replace(/<@(\w+)[^>]*>/g, (_, id) => {
    const user = world.users.get(id);
    return user?.is_bot ? "" : `@${user?.name ?? id}`;
  });
  return words.replace(/\s+/g, " ").trim().slice(0, 60);
}

/** What a session is called: its title, else how the thread begins. */
export function sessionName(world, session) {
  const root = world.room(session.channel).messages.get(session.thread_ts);
  return session.title || inBrief(world, root?.text ?? "") || "Session";
}

/** Whose state it is: of several agents those with the most pressing one. */
export const agentsOf = (world, session) => session.agents.map((id) => nameOf(world.users.get(id))).join(" and ");

/** The sessions a person can see, those that want something first, then the newest. */
export function sessionsOf(world, person) {
  const urgency = { suspended: 0, processing: 1 };
  return [...world.sessions.values()]
    .filter(({ channel, status }) => status !== "closed" && world.channels.get(channel)?.members.includes(person))
    .sort(
      (a, b) =>
        (urgency[a.status] ?? 2) - (urgency[b.status] ?? 2) || byTs(b.thread_ts, a.thread_ts),
    );
}

function SessionEntry({ session, current }) {
  const { world, me, go } = useDesk();
  const name = sessionName(world, session);
  const channel = world.channels.get(session.channel);
  return html`
    <li>
      <button type="button" class=${classes("entry session", session.status === "suspended" && "unread")}
        aria-current=${current ? "page" : undefined} title=${`${name} · ${world.title(channel, me)}`}
        aria-label=${`${name}, ${SAYS[session.status]}`} onClick=${() => go(session.channel, session.thread_ts)}>
        <span class=${`session-dot ${session.status}`} aria-hidden="true" /><span>${name}</span>
      </button>
    </li>
  `;
}

/** The part of the sidebar about sessions; nothing while there are none. */
export function Sessions({ thread }) {
  const { world, me } = useDesk();
  const sessions = sessionsOf(world, me).slice(0, MOST);
  if (!sessions.length) return null;
  return html`
    <h2>Agent sessions</h2>
    <ul data-testid="sessions">
      ${sessions.map(
        (session) => html`<${SessionEntry} key=${`${session.channel}/${session.thread_ts}`} session=${session}
          current=${session.thread_ts === thread} />`,
      )}
    </ul>
  `;
}
