// A column of messages with day dividers, kept at its end while new ones arrive.
import { useDesk } from "./desk.js";
import { html, useLayoutEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Message } from "./message.js";
import { closeTogether, dayName, dayOf } from "./when.js";
import { byTs } from "./world.js";

const SHOWN = 100;
const MORE = 200;
const NEAR_END_PX = 60;

const authorOf = (message) => message.author ?? message.user;

/** Arrow keys walk the messages; Tab then reaches what can be done with the one in focus. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const { target, currentTarget } = event;
  if (!step || !(target === currentTarget || target.matches(".message"))) return;
  const messages = [...currentTarget.querySelectorAll(".message")];
  const at = target === currentTarget ? messages.length - 1 : messages.indexOf(target) + step;
  messages[at]?.focus();
  event.preventDefault();
}

/** Keep a scroller at its end as its content grows, unless the reader has scrolled up. */
function useStickyEnd() {
  const scroller = useRef();
  const content = useRef();
  const sticky = useRef(true);
  const lastTop = useRef(0);
  const [away, setAway] = useState(false);

  function toEnd() {
    sticky.current = true;
    setAway(false);
    scroller.current.scrollTop = scroller.current.scrollHeight;
  }

  function onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = scroller.current;
    const nearEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    // Content that grew since the last scroll also leaves the end behind; only moving up is the reader's wish.
    if (nearEnd || scrollTop < lastTop.current) {
      sticky.current = nearEnd;
      setAway(!nearEnd);
    }
    lastTop.current = scrollTop;
  }

  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => scroller.current && sticky.current && toEnd());
    observer.observe(content.current);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);
  return { scroller, content, away, toEnd, onScroll };
}

/** The name of the day stays in sight while one scrolls through it; its line does not. */
const Day = ({ ts }) => html`
  <div class="day-line" role="presentation" />
  <div class="day" role="separator"><span>${dayName(ts)}</span></div>
`;

/** What is drawn between two messages: a new day, and where the unread begin. */
function rowsOf(messages, { lastRead, me, days, split }) {
  const rows = [];
  let newShown = false;
  messages.forEach((message, at) => {
    const before = messages[at - 1];
    const newDay = !before || dayOf(before.ts) !== dayOf(message.ts);
    const fresh =
      !newShown && lastRead && at > 0 && byTs(message.ts, lastRead) > 0 && authorOf(message) !== me;
    if (newDay && days) rows.push(html`<${Day} key=${`day ${message.ts}`} ts=${message.ts} />`);
    if (fresh) {
      newShown = true;
      rows.push(html`<div class="new" key="new" role="separator"><span>New</span></div>`);
    }
    const compact =
      !newDay &&
      !fresh &&
      !(at === 1 && split) &&
      !message.id &&
      !before.id &&
      authorOf(before) === authorOf(message) &&
      closeTogether(before.ts, message.ts);
    rows.push({ message, compact });
  });
  return rows;
}

/**
 * `messages` in order; `extra(message)` gives further props of a message's row. `intro` stands above the very
 * first one, `afterFirst` right below it. `days` puts dividers between days. Only the newest hundred are drawn until earlier ones are asked for.
 */
export function MessageList({ messages, label, intro, afterFirst, lastRead, days, extra }) {
  const { me } = useDesk();
  const [limit, setLimit] = useState(SHOWN);
  const { scroller, content, away, toEnd, onScroll } = useStickyEnd();
  const heightBefore = useRef(null);
  const hidden = Math.max(0, messages.length - limit);
  const shown = hidden ? messages.slice(hidden) : messages;

  function earlier() {
    heightBefore.current = scroller.current.scrollHeight;
    setLimit(limit + MORE);
  }

  useLayoutEffect(() => {
    if (heightBefore.current === null) return;
    scroller.current.scrollTop += scroller.current.scrollHeight - heightBefore.current;
    heightBefore.current = null;
  }, [limit]);

  const own = messages.at(-1);
  useLayoutEffect(() => {
    if (own && authorOf(own) === me) toEnd();
  }, [own?.ts]);

  return html`
    <div class="scroll-frame">
      <div class="scroller" ref=${scroller} onScroll=${onScroll} onKeyDown=${walk} tabindex="0" role="region" aria-label=${label}>
        <div class="messages" ref=${content} role="list">
          ${
            hidden
              ? html`<button type="button" class="earlier" onClick=${earlier}>
                Show earlier messages <span>(${hidden.toLocaleString()})</span>
              </button>`
              : intro
          }
          ${rowsOf(shown, { lastRead, me, days, split: afterFirst }).map((row) => {
            if (!row.message) return row;
            const { message, compact } = row;
            const drawn = html`<${Message} key=${message.id ?? message.ts} message=${message} compact=${compact} dated=${!days} ...${extra?.(message)} />`;
            return message === messages[0] && afterFirst ? [drawn, afterFirst] : drawn;
          })}
        </div>
      </div>
      ${away && html`<button type="button" class="to-end" onClick=${toEnd}>Latest messages<${Icon} name="chevron" /></button>`}
    </div>
  `;
}
