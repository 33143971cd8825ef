// Where messages are written: completion, commands, files, formatting marks, Enter to send.
import { act, problemOf } from "./api.js";
import { Attachments, asUpload, attachments, choose } from "./attachments.js";
import { complete } from "./completion.js";
import { useDesk } from "./desk.js";
import { EMOJI } from "./emoji.js";
import { WIDE } from "./floating.js";
import { Marks, insertIn, markKey, replaceIn } from "./formatting.js";
import { classes, html, useId, useLayoutEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Avatar } from "./people.js";
import { EmojiPicker, Menu } from "./popup.js";

/** Unsent texts and files by person and place, so that looking elsewhere loses nothing. */
const drafts = new Map();
const NOTHING = { text: "", files: [] };

/** Whether the box grows with its text by style alone. */
const SIZES_ITSELF = CSS.supports("field-sizing", "content");

const Offers = ({ id, offers, active, onPick }) => html`
  <ul class="offers" id=${id} role="listbox" aria-label="Suggestions">
    ${offers.map(
      ({ key, user, text, usage, hint }, at) => html`
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
          ${usage && html`<code>${usage}</code>`}
          ${hint && (user?.is_bot ? html`<span class="badge">APP</span>` : html`<span>${hint}</span>`)}
        </li>
      `,
    )}
  </ul>
`;

/** What is being written, {text, files}, kept by `key`, and what can be done with it. */
function useDraft(key, initial) {
  const field = useRef();
  const found = () => drafts.get(key) ?? { ...NOTHING, text: initial };
  const [draft, setDraft] = useState(found);
  useLayoutEffect(() => setDraft(found()), [key]);

  function write(change) {
    const next = { ...found(), ...change };
    if (next.text || next.files.length) drafts.set(key, next);
    else drafts.delete(key);
    setDraft(next);
  }

  const clear = () => {
    drafts.delete(key);
    setDraft(NOTHING);
  };

  /** Put back what was not taken, before what was written meanwhile. */
  function restore(sent) {
    const { text, files } = drafts.get(key) ?? NOTHING;
    write({ text: text ? `${sent.text}\n${text}` : sent.text, files: [...sent.files, ...files] });
  }
  return { field, ...draft, write, clear, restore };
}

/** The completion of the word at the caret: {offers, active, look(), move(), pick(), close()}. */
function useCompletion(field, channel, commanding) {
  const { world, me } = useDesk();
  const [found, setFound] = useState(null);
  const [active, setActive] = useState(0);

  function look() {
    const { value, selectionStart, selectionEnd } = field.current;
    const context = { world, person: me, channel: world.channels.get(channel), commanding };
    setFound(selectionStart === selectionEnd ? complete(value, selectionStart, context) : null);
    setActive(0);
  }

  function pick(at = active) {
    replaceIn(field.current, found.from, field.current.selectionStart, `${found.offers[at].insert} `);
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

/** Attaching files: {problem, add(files), remove(file)}; they may be dropped anywhere on the pane of `form`. */
function useFiles(draft, form, allowed) {
  const [problem, setProblem] = useState(null);
  const [over, setOver] = useState(false);
  const latest = useRef();
  latest.current = add;

  async function add(chosen) {
    const { files, problem: trouble } = await attachments(chosen, draft.files);
    setProblem(trouble);
    if (files.length) draft.write({ files: [...draft.files, ...files] });
    draft.field.current?.focus();
  }

  useLayoutEffect(() => {
    const pane = form.current.closest(".place, .thread");
    if (!allowed || !pane) return undefined;
    const ending = new AbortController();
    const on = (name, listener) => pane.addEventListener(name, listener, { signal: ending.signal });
    const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
    on("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(true);
    });
    on("dragleave", ({ relatedTarget }) => pane.contains(relatedTarget) || setOver(false));
    on("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(false);
      latest.current([...event.dataTransfer.files]);
    });
    return () => ending.abort();
  }, [allowed]);

  const remove = (file) => draft.write({ files: draft.files.filter((one) => one !== file) });
  return { problem, over, add, remove };
}

const notACommand = (word) =>
  `${word} is not a valid command. To send a message that begins with “/”, put a space before it.`;

/** Why a command did not work, as Slack says it, or null. */
function commandProblem(word, answer) {
  if (answer.error === "no_such_command") return notACommand(word);
  if (!answer.ok) return problemOf(answer);
  if (!answer.acked) return `${word} failed with the error “${answer.trouble ?? "operation_timeout"}”`;
  return answer.trouble ? `${word} failed with the error “dispatch_failed”` : null;
}

/** What one can add here besides text: files, commands, and the global shortcuts of the app. */
function Plus({ onFiles, onCommand, onProblem }) {
  const { world, me } = useDesk();
  async function run(id) {
    const answer = await act(me, "shortcut", { shortcut: id });
    onProblem(answer.ok ? (answer.acked ? null : "The app did not answer in time. Try again.") : problemOf(answer));
  }
  const shortcuts = world.shortcuts("global").map(({ name, callback_id: id, app }) => ({
    text: name,
    hint: app,
    icon: "bolt",
    onPick: () => run(id),
  }));
  const items = [
    { text: "Upload from your computer", icon: "upload", onPick: onFiles },
    ...(onCommand ? [{ text: "Run a command", icon: "slash", onPick: onCommand }] : []),
    ...(shortcuts.length ? [{ line: true }, { heading: "Shortcuts" }, ...shortcuts] : []),
  ];
  return html`<${Menu} label="Attach or run a shortcut" icon="plus" align="start" items=${items} />`;
}

