// The rich_text_input: a text box with formatting marks, told to the app as rich_text.
import { useDesk } from "./desk.js";
import { Marks, markKey } from "./formatting.js";
import { useHeld } from "./held.js";
import { html, useRef, useState } from "./html.js";
import { Problem } from "./objects.js";
import { fromRichText, toRichText } from "./rich_typed.js";

export function RichInput({ element, block, source, names }) {
  const { world } = useDesk();
  const field = useRef();
  const { value, problem, put } = useHeld(source, block, element);
  const known = {
    user: (id) => world.users.get(id)?.name ?? id,
    channel: (id) => world.channels.get(id)?.name ?? id,
  };
  const [text, setText] = useState(() => fromRichText(value, known));

  function typed({ target }) {
    const here = ({ team_id: team }) => team === world.team.id;
    const byName = (things) => new Map([...things.values()].filter(here).map(({ id, name }) => [name, id]));
    const [users, channels] = [byName(world.users), byName(world.channels)];
    setText(target.value);
    put(toRichText(target.value, { users, channels }), undefined, { typing: true });
  }

  return html`
    <span class="element wide">
      <span class="composer-box rich-input">
        <${Marks} field=${field} />
        <textarea ref=${field} rows="4" ...${names} data-focus=${element.focus_on_load} value=${text} onInput=${typed}
          onKeyDown=${markKey}
          placeholder=${element.placeholder?.text} />
      </span>
      <${Problem} text=${problem} />
    </span>
  `;
}
