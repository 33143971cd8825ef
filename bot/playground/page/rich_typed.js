// Text typed with marks, as the rich_text that Slack makes of it, and back. Pure.
import { EMOJI } from "./emoji.js";

const styled = (mark) => {
  const edge = `[\\p{L}\\p{N}${mark}]`;
  return `(?<!${edge})[${mark}](?=\\S)([^${mark}\\n]+?)(?<=\\S)[${mark}](?!${edge})`;
};

const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "(https?:\\/\\/[^\\s<>]+)",
    "(?<![\\w@])@([\\w.-]*\\w)",
    "(?<![\\w#/])#([\\w-]*\\w)",
    ":([a-z0-9_+-]+):",
    styled("*"),
    styled("_"),
    styled("~"),
  ].join("|"),
  "u",
);

const withStyle = (leaf, style) => (Object.keys(style).length ? { ...leaf, style } : leaf);

/** What a match stands for; `names` finds {users, channels} by name. Null if it is plain text after all. */
function leavesOf(match, names, style) {
  const [, code, url, user, channel, emoji, bold, italic, gone] = match;
  if (code) return [withStyle({ type: "text", text: code }, { ...style, code: true })];
  if (url) return [withStyle({ type: "link", url }, style)];
  if (user) return names.users.has(user) && [withStyle({ type: "user", user_id: names.users.get(user) }, style)];
  if (channel)
    return names.channels.has(channel) && [withStyle({ type: "channel", channel_id: names.channels.get(channel) }, style)];
  if (emoji) return EMOJI[emoji] && [withStyle({ type: "emoji", name: emoji }, style)];
  if (bold) return inline(bold, names, { ...style, bold: true });
  if (italic) return inline(italic, names, { ...style, italic: true });
  return inline(gone, names, { ...style, strike: true });
}

function inline(text, names, style = {}) {
  const leaves = [];
  const plain = (piece) => piece && leaves.push(withStyle({ type: "text", text: piece }, style));
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    const end = match.index + match[0].length;
    const found = leavesOf(match, names, style);
    plain(rest.slice(0, found ? match.index : end));
    if (found) leaves.push(...found);
    rest = rest.slice(end);
  }
  plain(rest);
  return leaves;
}

const FENCE = /^```\n?([\s\S]*?)\n?```$/;
const BULLET = /^\s*[-•] /;
const NUMBER = /^\s*\d+[.)] /;
const QUOTE = /^> ?/;

const kindOf = (line) =>
  BULLET.test(line) ? "bullet" : NUMBER.test(line) ? "ordered" : QUOTE.test(line) ? "quote" : "section";

function part(kind, lines, names) {
  const section = (line) => ({ type: "rich_text_section", elements: inline(line, names) });
  if (kind === "bullet" || kind === "ordered") {
    const items = lines.map((line) => section(line.replace(kind === "bullet" ? BULLET : NUMBER, "")));
    return { type: "rich_text_list", style: kind, elements: items };
  }
  if (kind === "quote")
    return { type: "rich_text_quote", elements: inline(lines.map((line) => line.replace(QUOTE, "")).join("\n"), names) };
  return section(lines.join("\n"));
}

function flow(text, names) {
  const runs = [];
  for (const line of text.split("\n")) {
    const kind = kindOf(line);
    if (runs.at(-1)?.kind !== kind) runs.push({ kind, lines: [] });
    runs.at(-1).lines.push(line);
  }
  return runs.map(({ kind, lines }) => part(kind, lines, names));
}

/** A rich_text block of what was typed, or null for nothing. `names`: {users, channels}, maps from name to id. */
export function toRichText(text, names) {
  if (!text.trim()) return null;
  const elements = text
    .split(/(```[\s\S]+?```)/)
    .filter((piece) => piece.trim())
    .flatMap((piece) => {
      const code = FENCE.exec(piece)?.[1];
      if (code === undefined) return flow(piece.replace(/^\n|\n$/g, ""), names);
      return [{ type: "rich_text_preformatted", elements: [{ type: "text", text: code }] }];
    });
  return { type: "rich_text", elements };
}

const MARKS = [
  ["code", "`"],
  ["strike", "~"],
  ["italic", "_"],
  ["bold", "*"],
];

function typedLeaf(leaf, names) {
  const plain = {
    text: () => leaf.text,
    link: () => leaf.url,
    user: () => `@${names.user(leaf.user_id)}`,
    channel: () => `#${names.channel(leaf.channel_id)}`,
    emoji: () => `:${leaf.name}:`,
    broadcast: () => `@${leaf.range}`,
  };
  const text = plain[leaf.type]?.() ?? "";
  return MARKS.reduce((body, [style, mark]) => (leaf.style?.[style] ? mark + body + mark : body), text);
}

/** What one would type for a rich_text; `names`: {user, channel}, functions from id to name. */
export function fromRichText(block, names) {
  const line = (elements) => elements.map((leaf) => typedLeaf(leaf, names)).join("");
  const parts = {
    rich_text_section: ({ elements }) => line(elements),
    rich_text_quote: ({ elements }) => line(elements).replace(/^/gm, "> "),
    rich_text_preformatted: ({ elements }) => `\`\`\`\n${line(elements)}\n\`\`\``,
    rich_text_list: ({ style, elements }) =>
      elements.map((item, at) => `${style === "ordered" ? `${at + 1}.` : "•"} ${line(item.elements)}`).join("\n"),
  };
  return (block?.elements ?? []).map((each) => parts[each.type]?.(each) ?? "").join("\n");
}
