// What can be done with a message: the bar over it, and the menu behind its three dots.
import { act, problemOf } from "./api.js";
import { useDesk } from "./desk.js";
import { EMOJI } from "./emoji.js";
import { html, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Confirm } from "./objects.js";
import { EmojiPicker, Menu } from "./popup.js";

const QUICK = ["white_check_mark", "eyes", "raised_hands"];

const UNACKED = "The app did not answer in time. Try again.";

const words = (text) => ({ type: "plain_text", text });
const DELETION = {
  title: words("Delete message"),
  text: words("Are you sure you want to delete this message? This cannot be undone."),
  confirm: words("Delete"),
  deny: words("Cancel"),
  style: "danger",
};

/** The address of a message on this page: its thread. */
const linkTo = ({ channel, ts, thread_ts: thread }) => `${location.origin}/#/${channel}/${thread ?? ts}`;

/** `onProblem` hears why something did not work, or null; `onReply` is missing where no thread can be opened. */
export function Toolbar({ message, mine, onReact, onReply, onEdit, onProblem }) {
  const { world, me } = useDesk();
  const [deleting, setDeleting] = useState(false);
  const { channel, ts } = message;

  async function attempt(what, details) {
    const answer = await act(me, what, { channel, ts, ...details });
    onProblem(answer.ok ? (answer.acked === false ? UNACKED : null) : problemOf(answer));
  }

  async function copyLink() {
    try {
      await navigator.clipboard.writeText(linkTo(message));
      onProblem(null);
    } catch {
      onProblem("The browser does not let this page copy.");
    }
  }

  const shortcuts = world.shortcuts("message").map(({ name, callback_id: id, app }) => ({
    text: name,
    hint: app,
    icon: "bolt",
    onPick: () => attempt("shortcut", { shortcut: id }),
  }));
  const own = [
    { line: true },
    { text: "Edit message", icon: "edit", onPick: onEdit },
    { text: "Delete message…", icon: "trash", danger: true, onPick: () => setDeleting(true) },
  ];
  const items = [
    { text: "Copy link", icon: "link", onPick: copyLink },
    ...(shortcuts.length ? [{ line: true }, { heading: "Message shortcuts" }, ...shortcuts] : []),
    ...(mine ? own : []),
  ];

  return html`
    <div class="toolbar" role="toolbar" aria-label="Message actions">
      ${QUICK.map(
        (name) => html`
          <button type="button" class="icon-button quick" title=${`:${name}:`} aria-label=${`React with ${name}`}
            onClick=${() => onReact(name)}>${EMOJI[name]}</button>
        `,
      )}
      <${EmojiPicker} label="Find another reaction" onPick=${onReact} />
      ${
        onReply &&
        html`<button type="button" class="icon-button" title="Reply in thread" aria-label="Reply in thread"
        onClick=${onReply}><${Icon} name="thread" /></button>`
      }
      <${Menu} label="More actions" items=${items} />
      ${deleting && html`<${Confirm} confirm=${DELETION} onYes=${() => attempt("delete")} onClose=${() => setDeleting(false)} />`}
    </div>
  `;
}
