// Where messages are written: completion, formatting marks, Enter to send.
import { complete } from "./completion.js";
import { useDesk } from "./desk.js";
import { problemOf } from "./api.js";
import { EMOJI } from "./emoji.js";
import { classes, html, useEffect, useId, useLayoutEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Avatar } from "./people.js";
import { EmojiPicker } from "./popup.js";

/** Unsent texts by person and place, so that looking elsewhere loses nothing. */
const drafts = new Map();

/** On a phone a focused field raises the keyboard over what one came to read. */
const WIDE = matchMedia("(min-width: 720px)");

/** Whether the box grows with its text by style alone. */
const SIZES_ITSELF = CSS.supports("field-sizing", "content");

const MARKS = [
  { label: "Bold", icon: "bold", mark: "*" },
  { label: "Italic", icon: "italic", mark: "_" },
  { label: "Strikethrough", icon: "strike", mark: "~" },
  { label: "Code", icon: "code", mark: "`" },
  { label: "Code block", icon: "block", mark: "```" },
];

const Offers = ({ id, offers, active, onPick }) => html`
  <ul class="offers" id=${id} role="listbox" aria-label="Suggestions">
    ${offers.map(
      ({ key, user, text, hint }, at) => html`
        <li
          key=${key}
          id=${`${id}-${at}`}
          role="option"
          aria-selected=${at === active}
          onMouseDown=${(event) => {
            event.preventDefault();
            onPick(at);
          }}
        >
          ${user && html`<${Avatar} user=${user} size=${20} />`}<b>${text}</b>
          ${hint && (user?.is_bot ? html`<span class="badge">APP</span>` : html`<span>${hint}</span>`)}
        </li>
      `,
    )}
  </ul>
`;

/** The text being written and what can be done to it. */
function useDraft(key, initial) {
  const field = useRef();
  const [text, setText] = useState(drafts.get(key) ?? initial);
  useEffect(() => void setText(drafts.get(key) ?? initial), [key]);

  function write(value) {
    if (value) drafts.set(key, value);
    else drafts.delete(key);
    setText(value);
  }

  /** Replace the characters from..to, leave the caret (or a selection) in what was put there, then call `then`. */
  function replace(from, to, piece, { select = [piece.length, piece.length], then } = {}) {
    const value = text.slice(0, from) + piece + text.slice(to);
    write(value);
    field.current.focus();
    requestAnimationFrame(() => {
      field.current?.setSelectionRange(from + select[0], from + select[1]);
      then?.();
    });
  }

  function surround(mark) {
    const { selectionStart: from, selectionEnd: to } = field.current;
    const inside = text.slice(from, to);
    replace(from, to, mark + inside + mark, { select: [mark.length, mark.length + inside.length] });
  }

  const insert = (piece, then) =>
    replace(field.current.selectionStart, field.current.selectionEnd, piece, { then });
  return { field, text, write, replace, surround, insert };
}

/** The completion of the word at the caret: {offers, active, look(), move(), pick(), close()}. */
function useCompletion(draft, channel) {
  const { world, me } = useDesk();
  const [found, setFound] = useState(null);
  const [active, setActive] = useState(0);

  function look() {
    const { value, selectionStart, selectionEnd } = draft.field.current;
    const context = { world, person: me, channel: world.channels.get(channel) };
    setFound(selectionStart === selectionEnd ? complete(value, selectionStart, context) : null);
    setActive(0);
  }

  function pick(at = active) {
    draft.replace(found.from, draft.field.current.selectionStart, `${found.offers[at].insert} `);
    setFound(null);
  }

  const count = found?.offers.length ?? 0;
  const move = (step) => setActive((active + step + count) % count);
  return { offers: found?.offers, active, look, move, pick, close: () => setFound(null) };
}

