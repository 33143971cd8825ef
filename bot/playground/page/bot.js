// The bot's own process at the bottom of the page: is it alive, kill it, start it, what does it say.
import { problemOf, tellBot } from "./api.js";
import { useDesk } from "./desk.js";
import { classes, html, useEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";

const SAYS = {
  running: "running",
  starting: "starting…",
  stopped: "stopped",
  external: "runs elsewhere",
};

const ANSI = /\x1b\[[0-9;]*m/g;
/** A line of a log as most libraries write it: an ISO time, perhaps a level, and the rest. */
const STAMPED = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\s+(?:\[?([a-z]+)\s*\]?\s+)?(.*)$/i;
const FIELD = /(\b[\w.]+=)/;
const MOODS = [
  ["bad", /^-- |\b(error|critical|traceback)\b/i],
  ["odd", /\bwarn(ing)?\b/i],
];

function Line({ text }) {
  const bare = text.replace(ANSI, "");
  const mood = MOODS.find(([, pattern]) => pattern.test(bare))?.[0];
  const [, stamp, level, rest] = STAMPED.exec(bare) ?? [];
  if (!stamp) return html`<div class=${classes("line", mood)}>${bare}</div>`;
  return html`
    <div class=${classes("line stamped", mood)} title=${bare}>
      <time>${clockOf(stamp)}</time><span class="level">${level}</span><span>${fields(rest)}</span>
    </div>
  `;
}

/** The time of day as this reader's clock shows it. */
function clockOf(stamp) {
  const when = new Date(stamp.replace(",", "."));
  return Number.isNaN(when.valueOf()) ? stamp : when.toLocaleTimeString([], { hour12: false });
}

/** What happened, then what is known of it: names of fields stand back. */
const fields = (text) =>
  text.split(FIELD).map((part) => (FIELD.test(part) ? html`<i>${part}</i>` : part.replace(/\s{2,}/g, "  ")));

function Log({ lines, hidden }) {
  const scroller = useRef();
  const atEnd = useRef(true);
  useEffect(() => {
    if (atEnd.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [lines, hidden]);
  function onScroll({ target }) {
    atEnd.current = target.scrollHeight - target.scrollTop - target.clientHeight < 30;
  }
  return html`
    <div class="log" data-testid="bot-log" role="log" aria-label="The bot's log" aria-live="off" tabindex="0"
      hidden=${hidden} ref=${scroller} onScroll=${onScroll}>
      ${lines.length ? lines.map((text) => html`<${Line} text=${text} />`) : html`<div class="line">Nothing yet.</div>`}
    </div>
  `;
}

/** The playground's own lines in the log begin so; its last says how the bot ended. */
const ENDED = "-- the bot ended: ";

function Facts({ bot, lines }) {
  const { state, pid, restarts } = bot;
  const ended = state === "stopped" && lines.findLast((line) => line.startsWith(ENDED));
  return html`
    <span>
      ${SAYS[state]}${ended && ` · ${ended.slice(ENDED.length)}`}
      ${pid && html`<span class="pid"> · pid ${pid}</span>`}
      ${restarts > 0 && ` · restarted ${restarts === 1 ? "once" : `${restarts} times`}`}
    </span>
  `;
}

/** `open` shows the log. */
export function BotDrawer({ open, onToggle }) {
  const { world } = useDesk();
  const { bot } = world;
  const [problem, setProblem] = useState(null);
  async function tell(what) {
    const answer = await tellBot(what);
    setProblem(answer.ok === false ? problemOf(answer) : null);
  }
  const external = bot.state === "external";
  const reason = external ? "This bot was not started by the playground" : undefined;
  return html`
    <section class=${classes("bot", open && "open", bot.state)} aria-label="Bot">
      <div class="bot-bar">
        <button type="button" class="bot-title" aria-expanded=${open} onClick=${onToggle}>
          <${Icon} name="terminal" /><b>Bot</b>
        </button>
        <span class="bot-state" data-testid="bot-state" data-state=${bot.state} role="status">
          <span class="dot" aria-hidden="true" /><${Facts} bot=${bot} lines=${world.log} />
        </span>
        ${problem && html`<span class="problem" role="alert"><${Icon} name="warning" />${problem}</span>`}
        <span class="bot-acts">
          <button type="button" class="kill" data-testid="bot-kill" disabled=${external || bot.state === "stopped"}
            title=${reason ?? "kill -9: no goodbye, no saving, in the middle of whatever it is doing"}
            onClick=${() => tell("kill")}>Kill bot <kbd>kill -9</kbd></button>
          <button type="button" class="start" data-testid="bot-start" disabled=${bot.state !== "stopped"}
            title=${reason ?? "Start the bot again; it goes on where it was"} onClick=${() => tell("start")}>Start</button>
          <button type="button" class="show-log" aria-expanded=${open} onClick=${onToggle}>
            ${open ? "Hide log" : "Show log"}<${Icon} name="chevron" />
          </button>
        </span>
      </div>
      <${Log} lines=${world.log} hidden=${!open} />
    </section>
  `;
}
