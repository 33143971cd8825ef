// The thread pane at the right: a message, its replies, and what the agent is doing.
import { act, problemOf } from "./api.js";
import { Composer } from "./composer.js";
import { useDesk } from "./desk.js";
import { html, useEffect, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Doing } from "./message.js";
import { MessageList } from "./message_list.js";
import { nameOf } from "./people.js";
import { markRead, readTo } from "./reads.js";
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
  <div class="replies" key="replies" role="separator"><span>${count} ${count === 1 ? "reply" : "replies"}</span></div>
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

export function Thread({ channel, root }) {
  const { world, me, go } = useDesk();
  const room = world.room(channel.id);
  const place = `${channel.id}/${root}`;
  const [opened] = useState(() => readTo(me, place));
  const replies = room.replies.get(root) ?? [];
  const whispers = world.whispers.filter(
    (whisper) => whisper.channel === channel.id && whisper.thread_ts === root && whisper.user === me,
  );
  const messages = [root, ...replies].map((ts) => room.messages.get(ts)).filter(Boolean);
  const all = whispers.length ? [...messages, ...whispers].sort((a, b) => byTs(a.ts, b.ts)) : messages;
  const session = world.session(channel.id, root);
  const toApp = channel.kind === "im" || room.messages.get(root)?.text.includes(`<@${world.app?.id}>`);
  const title = channel.kind === "im" ? world.title(channel, me) : `# ${channel.name}`;

  useEffect(() => {
    if (markRead(me, place, replies.at(-1))) world.tell({ type: "read" });
  });

  return html`
    <aside class="thread" data-testid="thread-pane" aria-label="Thread">
      <header class="pane-head">
        <button type="button" class="icon-button back" aria-label="Back" onClick=${() => go(channel.id)}><${Icon} name="back" /></button>
        <h2>Thread <small>${session?.title ?? title}</small></h2>
        <button type="button" class="icon-button close" title="Close" aria-label="Close thread"
          onClick=${() => go(channel.id)}><${Icon} name="close" /></button>
      </header>
      ${!room.messages.has(root) && html`<p class="notice">The first message of this thread was deleted.</p>`}
      <${MessageList}
        messages=${all}
        label="Messages in this thread"
        lastRead=${opened}
        afterFirst=${
          replies.length > 0
            ? html`<${Replies} count=${replies.length} />`
            : toApp && !whispers.length && html`<${Awaiting} key="awaiting" />`
        }
      />
      <${SessionBar} session=${session} />
      ${
        !channel.is_archived &&
        html`<${Composer} label="Reply…" testid="thread-composer" sendTestid="thread-send" channel=${channel.id}
        thread=${root} onSend=${(text) => act(me, "post", { channel: channel.id, thread_ts: root, text })} />`
      }
    </aside>
  `;
}
