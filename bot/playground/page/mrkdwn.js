// Slack's own markup, drawn as components: no HTML string is ever built from a message's text.
import { Code } from "./code.js";
import { EMOJI, SHORTCODE } from "./emoji.js";
import { html, memo } from "./html.js";
import { Broadcast, ChannelLink, Link, Mention } from "./people.js";
import { formatted } from "./when.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
export const decode = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

const FENCE = /```\n?([\s\S]+?)```/;
const QUOTED = /^(?:>|&gt;) ?/;

/** `*x*` and its like count only where a word could begin and end, as in Slack. */
const styled = (mark) => {
  const edge = `[\\p{L}\\p{N}${mark}]`;
  return `(?<!${edge})[${mark}](?=\\S)([^${mark}\\n]+?)(?<=\\S)[${mark}](?!${edge})`;
};

const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    "(https?:\\/\\/[^\\s<>|&]+(?:&amp;[^\\s<>|&]+)*)",
    SHORTCODE.source,
    styled("*"),
    styled("_"),
    styled("~"),
  ].join("|"),
  "u",
);

/** What stands between angle brackets: a person, a channel, a group, a date, or a link. */
function bracketed(inside) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : decode(inside.slice(bar + 1));
  if (target.startsWith("@")) return html`<${Mention} user=${target.slice(1)} label=${label} />`;
  if (target.startsWith("#")) return html`<${ChannelLink} channel=${target.slice(1)} label=${label} />`;
  if (/^!(?:here|channel|everyone)$/.test(target)) return html`<${Broadcast} range=${target.slice(1)} />`;
  const date = /^!date\^(\d+)\^([^^]+)/.exec(target);
  if (date) return html`<span title=${label}>${formatted(date[1], decode(date[2]))}</span>`;
  if (target.startsWith("!")) return html`<span class="mention">${label || target.slice(1)}</span>`;
  const url = decode(target);
  return html`<${Link} url=${url}>${label || url.replace(/^mailto:/, "")}<//>`;
}

function inline(text) {
  const drawn = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    const [whole, code, bracket, url, emoji, bold, italic, gone] = match;
    if (match.index) drawn.push(decode(rest.slice(0, match.index)));
    if (code) drawn.push(html`<code>${decode(code)}</code>`);
    else if (bracket) drawn.push(bracketed(bracket));
    else if (url) drawn.push(html`<${Link} url=${decode(url)}>${decode(url)}<//>`);
    else if (emoji) drawn.push(EMOJI[emoji] ?? whole);
    else if (bold) drawn.push(html`<b>${inline(bold)}</b>`);
    else if (italic) drawn.push(html`<i>${inline(italic)}</i>`);
    else drawn.push(html`<s>${inline(gone)}</s>`);
    rest = rest.slice(match.index + whole.length);
  }
  if (rest) drawn.push(decode(rest));
  return drawn;
}

/** Lines as runs of quoted and unquoted ones. */
function quoteRuns(text) {
  const runs = [];
  for (const line of text.split("\n")) {
    const quoted = QUOTED.test(line);
    if (runs.at(-1)?.quoted !== quoted) runs.push({ quoted, lines: [] });
    runs.at(-1).lines.push(quoted ? line.replace(QUOTED, "") : line);
  }
  return runs;
}

function flow(text) {
  return quoteRuns(text).map(({ quoted, lines }) => {
    const body = inline(lines.join("\n"));
    return quoted ? html`<blockquote>${body}</blockquote>` : html`<span>${body}</span>`;
  });
}

function draw(text) {
  const match = FENCE.exec(text);
  if (!match) return flow(text);
  // The line breaks around a code block are the block's own margin.
  const before = text.slice(0, match.index).replace(/\n$/, "");
  const after = text.slice(match.index + match[0].length).replace(/^\n/, "");
  return [
    before && flow(before),
    html`<${Code} code=${decode(match[1].replace(/\n$/, ""))} />`,
    after && draw(after),
  ];
}

/** `text` is as the Web API carries it: `&`, `<` and `>` escaped. */
export const Mrkdwn = memo(({ text }) => html`<span class="mrkdwn">${draw(text)}</span>`);

/** Whether a text is nothing but emoji, which Slack then draws large. */
export function onlyEmoji(text) {
  const bare = text.replace(new RegExp(SHORTCODE, "g"), (whole, name) => EMOJI[name] ?? whole).trim();
  return (
    bare.length > 0 &&
    bare.length < 60 &&
    /^(?:\p{Extended_Pictographic}|\p{M}|\u200d|\ufe0f|\s)+$/u.test(bare)
  );
}
