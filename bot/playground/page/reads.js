// How far each person has read, remembered by the browser.
import { byTs, inChannel } from "./world.js";

const KEY = "threadline-playground-reads";

function load() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // damaged, or storage is switched off: everything is unread
  }
}

const marks = load();

// Another window, perhaps another person's, has read something.
addEventListener("storage", ({ key }) => key === KEY && Object.assign(marks, load()));

/** The newest ts `person` has seen at a place: a channel, or `channel/root` for a thread; "" if none. */
export const readTo = (person, place) => marks[`${person}/${place}`] ?? "";

/** Note that `person` has seen everything up to `ts`; whether that was news. A hidden page shows nobody anything. */
export function markRead(person, place, ts) {
  const key = `${person}/${place}`;
  if (!ts || document.hidden || !after(ts, marks[key])) return false;
  marks[key] = ts;
  try {
    localStorage.setItem(KEY, JSON.stringify(marks));
  } catch {
    // Storage is full or switched off: the mark then lasts as long as the page.
  }
  return true;
}

const after = (ts, mark) => !mark || byTs(ts, mark) > 0;

/**
 * {unread, mentions} of a channel for a person. As in Slack only what stands in the channel makes it bold, and
 * mentions count; in a direct message everything counts.
 */
export function unreadIn(world, channel, person) {
  const room = world.room(channel.id);
  const mark = readTo(person, channel.id);
  let unread = false;
  let mentions = 0;
  for (let at = room.order.length - 1; at >= 0 && after(room.order[at], mark); at -= 1) {
    const message = room.messages.get(room.order[at]);
    if (message.user === person) continue;
    if (!inChannel(message) && !after(message.ts, readTo(person, `${channel.id}/${message.thread_ts}`)))
      continue;
    const personal = channel.kind === "im" || channel.kind === "mpim" || message.text.includes(`<@${person}>`);
    if (personal) mentions += 1;
    unread ||= personal || inChannel(message);
  }
  return { unread, mentions };
}

/** Whether a thread has replies by others that `person`, who takes part in it, has not seen. */
export function threadUnread(room, channel, root, person) {
  const summary = room.summary(root);
  if (!summary) return false;
  const starter = room.messages.get(root)?.user;
  const takesPart = starter === person || summary.people.includes(person);
  const latest = room.messages.get(summary.latest);
  return takesPart && latest?.user !== person && after(summary.latest, readTo(person, `${channel}/${root}`));
}
