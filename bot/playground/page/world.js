// The page's copy of the workspace: loaded whole from /local/state, then kept current by the feed.

/** Order Slack timestamps. They are two integers; as floats the last digits get lost. */
export function byTs(a, b) {
  const [seconds, micros] = a.split(".");
  const [otherSeconds, otherMicros] = b.split(".");
  return seconds - otherSeconds || micros - otherMicros;
}

export const isReply = (message) => Boolean(message.thread_ts && message.thread_ts !== message.ts);

const inChannel = (message) => !isReply(message) || message.subtype === "thread_broadcast";

const LOG_LINES = 500;

/** Put `ts` in its place in an ascending list; nearly always that is the end. */
function insert(list, ts) {
  let at = list.length;
  while (at > 0 && byTs(list[at - 1], ts) > 0) at -= 1;
  if (list[at - 1] !== ts) list.splice(at, 0, ts);
}

function remove(list, ts) {
  const at = list.indexOf(ts);
  if (at >= 0) list.splice(at, 1);
}

/** One channel's messages: all of them by ts, what stands in the channel, and each thread's replies. */
class Room {
  constructor() {
    this.messages = new Map();
    this.order = [];
    this.roots = [];
    this.replies = new Map();
    this.summaries = new Map();
  }

  put(message) {
    const known = this.messages.has(message.ts);
    this.messages.set(message.ts, message);
    if (!known) {
      insert(this.order, message.ts);
      if (inChannel(message)) insert(this.roots, message.ts);
      if (isReply(message)) insert(this.thread(message.thread_ts), message.ts);
    }
    if (isReply(message)) this.summaries.delete(message.thread_ts);
  }

  drop(ts) {
    const message = this.messages.get(ts);
    if (!message) return;
    this.messages.delete(ts);
    remove(this.order, ts);
    remove(this.roots, ts);
    if (isReply(message)) {
      remove(this.thread(message.thread_ts), ts);
      this.summaries.delete(message.thread_ts);
    }
  }

  thread(root) {
    if (!this.replies.has(root)) this.replies.set(root, []);
    return this.replies.get(root);
  }

  /** {count, people, latest} of a thread, the same object until a reply changes; null without replies. */
  summary(root) {
    const replies = this.replies.get(root);
    if (!replies?.length) return null;
    if (!this.summaries.has(root)) {
      const people = [...new Set(replies.map((ts) => this.messages.get(ts).user))];
      this.summaries.set(root, { count: replies.length, people, latest: replies.at(-1) });
    }
    return this.summaries.get(root);
  }
}

export class World {
  constructor() {
    this.loaded = false;
    this.listeners = new Set();
    this.clear();
  }

  clear() {
    this.team = { id: "", name: "", domain: "" };
    this.users = new Map();
    this.bots = [];
    this.channels = new Map();
    this.rooms = new Map();
    this.whispers = [];
    this.sessions = new Map();
    this.homes = new Map();
    this.bot = { state: "stopped", pid: null, restarts: 0 };
    this.log = [];
  }

  /** Replace everything by the answer of /local/state. */
  load(state) {
    this.clear();
    this.team = state.teams[0] ?? this.team;
    this.users = new Map(state.users.map((user) => [user.id, user]));
    this.bots = state.bots;
    this.channels = new Map(state.channels.map((channel) => [channel.id, channel]));
    const messages = state.messages.toSorted((a, b) => byTs(a.ts, b.ts));
    for (const message of messages) this.room(message.channel).put(message);
    this.whispers = state.ephemerals;
    for (const session of state.sessions) this.keepSession(session);
    for (const { user, view } of state.homes) this.homes.set(user, view);
    const { log, ...bot } = state.bot;
    this.bot = bot;
    this.log = log;
    this.loaded = true;
    this.tell({ type: "reset" });
  }

  /** Apply one event of the feed. Applying it twice is the same as once. */
  apply(event) {
    const changes = {
      message: () => this.room(event.message.channel).put(event.message),
      message_changed: () => this.room(event.message.channel).put(event.message),
      message_deleted: () => this.room(event.channel).drop(event.ts),
      ephemeral: () => this.keepWhisper(event.message),
      ephemeral_deleted: () => (this.whispers = this.whispers.filter(({ id }) => id !== event.id)),
      session: () => this.keepSession(event.session),
      channel: () => this.channels.set(event.channel.id, event.channel),
      home: () => this.homes.set(event.user, event.view),
      bot: () => (this.bot = event.bot),
      log: () => (this.log = [...this.log, ...event.lines].slice(-LOG_LINES)),
    };
    changes[event.type]?.();
    this.tell(event);
  }

  room(channel) {
    if (!this.rooms.has(channel)) this.rooms.set(channel, new Room());
    return this.rooms.get(channel);
  }

  keepWhisper(whisper) {
    this.whispers = [...this.whispers.filter(({ id }) => id !== whisper.id), whisper];
  }

  keepSession(session) {
    this.sessions.set(`${session.channel}/${session.thread_ts}`, session);
  }

  session(channel, thread) {
    return this.sessions.get(`${channel}/${thread}`);
  }

  get people() {
    return [...this.users.values()].filter((user) => !user.is_bot);
  }

  /** The app under test: the one bot of the workspace. */
  get app() {
    return this.users.get(this.bots[0]?.user_id);
  }

  channelsOf(person) {
    return [...this.channels.values()].filter((channel) => channel.members.includes(person));
  }

  /** The direct messages of a person with the app, once they exist. */
  directWithApp(person) {
    const app = this.app?.id;
    return this.channelsOf(person).find(({ kind, members }) => kind === "im" && members.includes(app));
  }

  /** How a channel is called by `person`: direct messages go by the other's name. */
  title(channel, person) {
    if (channel.kind !== "im") return channel.name;
    const other = channel.members.find((member) => member !== person) ?? person;
    return this.users.get(other)?.real_name || this.users.get(other)?.name || other;
  }

  /** Call `listener(event)` after every change; answers the function that ends it. */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(event) {
    for (const listener of this.listeners) listener(event);
  }
}
