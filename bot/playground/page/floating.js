// Small surfaces beside what opened them: menus, suggestions, pickers.
import { useLayoutEffect } from "./html.js";

/** Whether all panes stand side by side; else, as on a phone, one is shown at a time. */
export const WIDE = matchMedia("(min-width: 720px)");

const GAP = 4;
const MARGIN = 8;

/** Where a surface of `width` by `height` goes: below its anchor where that fits, else where there is more room. */
function spot(anchor, { width, height }, align) {
  const below = innerHeight - anchor.bottom - GAP - MARGIN;
  const above = anchor.top - GAP - MARGIN;
  const under = height <= below || below >= above;
  const left = align === "end" ? anchor.right - width : anchor.left;
  return {
    left: Math.max(MARGIN, Math.min(left, innerWidth - width - MARGIN)),
    top: under ? anchor.bottom + GAP : Math.max(MARGIN, anchor.top - GAP - Math.min(height, above)),
    room: under ? below : above,
  };
}

/**
 * Keep `surface` beside `anchor` (refs) while `open`. It is drawn in the browser's top layer: no scroller clips it and
 * no dialog covers it. `wide` makes it as wide as its anchor.
 */
export function useFloating(open, anchor, surface, { align = "start", wide = false } = {}) {
  useLayoutEffect(() => {
    if (!open) return undefined;
    const { current } = surface;
    function place() {
      const beside = anchor.current.getBoundingClientRect();
      if (wide) current.style.width = `${beside.width}px`;
      current.style.maxHeight = "";
      const { left, top, room } = spot(beside, current.getBoundingClientRect(), align);
      Object.assign(current.style, { left: `${left}px`, top: `${top}px`, maxHeight: `${Math.max(room, 120)}px` });
    }
    current.showPopover();
    place();
    const observer = new ResizeObserver(place);
    observer.observe(anchor.current);
    observer.observe(current);
    addEventListener("scroll", place, true);
    addEventListener("resize", place);
    return () => {
      observer.disconnect();
      removeEventListener("scroll", place, true);
      removeEventListener("resize", place);
    };
  }, [open]);
}

/** Call `close` when something outside of `root` (a ref) is pressed while `open`. */
export function useOutside(open, root, close) {
  useLayoutEffect(() => {
    if (!open) return undefined;
    const outside = ({ target }) => root.current?.contains(target) || close();
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
}
