// Block Kit's buttons and menus: what only sends, and holds nothing.
import { withEmoji } from "./emoji.js";
import { useClick } from "./held.js";
import { classes, html, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Problem, TextObject, useConfirm } from "./objects.js";
import { Menu } from "./popup.js";

/** Leave the page for a web address, in a window that knows nothing of this one. */
function visit(url) {
  if (/^https?:/i.test(url ?? "")) window.open(url, "_blank", "noopener,noreferrer");
}

function Button({ element, block, source }) {
  const { flying, problem, press } = useClick(source, block, element);
  const { guard, dialog } = useConfirm(element.confirm);
  function click() {
    visit(element.url);
    press({ value: element.value });
  }
  return html`
    <span class="element">
      <button
        type="button"
        class=${classes("button", element.style, flying && "flying")}
        aria-disabled=${flying}
        aria-label=${element.accessibility_label}
        data-focus=${element.focus_on_load}
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
        aria-disabled=${flying}
        title=${element.text.text}
        aria-label=${element.accessibility_label ?? element.text.text}
        onClick=${() => guard(() => press({ value: element.value }))}
      ><span><${Icon} name=${element.icon === "trash" ? "trash" : "more"} /></span></button>
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
      aria-disabled=${flying}
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

function Overflow({ element, block, source }) {
  const { problem, press } = useClick(source, block, element);
  const { guard, dialog } = useConfirm(element.confirm);
  const items = element.options.map((option) => ({
    text: withEmoji(option.text.text),
    hint: option.description && withEmoji(option.description.text),
    onPick: () =>
      guard(() => {
        visit(option.url);
        press({ selected_option: option });
      }),
  }));
  return html`
    <span class="element overflow"><${Menu} label="More actions" items=${items} /><${Problem} text=${problem} />${dialog}</span>
  `;
}

export const BUTTONS = {
  button: Button,
  icon_button: IconButton,
  feedback_buttons: Feedback,
  overflow: Overflow,
};
