// What one types and ticks.
import { withEmoji } from "./emoji.js";
import { useHeld } from "./held.js";
import { html, useId } from "./html.js";
import { Problem, TextObject, useConfirm } from "./objects.js";

const TYPES = { __proto__: null, email_text_input: "email", url_text_input: "url" };

/** Whether what is typed tells the app: at each character, or when Enter is pressed (Slack's default). */
function triggers(element, when) {
  const on = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  return on.includes(when);
}

/** How many characters are left, or still missing. */
function Counter({ element, length }) {
  const { max_length: most, min_length: least = 0 } = element;
  if (length && length < least) return html`<span class="counter">${least - length} more</span>`;
  if (!most) return null;
  const left = most - length;
  return html`<span class=${left < 0 ? "counter over" : "counter"} aria-label=${`${left} characters left`}>${left}</span>`;
}

function TextInput({ element, block, source, names }) {
  const { value, problem, put } = useHeld(source, block, element);
  const dispatches = block.dispatch_action;
  const text = value ?? "";
  const number = element.type === "number_input";

  const typed = ({ target }) =>
    put(target.value, target.value, dispatches && triggers(element, "on_character_entered") ? {} : { typing: true });

  function key(event) {
    if (event.key !== "Enter" || event.isComposing || event.shiftKey || !dispatches) return;
    if (!triggers(element, "on_enter_pressed")) return;
    event.preventDefault();
    put(text);
  }

  const field = {
    ...names,
    class: "text-field",
    placeholder: element.placeholder ? withEmoji(element.placeholder.text) : undefined,
    "data-focus": element.focus_on_load,
    value: text,
    onInput: typed,
    onKeyDown: key,
  };
  return html`
    <span class="element wide">
      <span class="text-frame">
        ${
          element.multiline
            ? html`<textarea rows="4" ...${field} />`
            : html`<input type=${TYPES[element.type] ?? "text"} autocomplete="off"
                inputmode=${number ? (element.is_decimal_allowed ? "decimal" : "numeric") : undefined} ...${field} />`
        }
        <${Counter} element=${element} length=${text.length} />
      </span>
      <${Problem} text=${problem} />
    </span>
  `;
}

/** Checkboxes and radio buttons: `isOn(option)` says what is chosen, `onPick(option)` hears what is pressed. */
function Options({ element, names, type, problem, dialog, isOn, onPick }) {
  const group = useId();
  const role = type === "radio" ? "radiogroup" : "group";
  return html`
    <span class="element wide">
      <span class="options" role=${role} ...${names}>
        ${element.options.map(
          (option, at) => html`
            <label class="option" key=${option.value}>
              <input type=${type} name=${group} checked=${isOn(option)}
                data-focus=${at === 0 ? element.focus_on_load : undefined}
                onChange=${({ target }) => {
                  // Shown as chosen only once it is: a confirm dialog may still be refused.
                  target.checked = isOn(option);
                  onPick(option);
                }} />
              <span><${TextObject} text=${option.text} />
                ${option.description && html`<small><${TextObject} text=${option.description} /></small>`}</span>
            </label>
          `,
        )}
      </span>
      <${Problem} text=${problem} />${dialog}
    </span>
  `;
}

function Checkboxes({ element, block, source, names }) {
  const { value, put, problem } = useHeld(source, block, element);
  const { guard, dialog } = useConfirm(element.confirm);
  const on = value ?? [];
  const isOn = (option) => on.some((one) => one.value === option.value);
  function pick(option) {
    const next = element.options.filter((one) => (one === option ? !isOn(one) : isOn(one)));
    guard(() => put(next));
  }
  return html`<${Options} element=${element} names=${names} type="checkbox" problem=${problem}
    dialog=${dialog} isOn=${isOn} onPick=${pick} />`;
}

function Radios({ element, block, source, names }) {
  const { value, put, problem } = useHeld(source, block, element);
  const { guard, dialog } = useConfirm(element.confirm);
  const isOn = (option) => value?.value === option.value;
  return html`<${Options} element=${element} names=${names} type="radio" problem=${problem}
    dialog=${dialog} isOn=${isOn} onPick=${(option) => isOn(option) || guard(() => put(option))} />`;
}

export const INPUTS = {
  plain_text_input: TextInput,
  email_text_input: TextInput,
  url_text_input: TextInput,
  number_input: TextInput,
  checkboxes: Checkboxes,
  radio_buttons: Radios,
};
