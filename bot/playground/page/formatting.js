// Formatting marks in a text field, put there as if they were typed.
import { html } from "./html.js";
import { Icon } from "./icons.js";

/** `keys` are Slack's own, with Ctrl or ⌘. */
const MARKS = [
  { label: "Bold", icon: "bold", mark: "*", keys: "B" },
  { label: "Italic", icon: "italic", mark: "_", keys: "I" },
  { label: "Strikethrough", icon: "strike", mark: "~", keys: "Shift+X" },
  { label: "Code", icon: "code", mark: "`", keys: "Shift+C" },
  { label: "Code block", icon: "block", mark: "```", keys: "Alt+Shift+C" },
];

/** Replace the characters from..to of a field; `selected` is [start, end] in the new piece, its end if not given. */
export function replaceIn(field, from, to, piece, selected = [piece.length, piece.length]) {
  field.setRangeText(piece, from, to);
  field.focus();
  field.setSelectionRange(from + selected[0], from + selected[1]);
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

export const insertIn = (field, piece) => replaceIn(field, field.selectionStart, field.selectionEnd, piece);

function surround(field, mark) {
  const { selectionStart: from, selectionEnd: to, value } = field;
  const inside = value.slice(from, to);
  replaceIn(field, from, to, mark + inside + mark, [mark.length, mark.length + inside.length]);
}

/** Format by the keyboard; true when the key was one of these. */
export function markKey(event) {
  if (!(event.ctrlKey || event.metaKey)) return false;
  const pressed = `${event.altKey ? "Alt+" : ""}${event.shiftKey ? "Shift+" : ""}${event.code.replace("Key", "")}`;
  const found = MARKS.find(({ keys }) => keys === pressed);
  if (!found) return false;
  event.preventDefault();
  surround(event.currentTarget, found.mark);
  return true;
}

/** Buttons that put marks around what is selected in `field` (a ref). */
export const Marks = ({ field }) => html`
  <div class="marks" role="toolbar" aria-label="Formatting">
    ${MARKS.map(
      ({ label, icon, mark, keys }) => html`
        <button type="button" class="icon-button" title=${`${label} (Ctrl+${keys})`} aria-label=${label}
          onClick=${() => surround(field.current, mark)}><${Icon} name=${icon} /></button>
      `,
    )}
  </div>
`;
