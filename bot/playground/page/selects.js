// The select menus of Block Kit, all on one box: options of the app, options it loads, people, conversations.
import { act } from "./api.js";
import { Choice } from "./choice.js";
import { useDesk } from "./desk.js";
import { withEmoji } from "./emoji.js";
import { useHeld } from "./held.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Problem, useConfirm } from "./objects.js";
import { Avatar, nameOf } from "./people.js";

const NOTHING = "No results";

/** An option as an item of the box; `option` is what the local Slack is told. */
const itemOf = (option) => ({
  key: option.value,
  text: withEmoji(option.text.text),
  hint: option.description && withEmoji(option.description.text),
  option,
});

const fits = (query) => (item) => item.text.toLowerCase().includes(query.trim().toLowerCase());

/** `groups` whose items fit, with a note where none does. */
function found(groups, query) {
  const left = groups
    .map(({ label, items }) => ({ label, items: items.filter(fits(query)) }))
    .filter(({ items }) => items.length);
  return { groups: left, note: left.length ? "" : NOTHING };
}

/** `options` or `option_groups` as groups of items. */
const groupsOf = ({ options = [], option_groups: groups = [] }) =>
  groups.length
    ? groups.map(({ label, options: of }) => ({ label: withEmoji(label.text), items: of.map(itemOf) }))
    : [{ items: options.map(itemOf) }];

const MIN_QUERY = 3;

function staticOffers({ element }) {
  const groups = groupsOf(element);
  return { item: itemOf, given: ({ option }) => option, load: (query) => found(groups, query) };
}

function externalOffers({ element, block, source, me }) {
  const least = element.min_query_length ?? MIN_QUERY;
  const address = { ...source, block_id: block.block_id, action_id: element.action_id };
  async function ask(value) {
    const answer = await act(me, "suggest", { ...address, value });
    if (!answer.ok || !answer.acked || answer.trouble)
      return { groups: [], note: "The options could not be loaded." };
    const groups = groupsOf(answer);
    const some = groups.some(({ items }) => items.length);
    return { groups, note: some ? "" : NOTHING };
  }
  const load = (query) =>
    query.length < least
      ? { groups: [], note: `Type ${least === 1 ? "a letter" : `at least ${least} letters`} to search` }
      : ask(query);
  return { item: itemOf, given: ({ option }) => option, load };
}

function userOffers({ world }) {
  const item = (id) => {
    const user = world.users.get(id);
    const picture = html`<${Avatar} user=${user} size=${20} />`;
    return { key: id, text: nameOf(user), hint: user?.is_bot ? "App" : user?.name, picture };
  };
  const known = ({ team_id: team, is_stranger: strange }) => team === world.team.id && !strange;
  const ids = [...world.users.values()].filter(known).map(({ id }) => id);
  const groups = [{ items: ids.map(item) }];
  return { item, given: ({ key }) => key, load: (query) => found(groups, query) };
}

const ICONS = { channel: "hash", group: "lock", im: "message", mpim: "message" };
const PUBLIC = { channel: "public", group: "private", im: "im", mpim: "mpim" };

/** Conversations `me` may choose. `filter` is Slack's own: which kinds, and whether those with apps. */
function conversationOffers({ element, world, me }, kinds) {
  const { include, exclude_bot_users: noBots } = element.filter ?? {};
  const item = (id) => {
    const channel = world.channels.get(id);
    const picture = html`<${Icon} name=${ICONS[channel?.kind] ?? "hash"} />`;
    return { key: id, text: channel ? world.title(channel, me) : id, picture };
  };
  const withBot = ({ members }) => members.some((id) => world.users.get(id)?.is_bot);
  const ids = [...world.channels.values()]
    .filter(({ team_id: team }) => team === world.team.id)
    .filter((channel) => kinds.includes(channel.kind) && !channel.is_archived)
    .filter((channel) => channel.kind === "channel" || channel.members.includes(me))
    .filter((channel) => !include || include.includes(PUBLIC[channel.kind]))
    .filter((channel) => !(noBots && channel.kind === "im" && withBot(channel)))
    .map(({ id }) => id);
  const groups = [{ items: ids.map(item) }];
  return { item, given: ({ key }) => key, load: (query) => found(groups, query) };
}

const OFFERS = {
  __proto__: null,
  static: staticOffers,
  external: externalOffers,
  users: userOffers,
  channels: (about) => conversationOffers(about, ["channel"]),
  conversations: (about) => conversationOffers(about, ["channel", "group", "im", "mpim"]),
};

/** Any select, single or multi, by the name of its type. */
function Select({ element, block, source, names }) {
  const { world, me } = useDesk();
  const { value, flying, problem, put } = useHeld(source, block, element);
  const { guard, dialog } = useConfirm(element.confirm);
  const many = element.type.startsWith("multi_");
  const kind = element.type.replace("multi_", "").replace("_select", "");
  const { item, given, load } = OFFERS[kind]({ element, block, source, world, me });
  const chosen = (many ? (value ?? []) : value ? [value] : []).map(item);

  function change(items) {
    const values = items.map(given);
    guard(() => put(many ? values : (values[0] ?? null)));
  }

  return html`
    <span class="element">
      <${Choice}
        chosen=${chosen}
        many=${many}
        most=${element.max_selected_items}
        load=${load}
        placeholder=${element.placeholder ? withEmoji(element.placeholder.text) : many ? "Select options" : "Choose an option"}
        names=${names}
        clearable=${block.type === "input" && block.optional}
        flying=${flying}
        focus=${element.focus_on_load}
        onChange=${change}
      />
      <${Problem} text=${problem} />${dialog}
    </span>
  `;
}

export const SELECTS = Object.fromEntries(
  Object.keys(OFFERS).flatMap((kind) => [
    [`${kind}_select`, Select],
    [`multi_${kind}_select`, Select],
  ]),
);