/** Keys while suggestions are shown; true when the key was theirs. */
function completionKey(event, completion) {
  const keys = {
    ArrowDown: () => completion.move(1),
    ArrowUp: () => completion.move(-1),
    Enter: () => completion.pick(),
    Tab: () => completion.pick(),
    Escape: completion.close,
  };
  if (!completion.offers || event.shiftKey || !keys[event.key]) return false;
  event.preventDefault();
  event.stopPropagation();
  keys[event.key]();
  return true;
}

/**
 * `onSend(text)` answers {ok}; a refused text stays in the box with the reason below it. `proposal` is a
 * {text} to put into the box, a new object each time. `onCancel` makes Esc leave (editing a message).
 */
export function Composer(props) {
  const { label, testid, sendTestid, channel, thread = "", initial = "", proposal, onSend, onCancel } = props;
  const { me } = useDesk();
  const list = useId();
  const draft = useDraft(`${me}/${channel}/${thread}/${onCancel ? initial : ""}`, initial);
  const completion = useCompletion(draft, channel);
  const [problem, setProblem] = useState(null);
  const { field, text } = draft;

  useLayoutEffect(() => {
    if (SIZES_ITSELF) return;
    field.current.style.height = "auto";
    field.current.style.height = `${field.current.scrollHeight}px`;
  }, [text]);

  useLayoutEffect(() => {
    if (proposal) draft.replace(0, text.length, proposal.text);
  }, [proposal]);

  useEffect(() => {
    if (onCancel || WIDE.matches) field.current.focus();
  }, [me, channel, thread]);

  async function send() {
    if (!text.trim()) return;
    draft.write("");
    completion.close();
    const answer = await onSend(text);
    setProblem(answer.ok ? null : problemOf(answer));
    if (!answer.ok) draft.write(text);
  }

  function key(event) {
    if (event.isComposing || completionKey(event, completion)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && onCancel) {
      event.stopPropagation();
      draft.write("");
      onCancel();
    }
  }

  return html`
    <form
      class=${classes("composer", onCancel && "editing")}
      onSubmit=${(event) => {
        event.preventDefault();
        send();
      }}
    >
      ${completion.offers && html`<${Offers} id=${list} ...${completion} onPick=${completion.pick} />`}
      <div class="composer-box">
        <div class="marks" role="toolbar" aria-label="Formatting">
          ${MARKS.map(
            ({ label, icon, mark }) => html`
              <button type="button" class="icon-button" title=${label} aria-label=${label}
                onClick=${() => draft.surround(mark)}><${Icon} name=${icon} /></button>
            `,
          )}
        </div>
        <textarea
          ref=${field}
          rows="1"
          data-testid=${testid}
          placeholder=${label}
          aria-label=${label}
          aria-autocomplete="list"
          aria-controls=${completion.offers ? list : undefined}
          aria-activedescendant=${completion.offers ? `${list}-${completion.active}` : undefined}
          value=${text}
          onInput=${({ target }) => {
            draft.write(target.value);
            completion.look();
          }}
          onClick=${completion.look}
          onKeyDown=${key}
          onBlur=${completion.close}
        />
        <div class="composer-foot">
          <button type="button" class="icon-button" title="Mention someone" aria-label="Mention someone"
            onClick=${() => draft.insert("@", completion.look)}><${Icon} name="at" /></button>
          <${EmojiPicker} label="Emoji" onPick=${(name) => draft.insert(EMOJI[name])} />
          <span class="hint"><b>Shift + Enter</b> for a new line</span>
          ${onCancel && html`<button type="button" class="button small" onClick=${onCancel}>Cancel</button>`}
          <button type="submit" class="send" data-testid=${sendTestid} disabled=${!text.trim()}
            title=${onCancel ? "Save" : "Send now"} aria-label=${onCancel ? "Save" : "Send now"}>
            <${Icon} name=${onCancel ? "check" : "send"} />
          </button>
        </div>
      </div>
      ${problem && html`<p class="problem" role="alert"><${Icon} name="warning" />${problem}</p>`}
    </form>
  `;
}
