// The bot's own process: is it alive, and what does it say.
import { classes, html, useLayoutEffect, useRef, useState } from "./html.js";

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

export function Log({ lines }) {
  const scroller = useRef();
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (atEnd.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [lines]);
  function onScroll({ target }) {
    atEnd.current = target.scrollHeight - target.scrollTop - target.clientHeight < 30;
  }
  return html`
    <div class="log" data-testid="bot-log" role="log" aria-label="The bot's log" aria-live="off" tabindex="0"
      ref=${scroller} onScroll=${onScroll}>
      ${lines.length ? lines.map((text) => html`<${Line} text=${text} />`) : html`<div class="line">Nothing yet.</div>`}
    </div>
  `;
}

/** The playground's own lines in the log begin so; its last says how the bot ended. */
const ENDED = "-- the bot ended: ";

export function Facts({ bot, lines }) {
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

