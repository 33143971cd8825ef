// Preact with htm: JSX's readability without a compiler. Every other module imports from here.
import { createContext, h, render } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export const html = htm.bind(h);

// Listeners and the focus belong into useLayoutEffect, which runs with the drawing itself. useEffect waits for the next
// frame: what is pressed or comes in between would be lost.
export { createContext, render };
export { useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "./vendor/hooks.js";

/** Draw again only when a prop is another value: what keeps long lists quick. */
export function memo(Component) {
  return function Memo(props) {
    this.shouldComponentUpdate = (next) => differ(this.props, next);
    return h(Component, props);
  };
}

function differ(a, b) {
  const keys = Object.keys(b);
  return keys.length !== Object.keys(a).length || keys.some((key) => a[key] !== b[key]);
}

/** Join class names, leaving out the falsy ones. */
export const classes = (...names) => names.filter(Boolean).join(" ");
