// Code, highlighted where its language is known; a long block is folded until one asks for the rest.
import hljs from "./vendor/highlight.js";
import bash from "./vendor/languages/bash.js";
import diff from "./vendor/languages/diff.js";
import javascript from "./vendor/languages/javascript.js";
import json from "./vendor/languages/json.js";
import python from "./vendor/languages/python.js";
import sql from "./vendor/languages/sql.js";
import typescript from "./vendor/languages/typescript.js";
import yaml from "./vendor/languages/yaml.js";
import { html, memo, useMemo, useState } from "./html.js";
import { escape, sanitised } from "./sanitise.js";

for (const [name, grammar] of Object.entries({ bash, diff, javascript, json, python, sql, typescript, yaml }))
  hljs.registerLanguage(name, grammar);

/** Code of more characters than this is shown plain: highlighting it would hold up the page. */
const MOST_HIGHLIGHTED = 50_000;

/** Code as highlighted HTML; in a language we do not have, as escaped text. */
export function highlighted(code, language) {
  const known = hljs.getLanguage(language) && code.length <= MOST_HIGHLIGHTED;
  return known ? hljs.highlight(code, { language }).value : escape(code);
}

/** Folding hides at least half as much again as it shows. */
const FOLDED_LINES = 16;
const LONG_LINES = 24;

/** `folded` is how many lines show at first of a block of more than `long`. */
export const Code = memo(({ code, language, folded = FOLDED_LINES, long = LONG_LINES }) => {
  const [open, setOpen] = useState(false);
  const lines = useMemo(() => code.split("\n"), [code]);
  const isLong = lines.length > long;
  const shown = isLong && !open ? lines.slice(0, folded).join("\n") : code;
  const markup = useMemo(() => sanitised(highlighted(shown, language)), [shown, language]);
  return html`
    <div class="code-block">
      <pre><code dangerouslySetInnerHTML=${{ __html: markup }} /></pre>
      ${
        isLong &&
        html`<button type="button" class="fold" aria-expanded=${open} onClick=${() => setOpen(!open)}>
        ${open ? "Show less" : `Show all ${lines.length.toLocaleString()} lines`}
      </button>`
      }
    </div>
  `;
});
