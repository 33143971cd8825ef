// A small surface that opens at its button: menus and the emoji picker.
import { EMOJI, FAVOURITES } from "./emoji.js";
import { useFloating, useOutside } from "./floating.js";
import { classes, html, useLayoutEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/**
 * `content(close)` is drawn while open; `kind` is its role, `look` its class. Arrow keys move between its buttons, Esc
 * closes it; the first field or button in it has the focus.
 */
export function Popup({ label, icon, kind, look, align = "end", content }) {
  const [open, setOpen] = useState(false);
  const root = useRef();
  const surface = useRef();
  useFloating(open, root, surface, { align });
  useOutside(open, root, () => setOpen(false));
  useLayoutEffect(() => {
    if (open) surface.current.querySelector("input, button")?.focus();
  }, [open]);

  function close() {
    setOpen(false);
    root.current.querySelector("button").focus();
  }

  function key(event) {
    if (!open) return;
    const entries = [...surface.current.querySelectorAll("input, button")];
    const step = STEPS[event.key];
    const typing = event.target.matches("input") && event.key !== "ArrowDown";
    if (step && !typing) entries.at((entries.indexOf(document.activeElement) + step) % entries.length).focus();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return html`
    <span class=${classes("popup", open && "open")} ref=${root} onKeyDown=${key}>
      <button
        type="button"
        class="icon-button"
        title=${label}
        aria-label=${label}
        aria-haspopup=${kind}
        aria-expanded=${open}
        onClick=${() => setOpen(!open)}
      ><${Icon} name=${icon} /></button>
      ${
        open &&
        html`<div popover="manual" class=${`popup-surface ${look}`} role=${kind} aria-label=${label} ref=${surface}>
        ${content(close)}
      </div>`
      }
    </span>
  `;
}

/** One entry of a menu: {text, hint?, icon?, danger?, onPick}; or {heading}, or {line: true}. */
function Entry({ item, close }) {
  if (item.line) return html`<hr role="separator" />`;
  if (item.heading) return html`<h4 role="presentation">${item.heading}</h4>`;
  return html`
    <button
      type="button"
      role="menuitem"
      class=${item.danger && "danger"}
      onClick=${() => {
        close();
        item.onPick();
      }}
    >${item.icon && html`<${Icon} name=${item.icon} />`}
      <span>${item.text}${item.hint && html`<small>${item.hint}</small>`}</span></button>
  `;
}

export function Menu({ label, items, icon = "more", align }) {
  const content = (close) => items.map((item) => html`<${Entry} item=${item} close=${close} />`);
  return html`<${Popup} label=${label} icon=${icon} kind="menu" look="menu" align=${align} content=${content} />`;
}

const MOST_EMOJI = 160;

/** Those offered first, then all others in Slack's order. */
const NAMES = [...new Set([...FAVOURITES, ...Object.keys(EMOJI)])];

/** One name of each sign. */
const SIGNS = [...new Map(NAMES.toReversed().map((name) => [EMOJI[name], name])).values()].reverse();

/** The emoji that are called that, those first whose name begins so. */
function emojiCalled(words) {
  const wanted = words.trim().toLowerCase().replaceAll(":", "").replaceAll(" ", "_");
  if (!wanted) return SIGNS.slice(0, MOST_EMOJI);
  const found = NAMES.filter((name) => name.includes(wanted));
  return found.sort((a, b) => b.startsWith(wanted) - a.startsWith(wanted)).slice(0, MOST_EMOJI);
}

function Picker({ onPick }) {
  const [query, setQuery] = useState("");
  const found = emojiCalled(query);
  function enter(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (found.length) onPick(found[0]);
  }
  return html`
    <input type="search" class="text-field" placeholder="Search all emoji" aria-label="Search all emoji" value=${query}
      onInput=${({ target }) => setQuery(target.value)} onKeyDown=${enter} />
    <div class="picker-grid">
      ${found.map(
        (name) => html`
          <button type="button" key=${name} title=${`:${name}:`} aria-label=${name.replaceAll("_", " ")}
            onClick=${() => onPick(name)}>${EMOJI[name]}</button>
        `,
      )}
    </div>
    ${!found.length && html`<p class="nothing">No emoji is called that.</p>`}
  `;
}

/** `onPick` hears the shortcode. */
export function EmojiPicker({ label, align, onPick }) {
  const content = (close) => html`
    <${Picker}
      onPick=${(name) => {
        close();
        onPick(name);
      }}
    />
  `;
  return html`<${Popup} label=${label} icon="smile" kind="dialog" look="picker" align=${align} content=${content} />`;
}
