// A column of messages with day dividers, of which only those around the reader are drawn.
import { useDesk } from "./desk.js";
import { html, useLayoutEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Message } from "./message.js";
import { useReader } from "./scrolling.js";
import { closeTogether, dayName, dayOf } from "./when.js";
import { byTs } from "./world.js";

/** Rows added at a time, and the most that are drawn at once. */
const STEP = 60;
const MOST = 180;

const authorOf = (message) => message.author ?? message.user;

/** What a key does with the message in focus, as in Slack. */
const KEYS = {
  __proto__: null,
  Enter: (row) => row.querySelector(".reply-bar, [aria-label='Reply in thread']")?.click(),
  t: (row) => KEYS.Enter(row),
  r: (row) => row.querySelector("[aria-label='Find another reaction']")?.click(),
  e: (row) => row.dispatchEvent(new CustomEvent("beginedit")),
};

/** Arrow keys walk the messages; others do something with the one in focus, and Tab reaches what else can be done. */
function walk(event) {
  const { key, target, currentTarget } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inside = target === currentTarget;
  if (!(inside || target.matches(".message"))) return;
  const messages = [...currentTarget.querySelectorAll(".message")];
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (steps[key]) messages[inside ? messages.length - 1 : messages.indexOf(target) + steps[key]]?.focus();
  else if (KEYS[key] && !inside) KEYS[key](target);
  else return;
  event.preventDefault();
}

/** The name of the day stays in sight while one scrolls through it; its line does not. */
const Day = ({ ts }) => html`
  <div class="day-line" role="presentation" />
  <div class="day" role="separator"><span>${dayName(ts)}</span></div>
`;

/** How many of the ascending `messages` have a ts that is at most `ts`. */
function countUpTo(messages, ts) {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byTs(messages[middle].ts, ts) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the messages of others begin that `me` has not read; -1 where nothing was read before. */
function firstUnread(messages, lastRead, me) {
  if (!lastRead) return -1;
  const at = countUpTo(messages, lastRead);
  const more = messages.slice(at).findIndex((message) => authorOf(message) !== me);
  return more < 0 ? -1 : at + more;
}

/**
 * The drawn part of `messages` with what stands between two of them: a new day, and where the unread begin. The very
 * first message of a channel is never marked as such; nor is one before which there are others that are not known.
 */
function rowsOf(messages, { start, end, older, lastRead, me, days }) {
  const rows = [];
  const unread = firstUnread(messages, lastRead, me);
  for (let at = start; at < end; at += 1) {
    const message = messages[at];
    const before = messages[at - 1];
    const newDay = !before || dayOf(before.ts) !== dayOf(message.ts);
    const fresh = at === unread && (at > 0 || !(days || older));
    if (days && (newDay || at === start)) rows.push(html`<${Day} key=${`day ${message.ts}`} ts=${message.ts} />`);
    if (fresh) rows.push(html`<div class="new" key="new" role="separator"><span>New</span></div>`);
    const compact =
      !newDay &&
      !fresh &&
      !message.id &&
      !before.id &&
      message.subtype !== "thread_broadcast" &&
      authorOf(before) === authorOf(message) &&
      closeTogether(before.ts, message.ts);
    rows.push({ message, compact });
  }
  return rows;
}

/**
 * The part of `messages` that is drawn: {start, end, near(), live()}. It is named by its first and last ts, so that it
 * stays the same while messages come before and behind it; at the end it has no last one and moves along.
 */
function useWindow(messages, older, onOlder) {
  const [{ from, to }, set] = useState({ from: null, to: null });
  const end = to === null ? messages.length : countUpTo(messages, to);
  const wanted = from === null ? end - STEP : countUpTo(messages, from) - 1;
  const start = Math.max(0, to === null ? Math.max(wanted, end - MOST) : wanted);

  const show = (first, past, live) =>
    set({ from: messages[first]?.ts ?? null, to: live ? null : messages[past - 1].ts });

  /** Draw more above (`top`) or below (`end`); those farthest from there go. Who follows what comes sees the end. */
  function near({ top, end: bottom, atEnd }) {
    const live = atEnd && end === messages.length;
    if (bottom && end < messages.length) {
      const past = Math.min(messages.length, end + STEP);
      show(Math.max(start, past - MOST), past, false);
    } else if (top && start > 0 && !(live && end - start >= MOST)) {
      const first = Math.max(0, start - STEP);
      show(first, live ? end : Math.min(end, first + MOST), live);
    } else if (live !== (to === null) && messages.length) {
      show(start, end, live);
    } else if (top && start === 0 && older) onOlder();
  }

  return { start, end, near, live: () => set({ from: null, to: null }) };
}

/** The way back to the end, and how much has come there meanwhile. */
function ToEnd({ messages, since, onClick }) {
  const { me } = useDesk();
  const fresh = since ? messages.slice(countUpTo(messages, since)).filter((each) => authorOf(each) !== me) : [];
  const says = fresh.length === 1 ? "1 new message" : `${fresh.length} new messages`;
  return html`
    <button type="button" class="to-end" data-testid="to-end" onClick=${onClick}>
      ${fresh.length ? says : "Latest messages"}<${Icon} name="chevron" />
    </button>
  `;
}

/**
 * `messages` in order, of which there are `older` ones to be had by `onOlder()`; `extra(message)` gives further props
 * of a message's row. `intro` stands above the very first one. `days` puts dividers between days.
 */
export function MessageList({ messages, older, onOlder, label, intro, lastRead, days, extra }) {
  const { me } = useDesk();
  const { start, end, near, live } = useWindow(messages, older, onOlder);
  const { scroller, content, away, toEnd, onScroll } = useReader(near);
  const newest = messages.at(-1);
  const leftAt = useRef(null);
  if (!away) leftAt.current = newest?.ts;

  function latest() {
    live();
    toEnd();
  }

  useLayoutEffect(() => {
    if (newest && authorOf(newest) === me) latest();
  }, [newest?.ts]);

  return html`
    <div class="scroll-frame">
      <div class="scroller" ref=${scroller} onScroll=${onScroll} onKeyDown=${walk} tabindex="0" role="region" aria-label=${label}>
        <div class="messages" ref=${content}>
          ${start > 0 || older ? html`<p class="earlier" key="earlier" role="status">Loading earlier messages…</p>` : intro}
          ${rowsOf(messages, { start, end, older, lastRead, me, days }).map((row) =>
            row.message
              ? html`<${Message} key=${row.message.id ?? row.message.ts} message=${row.message} compact=${row.compact}
                  dated=${!days} ...${extra?.(row.message)} />`
              : row,
          )}
        </div>
      </div>
      ${away && html`<${ToEnd} messages=${messages} since=${leftAt.current} onClick=${latest} />`}
    </div>
  `;
}
