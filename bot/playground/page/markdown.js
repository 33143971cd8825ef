// Standard Markdown, as the `markdown` block takes it. HTML is made here and nowhere else, and always sanitised.
import MarkdownIt from "./vendor/markdown-it.js";
import { Code, highlighted } from "./code.js";
import { EMOJI, SHORTCODE } from "./emoji.js";
import { html, memo, useMemo, useRef } from "./html.js";
import { nameOf } from "./people.js";
import { useDesk } from "./desk.js";
import { escape, sanitised } from "./sanitise.js";

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

const isCode = ([token]) => token.type === "fence" || token.type === "code_block";

/** A piece as {code, language}, or as sanitised {markup}; `before` holds what earlier markup became. */
function drawnPiece(tokens, env, before) {
  if (isCode(tokens)) {
    const [{ content, info }] = tokens;
    return { code: content.replace(/\n$/, ""), language: info.trim().split(/\s/)[0] };
  }
  const raw = markdown.renderer.render(tokens, markdown.options, env);
  return { raw, markup: before.get(raw) ?? sanitised(raw) };
}

/**
 * Markdown drawn piece by piece, so that a growing answer touches only its last piece: what is already there
 * keeps its selection and its scroll position, and is not sanitised again.
 */
export const Markdown = memo(({ text }) => {
  const { world } = useDesk();
  const before = useRef(new Map());
  const drawn = useMemo(() => {
    const users = [...world.users.values()].map((user) => [user.id, nameOf(user)]);
    const channels = [...world.channels.values()].map(({ id, name }) => [id, name]);
    const env = { names: new Map([...users, ...channels]) };
    const made = pieces(markdown.parse(text, env)).map((tokens) => drawnPiece(tokens, env, before.current));
    before.current = new Map(made.map(({ raw, markup }) => [raw, markup]));
    return made;
  }, [text, world]);
  return html`
    <div class="markdown">
      ${drawn.map(({ code, language, markup }, at) =>
        code === undefined
          ? html`<div key=${at} dangerouslySetInnerHTML=${{ __html: markup }} />`
          : html`<div key=${`${at} code`}><${Code} code=${code} language=${language} /></div>`,
      )}
    </div>
  `;
});
