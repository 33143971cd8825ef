// What to offer while someone types @name, #channel, :emoji or /command.
import { EMOJI } from "./emoji.js";
import { nameOf } from "./people.js";

const OPEN = /(?:^|[\s(])([@#:])([\p{L}\p{N}_.+-]*)$/u;
const MOST = 8;

const matches = (query) => (name) => name.toLowerCase().includes(query.toLowerCase());

function people(world, channel, query) {
  const members = new Set(channel?.members);
  const fits = matches(query);
  return [...world.users.values()]
    .filter(({ team_id: team }) => team === world.team.id)
    .filter((user) => fits(user.name) || fits(user.real_name ?? ""))
    .sort(
      (a, b) => b.is_bot - a.is_bot || members.has(b.id) - members.has(a.id) || a.name.localeCompare(b.name),
    )
    .map((user) => ({
      key: user.id,
      insert: `@${user.name}`,
      user,
      text: nameOf(user),
      hint: user.is_bot ? "App" : members.has(user.id) ? user.name : "Not in this channel",
    }));
}

function channels(world, person, query) {
  return world
    .channelsOf(person)
    .filter(({ kind, name }) => (kind === "channel" || kind === "group") && matches(query)(name))
    .map(({ id, name }) => ({ key: id, insert: `#${name}`, text: `#${name}` }));
}

function emoji(query) {
  if (query.length < 2) return [];
  return Object.keys(EMOJI)
    .filter(matches(query))
    .sort((a, b) => b.startsWith(query) - a.startsWith(query) || a.length - b.length)
    .map((name) => ({ key: name, insert: EMOJI[name], text: `${EMOJI[name]} :${name}:` }));
}

/** Commands, which stand at the very beginning. One that is already there in full is not offered: Enter sends it. */
function commands(world, text, caret) {
  const match = /^\/\S*$/.exec(text.slice(0, caret));
  if (!match) return null;
  const offers = world.commands
    .filter(({ command }) => command.startsWith(match[0].toLowerCase()) && command !== text.trim())
    .map(({ command, usage_hint: usage, description }) => ({
      key: command,
      insert: command,
      text: command,
      usage,
      hint: description,
    }));
  return offers.length ? { from: 0, offers: offers.slice(0, MOST) } : null;
}

/**
 * {from, offers} for the word before `caret`, or null when it begins nothing that can be completed. `commanding` is
 * whether commands can be given here.
 */
export function complete(text, caret, { world, person, channel, commanding }) {
  const command = commanding && commands(world, text, caret);
  if (command) return command;
  const match = OPEN.exec(text.slice(0, caret));
  if (!match) return null;
  const [, sign, query] = match;
  const all = {
    "@": () => people(world, channel, query),
    "#": () => channels(world, person, query),
    ":": () => emoji(query),
  };
  const offers = all[sign]().slice(0, MOST);
  return offers.length ? { from: caret - query.length - 1, offers } : null;
}
