// Block Kit elements that do something: buttons, menus, selects, feedback.
import { act, problemOf } from "./api.js";
import { useDesk } from "./desk.js";
import { withEmoji } from "./emoji.js";
import { classes, html, useEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Mrkdwn } from "./mrkdwn.js";
import { Menu } from "./popup.js";

const UNACKED = "That didn’t work. Try again.";

/** A text object as one line of plain or marked-up text. */
export const TextObject = ({ text }) =>
  text.type === "mrkdwn" ? html`<${Mrkdwn} text=${text.text} />` : withEmoji(text.text);

/**
 * Sending an interaction: {flying, problem, press(details)}.
 *
 * A click the app did not acknowledge leaves a problem to show, as Slack does; it is not retried.
 */
function useClick(source, block, element) {
  const { me } = useDesk();
  const [flying, setFlying] = useState(false);
  const [problem, setProblem] = useState(null);
  async function press(details) {
    if (flying) return;
    setFlying(true);
    setProblem(null);
    const target = { block_id: block.block_id, action_id: element.action_id };
    const answer = await act(me, "click", { ...source, ...target, ...details });
    setFlying(false);
    if (!answer.ok) setProblem(problemOf(answer));
    else if (!answer.acked) setProblem(UNACKED);
  }
  return { flying, problem, press };
}

const Problem = ({ text }) =>
  text && html`<span class="problem" role="alert"><${Icon} name="warning" />${text}</span>`;

/** Slack's "are you sure" in front of an element with `confirm`. */
function Confirm({ confirm, onYes, onClose }) {
  const dialog = useRef();
  useEffect(() => dialog.current.showModal(), []);
  const button = confirm.style === "danger" ? "danger" : "primary";
  return html`
    <dialog ref=${dialog} class="dialog" aria-labelledby="confirm-title" onClose=${onClose}>
      <form method="dialog">
        <h2 id="confirm-title"><${TextObject} text=${confirm.title} /></h2>
        <p><${TextObject} text=${confirm.text} /></p>
        <footer>
          <button class="button">${confirm.deny?.text ?? "Cancel"}</button>
          <button class=${`button ${button}`} onClick=${onYes}>${confirm.confirm?.text ?? "Yes"}</button>
        </footer>
      </form>
    </dialog>
  `;
}

/** Ask first when the element says so: `guard(action)` and the dialog to draw. */
function useConfirm(confirm) {
  const [waiting, setWaiting] = useState(null);
  const guard = (action) => (confirm ? setWaiting(() => action) : action());
  const close = () => setWaiting(null);
  return {
    guard,
    dialog: waiting && html`<${Confirm} confirm=${confirm} onYes=${waiting} onClose=${close} />`,
  };
}

function Button({ element, block, source }) {
  const { flying, problem, press } = useClick(source, block, element);
  const { guard, dialog } = useConfirm(element.confirm);
  function click() {
    if (/^https?:/i.test(element.url ?? "")) window.open(element.url, "_blank", "noopener,noreferrer");
    press({ value: element.value });
  }
  return html`
    <span class="element">
      <button
        type="button"
        class=${classes("button", element.style, flying && "flying")}
        disabled=${flying}
        aria-label=${element.accessibility_label}
        onClick=${() => guard(click)}
      ><span><${TextObject} text=${element.text} /></span></button>
      <${Problem} text=${problem} />${dialog}
    </span>
  `;
}

function IconButton({ element, block, source }) {
  const { flying, problem, press } = useClick(source, block, element);
  const { guard, dialog } = useConfirm(element.confirm);
  return html`
    <span class="element">
      <button
        type="button"
        class=${classes("icon-button", flying && "flying")}
        disabled=${flying}
        title=${element.text.text}
        aria-label=${element.accessibility_label ?? element.text.text}
        onClick=${() => guard(() => press({ value: element.value }))}
      ><${Icon} name=${element.icon === "trash" ? "trash" : "more"} /></button>
      <${Problem} text=${problem} />${dialog}
    </span>
  `;
}

