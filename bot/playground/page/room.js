// One channel's messages, as far as they are known: the newest without a gap, and each thread's likewise.

/** Order Slack timestamps. They are two integers; as floats the last digits get lost. */
export function byTs(a, b) {
  const [seconds, micros] = a.split(".");
  const [otherSeconds, otherMicros] = b.split(".");
  return seconds - otherSeconds || micros - otherMicros;
}

export const isReply = (message) => Boolean(message.thread_ts && message.thread_ts !== message.ts);

export const inChannel = (message) => !isReply(message) || message.subtype === "thread_broadcast";

/** Put `ts` in its place in an ascending list; nearly always that is the end. */
function insert(list, ts) {
  let at = list.length;
  while (at > 0 && byTs(list[at - 1], ts) > 0) at -= 1;
  if (list[at - 1] !== ts) list.splice(at, 0, ts);
}

function remove(list, ts) {
  const at = list.lastIndexOf(ts);
  if (at >= 0) list.splice(at, 1);
}

/** `earlier` before `list`, both ascending; what is in both, once. */
const joined = (earlier, list) =>
  list.length ? [...earlier.filter((ts) => byTs(ts, list[0]) < 0), ...list] : earlier;

/**
 * `roots` are what stands in the channel, `replies` of each thread what is under it, `order` both: ascending ts of
 * `messages`. Each list lacks nothing between its first and the newest; `older` says whether there is more before
 * the first root.
 */
export class Room {
  constructor() {
    this.messages = new Map();
    this.order = [];
    this.roots = [];
    this.replies = new Map();
    this.older = false;
    this.summaries = new WeakMap();
  }

  /** A new message, in the channel, in its thread, or in both. */
  add(message) {
    if (inChannel(message)) this.addRoot(message);
    if (isReply(message)) this.addReply(message);
  }

  addRoot(message) {
    this.note(message);
    insert(this.roots, message.ts);
  }

  addReply(message) {
    this.note(message);
    insert(this.thread(message.thread_ts), message.ts);
  }

  note(message) {
    this.messages.set(message.ts, message);
    insert(this.order, message.ts);
  }

  /** Another form of a message; one that is not known yet will be asked for when somebody scrolls there. */
  change(message) {
    if (!this.messages.has(message.ts)) return;
    this.messages.set(message.ts, message);
    // A reply may be put into the channel later on.
    if (isReply(message) && inChannel(message) && byTs(this.roots[0] ?? "0.0", message.ts) < 0) insert(this.roots, message.ts);
  }

  /** What came before the first root, as asked for. */
  prepend(messages, older) {
    this.keep(messages);
    this.roots = joined(messages.map(({ ts }) => ts), this.roots);
    this.older = older;
  }

  /** A thread's root, and what came before its first known reply. */
  prependReplies(root, messages) {
    this.keep(messages);
    const earlier = messages.filter(isReply).map(({ ts }) => ts);
    this.replies.set(root, joined(earlier, this.thread(root)));
  }

  keep(messages) {
    for (const message of messages) this.messages.set(message.ts, message);
  }

  drop(ts) {
    const message = this.messages.get(ts);
    if (!message) return;
    this.messages.delete(ts);
    remove(this.order, ts);
    remove(this.roots, ts);
    if (isReply(message)) remove(this.thread(message.thread_ts), ts);
  }

  thread(root) {
    if (!this.replies.has(root)) this.replies.set(root, []);
    return this.replies.get(root);
  }

  /** Whether a thread has replies that are not known; of an unknown root nobody can say. */
  lacksReplies(root) {
    return (this.messages.get(root)?.reply_count ?? 0) > this.thread(root).length;
  }

  /** {count, people, latest} of a thread, the same object until the root changes; null without replies. */
  summary(root) {
    const message = this.messages.get(root);
    if (!message?.reply_count) return null;
    if (!this.summaries.has(message)) {
      const { reply_count: count, reply_users: people, latest_reply: latest } = message;
      this.summaries.set(message, { count, people, latest });
    }
    return this.summaries.get(message);
  }
}
