// The thread pane at the right: a message, its replies, and what the agent is doing.
import { act, problemOf, say } from "./api.js";
import { Composer } from "./composer.js";
import { useDesk } from "./desk.js";
import { WIDE } from "./floating.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { loadEarlier } from "./history.js";
import { Icon } from "./icons.js";
import { Doing, Message } from "./message.js";
import { MessageList } from "./message_list.js";
import { nameOf } from "./people.js";
import { markRead, readTo } from "./reads.js";
import { SessionState } from "./sessions.js";
import { byTs } from "./world.js";

/** What the agent is doing in this thread, with Slack's own Stop while it works. */
function SessionBar({ session }) {
  const { me } = useDesk();
  const [problem, setProblem] = useState(null);
  const shown = session?.status === "processing" || session?.status === "suspended";
  if (!shown) return null;
  async function stop() {
    const answer = await act(me, "stop", { channel: session.channel, thread_ts: session.thread_ts });
    setProblem(answer.ok ? null : problemOf(answer));
  }
  return html`
    <div class="session-bar" role="status">
      <${Doing} session=${session} />
      ${problem && html`<span class="problem"><${Icon} name="warning" />${problem}</span>`}
      ${
        session.status === "processing" &&
        html`<button type="button" class="button small" data-testid="stop" onClick=${stop}><${Icon} name="stop" />Stop</button>`
      }
    </div>
  `;
}

const Replies = ({ count }) => html`
  <div class="replies" role="separator"><span>${count} ${count === 1 ? "reply" : "replies"}</span></div>
`;

/** Where the answer will be, or why none comes, while there is none. */
function Awaiting() {
  const { world } = useDesk();
  const app = nameOf(world.app);
  const says = {
    stopped: `The bot is stopped. Start it at the bottom of the page: it will find this message.`,
    starting: `The bot is starting. It will find this message.`,
  };
  return html`<p class="awaiting">${says[world.bot.state] ?? `${app} answers here.`}</p>`;
}

/** Slack's agent view: what the session is called, how it stands, and a pencil to call it something else. */
function ThreadHead({ channel, session, onClose }) {
  const { world, me } = useDesk();
  const [renaming, setRenaming] = useState(false);
  const where = channel.kind === "im" ? world.title(channel, me) : `# ${world.title(channel, me)}`;
  return html`
    <header class="pane-head">
      <button type="button" class="icon-button back" aria-label="Back" onClick=${onClose}><${Icon} name="back" /></button>
      ${
        renaming
          ? html`<${Rename} session=${session} onDone=${() => setRenaming(false)} />`
          : html`
            <h2 class=${session?.title && "titled"}>${session?.title ?? "Thread"} <small>${where}</small></h2>
            ${session && html`<${SessionState} session=${session} />`}
            ${
              session &&
              html`<button type="button" class="icon-button rename" title="Rename session" aria-label="Rename session"
                onClick=${() => setRenaming(true)}><${Icon} name="edit" /></button>`
            }
          `
      }
      <button type="button" class="icon-button close" title="Close" aria-label="Close thread" onClick=${onClose}><${Icon} name="close" /></button>
    </header>
  `;
}

function Rename({ session, onDone }) {
  const { me } = useDesk();
  const field = useRef();
  const [problem, setProblem] = useState(null);
  useLayoutEffect(() => field.current.select(), []);

  async function save(event) {
    event.preventDefault();
    const title = field.current.value.trim();
    if (!title || title === session.title) return onDone();
    const { channel, thread_ts } = session;
    const answer = await act(me, "rename_session", { channel, thread_ts, title });
    if (answer.ok) onDone();
    else setProblem(problemOf(answer));
  }

  function key(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onDone();
  }

  return html`
    <form class="rename-form" onSubmit=${save} onKeyDown=${key}>
      <input ref=${field} aria-label="Name of this session" maxlength="200" value=${session.title ?? ""} />
      <button type="submit" class="button small primary">Save</button>
      ${problem && html`<span class="problem" role="alert"><${Icon} name="warning" />${problem}</span>`}
    </form>
  `;
}

/** The thread's first message, and under it how many replies follow, or what is awaited. */
function Beginning({ root, message, count, awaited }) {
  return html`
    ${
      message
        ? html`<${Message} key=${root} message=${message} dated />`
        : html`<p class="notice">The first message of this thread was deleted.</p>`
    }
    ${count > 0 ? html`<${Replies} count=${count} />` : awaited && html`<${Awaiting} />`}
  `;
}

/** The messages of a thread as far as they are known; asks for the rest. */
function useReplies(channel, root) {
  const { world } = useDesk();
  const room = world.room(channel);
  const [asked, setAsked] = useState(false);
  const known = room.messages.has(root);
  const load = () => loadEarlier(world, channel, root);
  useEffect(() => {
    if (!known) load().then(() => setAsked(true));
  }, [world.epoch]);
  const replies = room.thread(root).map((ts) => room.messages.get(ts));
  return { message: room.messages.get(root), replies, load, older: room.lacksReplies(root), found: known || asked };
}

const ALSO = { __proto__: null, im: "Also send as direct message", mpim: "Also send to the group" };

export function Thread({ channel, root }) {
  const { world, me, go } = useDesk();
  const place = `${channel.id}/${root}`;
  const [opened] = useState(() => readTo(me, place));
  const { message, replies, load, older, found } = useReplies(channel.id, root);
  const whispers = world.whispers.filter(
    (whisper) => whisper.channel === channel.id && whisper.thread_ts === root && whisper.user === me,
  );
  const all = whispers.length ? [...replies, ...whispers].sort((a, b) => byTs(a.ts, b.ts)) : replies;
  const session = world.session(channel.id, root);
  const toApp = channel.kind === "im" || message?.text.includes(`<@${world.app?.id}>`);
  const count = Math.max(message?.reply_count ?? 0, replies.length);

  useEffect(() => {
    if (markRead(me, place, replies.at(-1)?.ts)) world.tell({ type: "read" });
  });

  return html`
    <section class="thread" data-testid="thread-pane" aria-label="Thread" role=${WIDE.matches ? "complementary" : "main"}>
      <${ThreadHead} channel=${channel} session=${session} onClose=${() => go(channel.id)} />
      <${MessageList}
        key=${world.epoch}
        messages=${all}
        older=${older}
        onOlder=${load}
        label="Messages in this thread"
        lastRead=${opened}
        intro=${
          found &&
          html`<${Beginning} key="beginning" root=${root} message=${message} count=${count} awaited=${toApp && !whispers.length} />`
        }
      />
      <${SessionBar} session=${session} />
      ${
        !channel.is_archived &&
        html`<${Composer} label="Reply…" testid="thread-composer" sendTestid="thread-send" channel=${channel.id}
        thread=${root} also=${ALSO[channel.kind] ?? `Also send to #${channel.name}`}
        onSend=${(text, files, also) =>
          say(me, { channel: channel.id, thread_ts: root, reply_broadcast: also || undefined }, text, files)} />`
      }
    </section>
  `;
}
