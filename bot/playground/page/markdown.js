// Standard Markdown, as the `markdown` block takes it. HTML is made here and nowhere else, and always sanitised.
import DOMPurify from "./vendor/dompurify.js";
import hljs from "./vendor/highlight.js";
import MarkdownIt from "./vendor/markdown-it.js";
import bash from "./vendor/languages/bash.js";
import diff from "./vendor/languages/diff.js";
import javascript from "./vendor/languages/javascript.js";
import json from "./vendor/languages/json.js";
import python from "./vendor/languages/python.js";
import sql from "./vendor/languages/sql.js";
import typescript from "./vendor/languages/typescript.js";
import yaml from "./vendor/languages/yaml.js";
import { EMOJI, SHORTCODE } from "./emoji.js";
import { html, memo, useMemo } from "./html.js";
import { nameOf } from "./people.js";
import { useDesk } from "./desk.js";

for (const [name, grammar] of Object.entries({ bash, diff, javascript, json, python, sql, typescript, yaml }))
  hljs.registerLanguage(name, grammar);

const escape = (text) =>
  text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);

/** Code as highlighted HTML; in a language we do not have, as escaped text. */
export function highlighted(code, language) {
  return hljs.getLanguage(language) ? hljs.highlight(code, { language }).value : escape(code);
}

const markdown = new MarkdownIt({ linkify: true, breaks: true, highlight: highlighted });

/** `<@U1>`, `<#C1>` and `<!here>` are live inside Markdown too. */
function mention(state, silent) {
  const match = /^<([@#!])([^<>\s|]+)(?:\|([^<>\n]*))?>/.exec(state.src.slice(state.pos));
  if (!match) return false;
  const [whole, sign, id, label] = match;
  if (!silent) state.push("mention", "", 0).meta = { sign, id, label };
  state.pos += whole.length;
  return true;
}

function shortcode(state, silent) {
  const match = new RegExp(`^${SHORTCODE.source}`).exec(state.src.slice(state.pos));
  const sign = match && EMOJI[match[1]];
  if (!sign) return false;
  if (!silent) state.push("text", "", 0).content = sign;
  state.pos += match[0].length;
  return true;
}

const TASK = /^\[([ xX])\] /;

/** A list item that begins with `[ ]` or `[x]` becomes a task with a box. */
function tasks({ tokens, Token }) {
  tokens.forEach((token, at) => {
    const match = token.type === "inline" && TASK.exec(token.content);
    if (!match || tokens[at - 2]?.type !== "list_item_open") return;
    tokens[at - 2].attrJoin("class", "task");
    token.children[0].content = token.children[0].content.replace(TASK, "");
    const box = new Token("task_box", "", 0);
    box.meta = match[1] !== " ";
    token.children.unshift(box);
  });
}

/** markdown-it aligns cells by a style attribute, which the page's security policy refuses. */
function alignment({ tokens }) {
  for (const token of tokens) {
    const side = /text-align:(\w+)/.exec(token.attrGet("style") ?? "")?.[1];
    if (!side) continue;
    token.attrs = token.attrs.filter(([name]) => name !== "style");
    token.attrJoin("class", `align-${side}`);
  }
}

markdown.inline.ruler.before("autolink", "mention", mention);
markdown.inline.ruler.before("emphasis", "shortcode", shortcode);
markdown.core.ruler.push("tasks", tasks);
markdown.core.ruler.push("alignment", alignment);
Object.assign(markdown.renderer.rules, {
  mention(tokens, at, _options, { names }) {
    const { sign, id, label } = tokens[at].meta;
    const name = sign === "!" ? id : names.get(id) || label || id;
    return `<span class="mention">${sign === "#" ? "#" : "@"}${escape(name)}</span>`;
  },
  task_box: (tokens, at) => `<input type="checkbox" disabled${tokens[at].meta ? " checked" : ""}>`,
  table_open: () => '<div class="table-wrap"><table>',
  table_close: () => "</table></div>",
  // Loading a picture an agent names would tell its host that it was read; Slack shows the link too.
  image: (tokens, at) =>
    `<a href="${escape(tokens[at].attrGet("src"))}">${escape(tokens[at].content || "image")}</a>`,
});

const ALLOWED = {
  ALLOWED_TAGS: [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "input",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
  ],
  ALLOWED_ATTR: ["checked", "class", "disabled", "href", "start", "type"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  ADD_URI_SAFE_ATTR: ["start", "type"], // else their values, too, must be web addresses
};

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

export const sanitised = (markup) => DOMPurify.sanitize(markup, ALLOWED);

/** Tokens split into top-level pieces: paragraphs, lists, code blocks, tables. */
function pieces(tokens) {
  const found = [];
  let depth = 0;
  for (const token of tokens) {
    if (depth === 0) found.push([]);
    found.at(-1).push(token);
    depth += token.nesting;
  }
  return found;
}

/**
 * Markdown drawn piece by piece, so that a growing answer touches only its last piece: what is already there
 * keeps its selection and its scroll position.
 */
export const Markdown = memo(({ text }) => {
  const { world } = useDesk();
  const drawn = useMemo(() => {
    const users = [...world.users.values()].map((user) => [user.id, nameOf(user)]);
    const channels = [...world.channels.values()].map(({ id, name }) => [id, name]);
    const env = { names: new Map([...users, ...channels]) };
    return pieces(markdown.parse(text, env)).map((tokens) =>
      sanitised(markdown.renderer.render(tokens, markdown.options, env)),
    );
  }, [text, world]);
  return html`
    <div class="markdown">
      ${drawn.map((markup, at) => html`<div key=${at} dangerouslySetInnerHTML=${{ __html: markup }} />`)}
    </div>
  `;
});
