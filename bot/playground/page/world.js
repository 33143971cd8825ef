// The page's copy of the workspaces: the newest of it loaded from /local/state, then kept current by the feed.
import { Room, byTs } from "./room.js";

export { byTs, inChannel, isReply } from "./room.js";

const LOG_LINES = 500;
const TRAFFIC_ROWS = 500;

const inOrder = (a, b) => byTs(a.ts, b.ts);

export class World {
  constructor() {
    this.loaded = false;
    this.epoch = 0;
    this.seat = null;
    this.listeners = new Set();
    this.clear();
  }

  clear() {
    this.teams = new Map();
    this.users = new Map();
    this.bots = [];
    this.channels = new Map();
    this.rooms = new Map();
    this.whispers = [];
    this.sessions = new Map();
    this.homes = new Map();
    this.modals = new Map();
    this.chosen = new Map();
    this.apps = [];
    this.bot = { state: "stopped", pid: null, restarts: 0 };
    this.log = [];
    this.traffic = new Map();
  }

  /** Replace everything by the answer of /local/state; `epoch` counts how often that happened. */
  load(state) {
    this.clear();
    this.epoch += 1;
    this.teams = new Map(state.teams.map((team) => [team.id, team]));
    this.users = new Map(state.users.map((user) => [user.id, user]));
    this.bots = state.bots;
    this.channels = new Map(state.channels.map((channel) => [channel.id, channel]));
    for (const message of state.messages.toSorted(inOrder)) this.room(message.channel).addRoot(message);
    for (const reply of state.replies.toSorted(inOrder)) this.room(reply.channel).addReply(reply);
    for (const channel of state.older) this.room(channel).older = true;
    this.whispers = state.ephemerals;
    for (const session of state.sessions) this.keepSession(session);
    for (const home of state.homes) this.keepHome(home);
    for (const { user, views, errors } of state.modals) this.modals.set(user, { views, errors });
    for (const item of state.chosen) this.keepChosen(item);
    this.apps = state.apps;
    const { log, ...bot } = state.bot;
    this.bot = bot;
    this.log = log;
    for (const row of state.traffic) this.keepRow(row);
    this.loaded = true;
    this.tell({ type: "reset" });
  }

  /** Apply one event of the feed. Applying it twice is the same as once. */
  apply(event) {
    const changes = {
      message: () => this.room(event.message.channel).add(event.message),
      message_changed: () => this.room(event.message.channel).change(event.message),
      message_deleted: () => this.room(event.channel).drop(event.ts),
      ephemeral: () => this.keepWhisper(event.message),
      ephemeral_deleted: () => (this.whispers = this.whispers.filter(({ id }) => id !== event.id)),
      session: () => this.keepSession(event.session),
      channel: () => this.channels.set(event.channel.id, event.channel),
      home: () => this.keepHome(event),
      modal: () => this.modals.set(event.user, { views: event.views, errors: event.errors }),
      chosen: () => this.keepChosen(event),
      install: () => this.keepInstall(event),
      bot: () => (this.bot = event.bot),
      log: () => (this.log = [...this.log, ...event.lines].slice(-LOG_LINES)),
      traffic: () => this.keepRow(event.row),
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

  keepHome({ user, app, view }) {
    this.homes.set(`${app}/${user}`, view);
  }

  keepChosen({ user, channel, ts, values }) {
    this.chosen.set(`${user}/${channel}/${ts}`, values);
  }

  /** What a person has put in the elements of a message, by block and action, as in a view's state. */
  chosenIn(user, { channel, ts }) {
    return this.chosen.get(`${user}/${channel}/${ts}`) ?? {};
  }

  /** An app that came, changed or went. */
  keepInstall({ user, is_active: active, ...app }) {
    const isIt = ({ app_id: id, team }) => id === app.app_id && team === app.team;
    const put = (list, record) => {
      if (!active) return list.filter((each) => !isIt(each));
      return list.some(isIt) ? list.map((each) => (isIt(each) ? record : each)) : [...list, record];
    };
    this.users.set(user.id, user);
    this.bots = put(this.bots, { user_id: user.id, app_id: app.app_id, name: app.name, team: app.team });
    this.apps = put(this.apps, app);
  }

  /** A row of the traffic; a known one stays in its place. */
  keepRow(row) {
    this.traffic.set(row.number, row);
    if (this.traffic.size > TRAFFIC_ROWS) this.traffic.delete(this.traffic.keys().next().value);
  }

  /** What an app has published as a person's Home. */
  home(app, user) {
    return this.homes.get(`${app}/${user}`);
  }

  session(channel, thread) {
    return this.sessions.get(`${channel}/${thread}`);
  }

  /** Look at the workspace of this person: each window shows one. */
  sit(person) {
    this.seat = this.users.get(person)?.team_id ?? null;
  }

  get team() {
    return this.teams.get(this.seat) ?? this.teams.values().next().value;
  }

  get people() {
    return this.peopleOf(this.team.id);
  }

  peopleOf(team) {
    return [...this.users.values()].filter((user) => !user.is_bot && user.team_id === team);
  }

  /** The apps of this workspace: {user_id, app_id, name, team}. */
  get installs() {
    return this.bots.filter(({ team }) => team === this.team.id);
  }

  /** The bot user of the first app of this workspace: the one under test. */
  get app() {
    return this.users.get(this.installs[0]?.user_id);
  }

  get appsHere() {
    return this.apps.filter(({ team }) => team === this.team.id);
  }

  /** The slash commands of the apps: {command, description?, usage_hint?}; of two alike the later one's. */
  get commands() {
    const all = this.appsHere.flatMap(({ commands }) => commands);
    return [...new Map(all.map((each) => [each.command, each])).values()];
  }

  /** The shortcuts of the apps, "global" ones or those of a "message": {name, callback_id, app}, the app by name. */
  shortcuts(kind) {
    return this.appsHere
      .flatMap(({ shortcuts, name }) => shortcuts.map((each) => ({ ...each, app: name })))
      .filter(({ type }) => type === kind);
  }

  channelsOf(person) {
    return [...this.channels.values()].filter((channel) => channel.members.includes(person));
  }

  /** The direct messages of a person with an app, once they exist. */
  directWith(person, app) {
    return this.channelsOf(person).find(({ kind, members }) => kind === "im" && members.includes(app));
  }

  /** How a channel is called by `person`: direct messages go by the others' names. */
  title(channel, person) {
    if (channel.kind !== "im" && channel.kind !== "mpim") return channel.name;
    const others = channel.members.filter((member) => member !== person);
    const named = (others.length ? others : [person]).map((id) => this.users.get(id));
    return named.map((user) => user?.real_name || user?.name || "Somebody").join(", ");
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
