// Modals: the view on top of a person's stack, with its fields, Submit, Close and the cross.
import { act, problemOf } from "./api.js";
import { Blocks } from "./blocks.js";
import { useDesk } from "./desk.js";
import { withEmoji } from "./emoji.js";
import { Outbox, View } from "./held.js";
import { classes, html, useId, useLayoutEffect, useMemo, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { useDialog } from "./objects.js";
import { Avatar } from "./people.js";

const TROUBLE = "We had some trouble connecting. Try again?";

const FIELDS = "input, textarea, .date-field > button";

/** The field with `focus_on_load`, else the first one, else what can be done with the view. */
function focusFirst(form) {
  const body = form.querySelector(".modal-body");
  const first = body.querySelector("[data-focus=true]") ?? body.querySelector(FIELDS);
  (first ?? form.querySelector("footer button:last-child")).focus();
}

/** Sending a view: {waiting, problem, submit(), close(all)}. */
function useSending(view, outbox, onRefused) {
  const { me } = useDesk();
  const [waiting, setWaiting] = useState(false);
  const [problem, setProblem] = useState(null);

  async function submit() {
    if (waiting) return;
    setWaiting(true);
    setProblem(null);
    await outbox.settled();
    const answer = await act(me, "submit", { view: view.id });
    setWaiting(false);
    if (!answer.ok) setProblem(problemOf(answer));
    else if (Object.keys(answer.errors).length) onRefused(answer.errors);
    else if (!answer.acked || answer.trouble) setProblem(TROUBLE);
  }

  async function close(all = false) {
    await outbox.settled();
    const answer = await act(me, "close_modal", { view: view.id, all });
    if (!answer.ok) setProblem(problemOf(answer));
  }

  return { waiting, problem, submit, close };
}

function Head({ view, id, onClose }) {
  const { world } = useDesk();
  const bot = world.bots.find(({ app_id }) => app_id === view.app_id);
  return html`
    <div class="modal-head">
      <${Avatar} user=${world.users.get(bot?.user_id) ?? world.app} size=${36} />
      <h2 id=${id}>${withEmoji(view.title.text)}</h2>
      <button type="button" class="icon-button" title="Close" aria-label="Close" onClick=${onClose}><${Icon} name="close" /></button>
    </div>
  `;
}

/** `touched`: a view with `submit_disabled` can be sent once something was put in. */
function Foot({ view, waiting, touched, problem, onClose }) {
  const close = view.close ? withEmoji(view.close.text) : view.submit ? "Cancel" : "Close";
  return html`
    <footer class="modal-foot">
      ${problem && html`<p class="problem" role="alert"><${Icon} name="warning" />${problem}</p>`}
      <button type="button" class="button" onClick=${onClose}>${close}</button>
      ${
        view.submit &&
        html`<button type="submit" class=${classes("button primary", waiting && "flying")} aria-busy=${waiting}
          aria-disabled=${waiting} disabled=${view.submit_disabled && !touched}><span>${withEmoji(view.submit.text)}</span></button>`
      }
    </footer>
  `;
}

function Form({ view, errors, titleId, control }) {
  const form = useRef();
  const [touched, setTouched] = useState(false);
  const [outbox] = useState(() => new Outbox(() => setTouched(true)));
  const around = useMemo(() => ({ values: view.state.values, errors, outbox }), [view, errors, outbox]);
  const [refused, setRefused] = useState(null);
  const { waiting, problem, submit, close } = useSending(view, outbox, setRefused);
  control.close = close;

  useLayoutEffect(() => {
    // The errors come by the feed, perhaps later than the answer that told of them.
    if (!refused || Object.keys(refused).some((block) => errors[block] !== refused[block])) return;
    setRefused(null);
    const wrong = form.current.querySelector("[aria-invalid=true]");
    (wrong.matches(FIELDS) ? wrong : (wrong.querySelector(FIELDS) ?? wrong)).focus();
  });

  return html`
    <${View.Provider} value=${around}>
      <form
        class="modal-form"
        ref=${form}
        noValidate
        onSubmit=${(event) => {
          event.preventDefault();
          // A confirm dialog in the view has a form of its own.
          if (event.target === event.currentTarget) submit();
        }}
      >
        <${Head} view=${view} id=${titleId} onClose=${() => close(true)} />
        <div class="modal-body"><${Blocks} blocks=${view.blocks} source=${{ view: view.id }} /></div>
        <${Foot} view=${view} waiting=${waiting} touched=${touched} problem=${problem} onClose=${() => close()} />
      </form>
    <//>
  `;
}

const NO_ERRORS = {};

function Dialog({ views, errors }) {
  const dialog = useRef();
  const titleId = useId();
  const [control] = useState({});
  const view = views.at(-1);
  useDialog(dialog);
  useLayoutEffect(() => focusFirst(dialog.current.querySelector(".modal-form")), [view.id]);
  return html`
    <dialog
      ref=${dialog}
      class="modal"
      data-testid="modal"
      aria-labelledby=${titleId}
      onCancel=${(event) => {
        // Escape where nothing in the dialog has the focus.
        event.preventDefault();
        if (event.target === event.currentTarget) control.close();
      }}
      onKeyDown=${(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        control.close();
      }}
    >
      <${Form} key=${view.id} view=${view} errors=${errors[view.id] ?? NO_ERRORS} titleId=${titleId} control=${control} />
    </dialog>
  `;
}

/** The modals that are open for the person at the desk, if any: only the one on top is drawn, as in Slack. */
export function Modals() {
  const { world, me } = useDesk();
  const open = world.modals.get(me);
  return open?.views.length > 0 && html`<${Dialog} key=${me} views=${open.views} errors=${open.errors} />`;
}
