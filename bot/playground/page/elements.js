// Any element of Block Kit, and the input block around those that hold something.
import { BUTTONS } from "./buttons.js";
import { useDesk } from "./desk.js";
import { withEmoji } from "./emoji.js";
import { FileInput } from "./file_input.js";
import { View } from "./held.js";
import { html, useContext, useId } from "./html.js";
import { Icon } from "./icons.js";
import { INPUTS } from "./inputs.js";
import { PICKERS } from "./pickers.js";
import { Picture } from "./picture.js";
import { RichInput } from "./rich_input.js";
import { SELECTS } from "./selects.js";

const ELEMENTS = {
  __proto__: null,
  ...BUTTONS,
  ...SELECTS,
  ...INPUTS,
  ...PICKERS,
  file_input: FileInput,
  rich_text_input: RichInput,
  image: ({ element }) => html`<${Picture} image=${element} look="thumbnail" />`,
};

/** Those drawn as buttons or groups, which no attribute can call required: the label says what is optional. */
const UNREQUIRABLE = new Set(["checkboxes", "datepicker", "datetimepicker", "file_input"]);

const spoken = (type) => type.replace("multi_", "").replaceAll("_", " ");

/**
 * One element of `block`; `source` says where it stands: {channel, ts}, {view} of a modal, or {app} of a Home. `names` are
 * the attributes that name it where a label does; else its placeholder does.
 */
export function Element({ element, block, source, names }) {
  const { me } = useDesk();
  const Kind = ELEMENTS[element.type];
  if (element.visible_to_user_ids && !element.visible_to_user_ids.includes(me)) return null;
  if (!Kind) return html`<span class="placeholder">${element.type}</span>`;
  const own = names ?? { "aria-label": element.placeholder?.text ?? spoken(element.type) };
  return html`<${Kind} element=${element} block=${block} source=${source} names=${own} />`;
}

/** A labelled field, with its hint, and what is wrong with it as the app or Slack said. */
export function Input({ block, source }) {
  const id = useId();
  const { errors } = useContext(View);
  const { element, label, hint, optional } = block;
  const error = errors[block.block_id];
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const names = {
    id,
    "aria-labelledby": `${id}-label`,
    "aria-describedby": about || undefined,
    "aria-required": UNREQUIRABLE.has(element.type) ? undefined : !optional,
    "aria-invalid": Boolean(error),
  };
  return html`
    <div class="input-block" data-block=${block.block_id}>
      <label id=${`${id}-label`} for=${id}>${withEmoji(label.text)}${optional && html`<small> (optional)</small>`}</label>
      <${Element} element=${element} block=${block} source=${source} names=${names} />
      ${error && html`<p class="problem field-error" id=${`${id}-error`} role="alert"><${Icon} name="warning" />${error}</p>`}
      ${hint && html`<p class="field-hint" id=${`${id}-hint`}>${withEmoji(hint.text)}</p>`}
    </div>
  `;
}
