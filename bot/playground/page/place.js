// The middle pane: a channel, a direct message, or the app's Home.
import { act, say } from "./api.js";
import { Composer } from "./composer.js";
import { useDesk } from "./desk.js";
import { loadEarlier } from "./history.js";
import { Home } from "./home.js";
import { classes, html, useEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { MessageList } from "./message_list.js";
import { Avatar, nameOf } from "./people.js";
import { markRead, readTo, threadUnread } from "./reads.js";
import { inBrief } from "./sessions.js";
import { channelIcon } from "./sidebar.js";
import { byTs, isReply } from "./world.js";

const ChannelIcon = ({ channel }) =>
  channel.kind !== "mpim" && html`<${Icon} name=${channelIcon(channel)} />`;

const BackToList = () => html`
  <a class="icon-button back" href="#/" aria-label="Back to channels"><${Icon} name="back" /></a>
`;

function ChannelHead({ channel }) {
  const { world, me } = useDesk();
  const members = channel.members.map((id) => world.users.get(id));
  return html`
    <header class="pane-head">
      <${BackToList} />
      <h2><${ChannelIcon} channel=${channel} />${world.title(channel, me)}</h2>
      ${channel.topic && html`<span class="topic" title=${channel.topic}>${channel.topic}</span>`}
      <span class="members" title=${members.map(nameOf).join(", ")} aria-label=${`${members.length} members`}>
        ${members.slice(0, 3).map((user) => html`<${Avatar} user=${user} size=${20} />`)}${members.length}
      </span>
    </header>
  `;
}

/** An app's two tabs: Home, which it publishes, and Messages, the direct messages with it. */
function AppHead({ install, tab }) {
  const { world, go, openDirect } = useDesk();
  const { app_id: app, user_id } = install;
  const home = install === world.installs[0] ? "home" : `home-${app}`;
  const tabs = [
    ["home", "Home", () => go(home)],
    ["messages", "Messages", () => openDirect(app)],
  ];
  const user = world.users.get(user_id);
  return html`
    <header class="pane-head app-head">
      <${BackToList} />
      <h2><${Avatar} user=${user} size=${24} />${nameOf(user)}<span class="badge">APP</span></h2>
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
  const elsewhere = world.bot.state === "external";
  return html`
    <section class="first-steps" aria-label="First steps">
      <h4>Try it</h4>
      <button type="button" onClick=${() => onPropose({ text: line })}>
        <span>Write <code>${line}</code></span>
        <small>${elsewhere ? `${nameOf(world.app)} is told, once it is connected.` : `The thread opens, and there ${nameOf(world.app)} says what it can do.`}</small>
      </button>
      ${
        elsewhere
          ? html`<p><b>Traffic</b>, at the bottom of the page, shows what it is told and what it calls; there you can let things go wrong, too.</p>`
          : html`<p>While it works: press <b>Stop</b>${mention && ", answer as somebody else with the faces at the top"},
            or kill the bot at the bottom of the page and start it again.</p>`
      }
    </section>
  `;
}

function Intro({ channel, empty, onPropose }) {
  const { world, me } = useDesk();
  const direct = channel.kind === "im";
  const title = world.title(channel, me);
  const other = world.users.get(channel.members.find((id) => id !== me));
  return html`
    <div class="intro">
      ${
        direct
          ? html`<h3><${Avatar} user=${other} size=${48} />${title}</h3>
            <p>This is the very beginning of your direct messages with <b>${title}</b>. Nobody else sees them.</p>`
          : html`<h3><${ChannelIcon} channel=${channel} />${title}</h3>
            <p>This is the very beginning of ${channel.kind === "mpim" ? "your messages with" : "the"} <b>${title}</b>${channel.kind !== "mpim" && " channel"}.</p>`
      }
      ${
        empty &&
        channel.members.includes(world.app?.id) &&
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
  const older = () => loadEarlier(world, channel.id);
  const whispers = world.whispers.filter(
    (whisper) =>
      whisper.channel === channel.id &&
      !isReply(whisper) &&
      whisper.user === me &&
      !(room.older && byTs(whisper.ts, room.roots[0]) < 0),
  );
  const roots = room.roots.map((ts) => room.messages.get(ts));
  const messages = whispers.length ? [...roots, ...whispers].sort((a, b) => byTs(a.ts, b.ts)) : roots;
  const direct = channel.kind === "im";
  const named = direct || channel.kind === "mpim" ? world.title(channel, me) : `#${channel.name}`;
  const install = direct && world.installs.find(({ user_id }) => channel.members.includes(user_id));

  useEffect(() => {
    // On a phone the channel may stand behind the list or a thread.
    if (pane.current.checkVisibility() && markRead(me, channel.id, room.roots.at(-1)))
      world.tell({ type: "read" });
  });

  /** What is said to the app opens its thread: there the app answers. */
  async function send(text, files) {
    const answer = await say(me, { channel: channel.id }, text, files);
    const toApp = direct || text.includes(`@${world.app?.name}`);
    if (answer.ok && toApp && channel.members.includes(world.app?.id)) go(channel.id, answer.ts);
    return answer;
  }

  /** What a message shows of its thread; a whisper can have none, and a reply that stands here too leads to its own. */
  function extra(message) {
    if (message.id) return {};
    if (isReply(message)) return { onReply: replyTo(channel.id, message.thread_ts, go), repliedTo: rootOf(message) };
    return {
      thread: room.summary(message.ts),
      session: world.session(channel.id, message.ts),
      unread: threadUnread(room, channel.id, message.ts, me),
      onReply: replyTo(channel.id, message.ts, go),
    };
  }
  const rootOf = ({ thread_ts: ts, root }) => inBrief(world, (room.messages.get(ts) ?? root)?.text ?? "") || "a message";

  return html`
    <main class="place" ref=${pane} id="messages" tabindex="-1" aria-label=${named}>
      ${install ? html`<${AppHead} install=${install} tab="messages" />` : html`<${ChannelHead} channel=${channel} />`}
      <${MessageList}
        key=${world.epoch}
        messages=${messages}
        older=${room.older}
        onOlder=${older}
        label="Messages"
        lastRead=${opened}
        days
        extra=${extra}
        intro=${html`<${Intro} channel=${channel} empty=${messages.length === 0} onPropose=${setProposal} />`}
      />
      ${
        channel.is_archived
          ? html`<p class="notice">This channel is archived.</p>`
          : html`<${Composer} label=${`Message ${named}`} testid="composer" sendTestid="send" channel=${channel.id} proposal=${proposal}
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

/** `install` is of the app whose Home it is. */
export function HomePlace({ install }) {
  const { world, me } = useDesk();
  const { app_id: app } = install;
  const view = world.home(app, me);
  const running = world.bot.state === "running";
  // Again when the bot comes back: it was not there to hear the first one.
  useEffect(() => void act(me, "open_home", { app }), [me, app, running]);
  const missing = HOMELESS[world.bot.state] ?? "The app has not published a Home for you yet.";
  return html`
    <main class="place" id="messages" tabindex="-1" aria-label=${`${nameOf(world.users.get(install.user_id))} Home`}>
      <${AppHead} install=${install} tab="home" />
      <div class="scroll-frame">
        <div class=${classes("home", !view && "empty")}>
          ${view ? html`<${Home} view=${view} />` : html`<p>${missing}</p>`}
        </div>
      </div>
    </main>
  `;
}
