// Block Kit's composition objects: texts, "are you sure", and what went wrong beside an element.
import { withEmoji } from "./emoji.js";
import { html, useId, useLayoutEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Mrkdwn } from "./mrkdwn.js";

/** A text object as one line of plain or marked-up text. */
export const TextObject = ({ text }) =>
  text.type === "mrkdwn" ? html`<${Mrkdwn} text=${text.text} />` : withEmoji(text.text);

export const Problem = ({ text }) =>
  text && html`<span class="problem" role="alert"><${Icon} name="warning" />${text}</span>`;

/** Open a dialog in front of the page; when it goes, the browser gives the focus back where it was. */
export function useDialog(dialog) {
  useLayoutEffect(() => {
    const { current } = dialog;
    current.showModal();
    return () => current.close();
  }, []);
}

/** Slack's "are you sure". Texts are text objects; Esc and a press outside are a no. */
export function Confirm({ confirm, onYes, onClose, children }) {
  const dialog = useRef();
  const id = useId();
  useDialog(dialog);
  const button = confirm.style === "danger" ? "danger" : "primary";
  const keys = (event) => event.key === "Escape" && event.stopPropagation();
  return html`
    <dialog ref=${dialog} class="dialog" aria-labelledby=${`${id}-title`} aria-describedby=${`${id}-text`}
      onClose=${onClose} onKeyDown=${keys} onClick=${({ target }) => target === dialog.current && dialog.current.close()}>
      <form method="dialog">
        <h2 id=${`${id}-title`}><${TextObject} text=${confirm.title} /></h2>
        <p id=${`${id}-text`}><${TextObject} text=${confirm.text} /></p>
        ${children}
        <footer>
          <button class="button">${confirm.deny ? withEmoji(confirm.deny.text) : "Cancel"}</button>
          <button class=${`button ${button}`} onClick=${onYes}>${confirm.confirm ? withEmoji(confirm.confirm.text) : "Yes"}</button>
        </footer>
      </form>
    </dialog>
  `;
}

/** Ask first when the element says so: `guard(action)` and the dialog to draw. */
export function useConfirm(confirm) {
  const [waiting, setWaiting] = useState(null);
  const guard = (action) => (confirm ? setWaiting(() => action) : action());
  const close = () => setWaiting(null);
  return {
    guard,
    dialog: waiting && html`<${Confirm} confirm=${confirm} onYes=${waiting} onClose=${close} />`,
  };
}