function Feedback({ element, block, source }) {
  const { flying, problem, press } = useClick(source, block, element);
  const [chosen, choose] = useState(null);
  const thumb = (side, icon) => html`
    <button
      type="button"
      class="icon-button"
      disabled=${flying}
      aria-pressed=${chosen === side}
      title=${element[side].text.text}
      aria-label=${element[side].accessibility_label ?? element[side].text.text}
      onClick=${() => {
        choose(side);
        press({ value: element[side].value });
      }}
    ><${Icon} name=${icon} /></button>
  `;
  return html`
    <span class="element feedback">
      ${thumb("positive_button", "thumbup")}${thumb("negative_button", "thumbdown")}
      <${Problem} text=${problem} />
    </span>
  `;
}

const optionTag = (option, chosen) => html`
  <option value=${option.value} selected=${option.value === chosen}>${option.text.text}</option>
`;

function StaticSelect({ element, block, source }) {
  const { flying, problem, press } = useClick(source, block, element);
  const { guard, dialog } = useConfirm(element.confirm);
  const groups = element.option_groups ?? [{ options: element.options }];
  const [chosen, choose] = useState(element.initial_option?.value ?? "");
  function change({ target }) {
    const option = groups.flatMap(({ options }) => options).find(({ value }) => value === target.value);
    // Shown as chosen only once it is: a confirm dialog may still be refused.
    target.value = chosen;
    guard(() => {
      choose(option.value);
      press({ selected_option: option });
    });
  }
  const label = element.placeholder?.text ?? "Choose an option";
  return html`
    <span class="element">
      <span class=${classes("select", flying && "flying")}>
        <select aria-label=${label} disabled=${flying} onChange=${change}>
          <option value="" disabled hidden selected=${!chosen}>${label}</option>
          ${groups.map(({ label, options }) => {
            const tags = options.map((option) => optionTag(option, chosen));
            return label ? html`<optgroup label=${label.text}>${tags}</optgroup>` : tags;
          })}
        </select>
        <${Icon} name="chevron" />
      </span>
      <${Problem} text=${problem} />${dialog}
    </span>
  `;
}

function Overflow({ element, block, source }) {
  const { problem, press } = useClick(source, block, element);
  const { guard, dialog } = useConfirm(element.confirm);
  const items = element.options.map((option) => ({
    text: withEmoji(option.text.text),
    hint: option.description?.text,
    onPick: () =>
      guard(() => {
        if (/^https?:/i.test(option.url ?? "")) window.open(option.url, "_blank", "noopener,noreferrer");
        press({ selected_option: option });
      }),
  }));
  return html`
    <span class="element"><${Menu} label="More actions" items=${items} /><${Problem} text=${problem} />${dialog}</span>
  `;
}

/** A picture; its description where it cannot be loaded. */
export function Picture({ image, look }) {
  const [broken, setBroken] = useState(false);
  if (broken || !image.image_url)
    return html`<span class=${`${look} picture-missing`}>${image.alt_text}</span>`;
  return html`<img class=${look} src=${image.image_url} alt=${image.alt_text} onError=${() => setBroken(true)} />`;
}

const ELEMENTS = {
  __proto__: null,
  button: Button,
  icon_button: IconButton,
  feedback_buttons: Feedback,
  static_select: StaticSelect,
  overflow: Overflow,
  image: ({ element }) => html`<${Picture} image=${element} look="thumbnail" />`,
};

/** One element of `block`; `source` says where a click belongs: {channel, ts}, or {} on a Home. */
export function Element({ element, block, source }) {
  const Kind = ELEMENTS[element.type];
  if (!Kind) return html`<span class="placeholder">${element.type}</span>`;
  return html`<${Kind} element=${element} block=${block} source=${source} />`;
}
