// The middle pane: a channel, a direct message, or the app's Home.
import { act } from "./api.js";
import { Blocks } from "./blocks.js";
import { Composer } from "./composer.js";
import { useDesk } from "./desk.js";
import { classes, html, useEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { MessageList } from "./message_list.js";
import { Avatar, nameOf } from "./people.js";
import { markRead, readTo, threadUnread } from "./reads.js";
import { byTs, isReply } from "./world.js";

const ChannelIcon = ({ channel }) =>
  html`<${Icon} name=${channel.is_archived ? "archive" : channel.kind === "group" ? "lock" : "hash"} />`;

const BackToList = () => html`
  <a class="icon-button back" href="#/" aria-label="Back to channels"><${Icon} name="back" /></a>
`;

function ChannelHead({ channel }) {
  const { world } = useDesk();
  const members = channel.members.map((id) => world.users.get(id));
  return html`
    <header class="pane-head">
      <${BackToList} />
      <h2><${ChannelIcon} channel=${channel} />${channel.name}</h2>
      <span class="members" title=${members.map(nameOf).join(", ")} aria-label=${`${members.length} members`}>
        ${members.slice(0, 3).map((user) => html`<${Avatar} user=${user} size=${20} />`)}${members.length}
      </span>
    </header>
  `;
}

/** The app's two tabs: Home, which the app publishes, and Messages, the direct messages with it. */
function AppHead({ tab }) {
  const { world, go, openDirect } = useDesk();
  const tabs = [
    ["home", "Home", () => go("home")],
    ["messages", "Messages", openDirect],
  ];
  return html`
    <header class="pane-head app-head">
      <${BackToList} />
      <h2><${Avatar} user=${world.app} size=${24} />${nameOf(world.app)}<span class="badge">APP</span></h2>
      <nav class="tabs" aria-label="App">
        ${tabs.map(
          ([id, label, open]) => html`
            <button type="button" aria-current=${id === tab ? "page" : undefined} onClick=${open}>${label}</button>
          `,
        )}
      </nav>
    </header>
  `;
}

/** What a newcomer can do first. Shown where nothing has been said yet. */
function FirstSteps({ onPropose, mention }) {
  const { world } = useDesk();
  const app = world.app?.name;
  const line = mention ? `@${app} help` : "help";
  return html`
    <section class="first-steps" aria-label="First steps">
      <h3>Try it</h3>
      <button type="button" onClick=${() => onPropose({ text: line })}>
        <span>Write <code>${line}</code></span>
        <small>The thread opens, and there ${nameOf(world.app)} says what it can do.</small>
      </button>
      <p>While it works: press <b>Stop</b>${mention && ", answer as somebody else with the faces at the top"},
        or kill the bot at the bottom of the page and start it again.</p>
    </section>
  `;
}

function Intro({ channel, empty, onPropose }) {
  const { world } = useDesk();
  const direct = channel.kind === "im";
  return html`
    <div class="intro">
      ${
        direct
          ? html`<h1><${Avatar} user=${world.app} size=${48} />${nameOf(world.app)}</h1>
            <p>This is the very beginning of your direct messages with <b>${nameOf(world.app)}</b>. Nobody else sees them.</p>`
          : html`<h1><${ChannelIcon} channel=${channel} />${channel.name}</h1>
            <p>This is the very beginning of the <b>${channel.name}</b> channel.</p>`
      }
      ${
        empty &&
        (direct || channel.members.includes(world.app?.id)) &&
        html`<${FirstSteps} onPropose=${onPropose} mention=${!direct} />`
      }
    </div>
  `;
}

export function ChannelPlace({ channel }) {
  const { world, me, go } = useDesk();
  const pane = useRef();
  const [proposal, setProposal] = useState(null);
  const [opened] = useState(() => readTo(me, channel.id));
  const room = world.room(channel.id);
  const whispers = world.whispers.filter(
    (whisper) => whisper.channel === channel.id && !isReply(whisper) && whisper.user === me,
  );
  const roots = room.roots.map((ts) => room.messages.get(ts));
  const messages = whispers.length ? [...roots, ...whispers].sort((a, b) => byTs(a.ts, b.ts)) : roots;
  const direct = channel.kind === "im";
  const label = direct ? `Message ${world.title(channel, me)}` : `Message #${channel.name}`;

  useEffect(() => {
    // On a phone the channel may stand behind the list or a thread.
    if (pane.current.checkVisibility() && markRead(me, channel.id, room.roots.at(-1)))
      world.tell({ type: "read" });
  });

  /** What is said to the app opens its thread: there the app answers. */
  async function send(text) {
    const answer = await act(me, "post", { channel: channel.id, text });
    const toApp = direct || text.includes(`@${world.app?.name}`);
    if (answer.ok && toApp && channel.members.includes(world.app?.id)) go(channel.id, answer.ts);
    return answer;
  }

  /** What a message shows of its thread; a whisper can have none. */
  const extra = (message) =>
    message.id
      ? {}
      : {
          thread: room.summary(message.ts),
          session: world.session(channel.id, message.ts),
          unread: threadUnread(room, channel.id, message.ts, me),
          onReply: replyTo(channel.id, message.ts, go),
        };

  return html`
    <main class="place" ref=${pane} aria-label=${label.replace("Message ", "")}>
      ${direct ? html`<${AppHead} tab="messages" />` : html`<${ChannelHead} channel=${channel} />`}
      <${MessageList}
        messages=${messages}
        label="Messages"
        lastRead=${opened}
        days
        extra=${extra}
        intro=${html`<${Intro} channel=${channel} empty=${messages.length === 0} onPropose=${setProposal} />`}
      />
      ${
        channel.is_archived
          ? html`<p class="notice">This channel is archived.</p>`
          : html`<${Composer} label=${label} testid="composer" sendTestid="send" channel=${channel.id} proposal=${proposal}
            onSend=${send} />`
      }
    </main>
  `;
}

const openers = new Map();

/** The function that opens a thread, the same one each time: a row that gets a new one is drawn again. */
function replyTo(channel, root, go) {
  const key = `${channel}/${root}`;
  if (openers.get(key)?.go !== go) openers.set(key, { go, open: () => go(channel, root) });
  return openers.get(key).open;
}

const HOMELESS = {
  stopped: "The bot is stopped, so nothing is here yet. Start it at the bottom of the page.",
  starting: "The bot is starting. Its Home will be here in a moment.",
};

export function HomePlace() {
  const { world, me } = useDesk();
  const view = world.homes.get(me);
  const running = world.bot.state === "running";
  // Again when the bot comes back: it was not there to hear the first one.
  useEffect(() => void act(me, "open_home"), [me, running]);
  const missing = HOMELESS[world.bot.state] ?? "The app has not published a Home for you yet.";
  return html`
    <main class="place" aria-label=${`${nameOf(world.app)} Home`}>
      <${AppHead} tab="home" />
      <div class="scroll-frame">
        <div class=${classes("home", !view && "empty")}>
          ${view ? html`<${Blocks} blocks=${view.blocks} source=${{}} />` : html`<p>${missing}</p>`}
        </div>
      </div>
    </main>
  `;
}
