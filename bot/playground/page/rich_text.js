// rich_text: the safe form. Its text is never parsed.
import { Code } from "./code.js";
import { EMOJI } from "./emoji.js";
import { classes, html } from "./html.js";
import { Broadcast, ChannelLink, Link, Mention } from "./people.js";
import { formatted } from "./when.js";

function styledText(style, body) {
  let drawn = body;
  if (style?.code) drawn = html`<code>${drawn}</code>`;
  if (style?.bold) drawn = html`<b>${drawn}</b>`;
  if (style?.italic) drawn = html`<i>${drawn}</i>`;
  if (style?.strike) drawn = html`<s>${drawn}</s>`;
  if (style?.underline) drawn = html`<u>${drawn}</u>`;
  return drawn;
}

const LEAVES = {
  __proto__: null,
  text: ({ text }) => text,
  link: ({ url, text }) => html`<${Link} url=${url}>${text || url}<//>`,
  emoji: ({ name }) => EMOJI[name] ?? `:${name}:`,
  user: ({ user_id }) => html`<${Mention} user=${user_id} />`,
  channel: ({ channel_id }) => html`<${ChannelLink} channel=${channel_id} />`,
  usergroup: ({ usergroup_id }) => html`<span class="mention">@${usergroup_id}</span>`,
  broadcast: ({ range }) => html`<${Broadcast} range=${range} />`,
  color: ({ value }) => html`<code>${value}</code>`,
  date: ({ timestamp, format, fallback }) =>
    html`<span title=${fallback}>${formatted(String(timestamp), format)}</span>`,
};

const leaves = (elements) =>
  elements.map((element) =>
    styledText(element.style, LEAVES[element.type]?.(element) ?? `[${element.type}]`),
  );

const plain = (elements) => elements.map(({ text, url }) => text ?? url ?? "").join("");

function List({ style, indent = 0, offset = 0, border, elements }) {
  const look = classes("rich-list", `indent-${Math.min(indent, 8)}`, border && "bordered");
  const items = elements.map((section) => html`<li>${leaves(section.elements)}</li>`);
  return style === "ordered"
    ? html`<ol class=${look} start=${offset + 1}>${items}</ol>`
    : html`<ul class=${look}>${items}</ul>`;
}

const PARTS = {
  __proto__: null,
  rich_text_section: ({ elements }) => html`<div class="rich-section">${leaves(elements)}</div>`,
  rich_text_list: (part) => html`<${List} ...${part} />`,
  rich_text_preformatted: ({ elements, language }) => html`<${Code} code=${plain(elements)} language=${language} />`,
  rich_text_quote: ({ elements }) => html`<blockquote>${leaves(elements)}</blockquote>`,
};

export const RichText = ({ elements }) => html`
  <div class="rich-text">
    ${elements.map((part) => PARTS[part.type]?.(part) ?? html`<span class="placeholder">${part.type}</span>`)}
  </div>
`;