/** The usage of the command that is being written. */
function Usage({ text }) {
  const { world } = useDesk();
  const known = world.commands.find(({ command }) => text.startsWith(`${command} `));
  if (!known) return null;
  return html`
    <p class="usage"><b>${known.command}</b> ${known.usage_hint && html`<code>${known.usage_hint}</code>`} ${known.description}</p>
  `;
}

/**
 * `onSend(text, files, alsoThere)` answers {ok}; what is refused stays in the box with the reason below it. `proposal`
 * is a {text} to put into the box, a new object each time. `onCancel` makes Esc leave (editing a message). `also` says
 * where else a reply can be sent: whether it shall be is `alsoThere`, asked for each one.
 */
export function Composer(props) {
  const { label, testid, sendTestid, channel, thread = "", initial = "", proposal, also, onSend, onCancel } = props;
  const { me } = useDesk();
  const list = useId();
  const form = useRef();
  const draft = useDraft(`${me}/${channel}/${thread}/${onCancel ? initial : ""}`, initial);
  const { field, text, files } = draft;
  const completion = useCompletion(field, channel, !onCancel && !thread);
  const attaching = useFiles(draft, form, !onCancel);
  const [problem, setProblem] = useState(null);
  const [alsoThere, setAlsoThere] = useState(false);

  const trouble = problem ?? attaching.problem;

  useLayoutEffect(() => {
    if (SIZES_ITSELF) return;
    field.current.style.height = "auto";
    field.current.style.height = `${field.current.scrollHeight}px`;
  }, [text]);

  useLayoutEffect(() => {
    if (proposal) replaceIn(field.current, 0, text.length, proposal.text);
  }, [proposal]);

  useLayoutEffect(() => {
    // On a phone a focused field raises the keyboard over what one came to read.
    if (onCancel || WIDE.matches) field.current.focus();
  }, [me, channel, thread]);

  /** A command, or a message: why it failed, or null. */
  async function attempt() {
    const word = !onCancel && /^\/\S+/.exec(text)?.[0];
    if (word && !files.length)
      return commandProblem(word, await act(me, "command", { channel, text, thread_ts: thread || undefined }));
    const answer = await onSend(text, files.map(asUpload), alsoThere);
    return answer.ok ? null : problemOf(answer);
  }

  async function send() {
    if (!text.trim() && !files.length) return;
    draft.clear();
    completion.close();
    const refused = await attempt();
    setProblem(refused);
    if (refused) draft.restore({ text, files });
    else setAlsoThere(false);
  }

  /** The last message of one's own here, to be edited. */
  function editLast() {
    const mine = [...form.current.closest(".place, .thread").querySelectorAll(".message[data-mine]")].at(-1);
    mine?.scrollIntoView({ block: "nearest" });
    mine?.dispatchEvent(new CustomEvent("beginedit"));
    return Boolean(mine);
  }

  function key(event) {
    if (event.isComposing || completionKey(event, completion) || markKey(event)) return;
    if (event.key === "ArrowUp" && !onCancel && !text && !event.shiftKey && editLast()) event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && onCancel) {
      event.stopPropagation();
      draft.clear();
      onCancel();
    }
  }

  return html`
    <form
      class=${classes("composer", onCancel && "editing")}
      ref=${form}
      onSubmit=${(event) => {
        event.preventDefault();
        send();
      }}
    >
      ${completion.offers && html`<${Offers} id=${list} ...${completion} onPick=${completion.pick} />`}
      ${!completion.offers && !onCancel && !thread && html`<${Usage} text=${text} />`}
      <div class=${classes("composer-box", attaching.over && "over")}>
        <${Marks} field=${field} />
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
            draft.write({ text: target.value });
            completion.look();
          }}
          onClick=${completion.look}
          onKeyDown=${key}
          onBlur=${completion.close}
          onPaste=${(event) => {
            if (onCancel || !event.clipboardData.files.length) return;
            event.preventDefault();
            attaching.add([...event.clipboardData.files]);
          }}
        />
        ${files.length > 0 && html`<${Attachments} files=${files} onRemove=${attaching.remove} />`}
        ${
          also &&
          html`<label class="also"><input type="checkbox" checked=${alsoThere}
            onChange=${({ target }) => setAlsoThere(target.checked)} />${also}</label>`
        }
        <div class="composer-foot">
          ${
            !onCancel &&
            html`<${Plus} onFiles=${() => choose(attaching.add)} onProblem=${setProblem}
            onCommand=${!thread && (() => replaceIn(field.current, 0, text.length, "/"))} />`
          }
          <button type="button" class="icon-button" title="Mention someone" aria-label="Mention someone"
            onClick=${() => insertIn(field.current, "@")}><${Icon} name="at" /></button>
          <${EmojiPicker} label="Emoji" align="start" onPick=${(name) => insertIn(field.current, EMOJI[name])} />
          <span class="hint"><b>Shift + Enter</b> for a new line</span>
          ${onCancel && html`<button type="button" class="button small" onClick=${onCancel}>Cancel</button>`}
          <button type="submit" class="send" data-testid=${sendTestid} disabled=${!text.trim() && !files.length}
            title=${onCancel ? "Save" : "Send now"} aria-label=${onCancel ? "Save" : "Send now"}>
            <${Icon} name=${onCancel ? "check" : "send"} />
          </button>
        </div>
      </div>
      ${trouble && html`<p class="problem" role="alert"><${Icon} name="warning" />${trouble}</p>`}
    </form>
  `;
}
