// A small surface that opens at its button: menus and the emoji picker.
import { EMOJI, FAVOURITES } from "./emoji.js";
import { classes, html, useEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/** `content(close)` is drawn while open; `kind` is its role, `look` its class. Arrow keys move between its buttons, Esc closes it. */
export function Popup({ label, icon, kind, look, content }) {
  const [side, setSide] = useState(null);
  const root = useRef();
  const surface = useRef();
  useEffect(() => {
    if (!side) return undefined;
    surface.current.querySelector("button")?.focus();
    const outside = ({ target }) => root.current.contains(target) || setSide(null);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [side]);

  function toggle() {
    const lowerHalf = root.current.getBoundingClientRect().top > window.innerHeight / 2;
    setSide(side ? null : lowerHalf ? "above" : "below");
  }

  function close() {
    setSide(null);
    root.current.querySelector("button").focus();
  }

  function key(event) {
    if (!side) return;
    const entries = [...surface.current.querySelectorAll("button")];
    const step = STEPS[event.key];
    if (step) entries.at((entries.indexOf(document.activeElement) + step) % entries.length).focus();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return html`
    <span class=${classes("popup", side && "open")} ref=${root} onKeyDown=${key}>
      <button
        type="button"
        class="icon-button"
        title=${label}
        aria-label=${label}
        aria-haspopup=${kind}
        aria-expanded=${Boolean(side)}
        onClick=${toggle}
      ><${Icon} name=${icon} /></button>
      ${
        side &&
        html`<span class=${`popup-surface ${side} ${look}`} role=${kind} aria-label=${label} ref=${surface}>
        ${content(close)}
      </span>`
      }
    </span>
  `;
}

/** `items` are {text, hint?, danger?, onPick}. */
export function Menu({ label, items }) {
  const content = (close) =>
    items.map(
      ({ text, hint, danger, onPick }) => html`
        <button
          type="button"
          role="menuitem"
          class=${danger && "danger"}
          onClick=${() => {
            close();
            onPick();
          }}
        >${text}${hint && html`<small>${hint}</small>`}</button>
      `,
    );
  return html`<${Popup} label=${label} icon="more" kind="menu" look="menu" content=${content} />`;
}

/** `onPick` hears the shortcode. */
export function EmojiPicker({ label, onPick }) {
  const content = (close) =>
    FAVOURITES.map(
      (name) => html`
        <button
          type="button"
          title=${`:${name}:`}
          aria-label=${name.replaceAll("_", " ")}
          onClick=${() => {
            close();
            onPick(name);
          }}
        >${EMOJI[name]}</button>
      `,
    );
  return html`<${Popup} label=${label} icon="smile" kind="dialog" look="picker" content=${content} />`;
}
