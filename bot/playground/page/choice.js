// Choosing one or many by typing: the box behind every select.
import { useFloating, useOutside } from "./floating.js";
import { classes, html, useId, useLayoutEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";

/** The groups that `load(query)` gives, the last asked for; while one loads, only the newest query waits. */
function useOffers(open, query, load) {
  const [offers, setOffers] = useState({ groups: [], note: "" });
  const wanted = useRef(null);
  const busy = useRef(false);

  async function follow() {
    busy.current = true;
    while (wanted.current !== null) {
      const asked = wanted.current;
      wanted.current = null;
      const answer = await load(asked);
      if (wanted.current === null) setOffers(answer);
    }
    busy.current = false;
  }

  useLayoutEffect(() => {
    wanted.current = open ? query : null;
    if (!open || busy.current) return;
    const answer = load(query);
    // What is at hand is shown at once; only what the app must be asked for takes time.
    if (!answer.then) {
      wanted.current = null;
      setOffers(answer);
      return;
    }
    setOffers({ groups: [], note: "Loading…" });
    follow();
  }, [open, query]);
  return offers;
}

function Offers({ id, offers, chosen, active, surface, onPick }) {
  let at = -1;
  return html`
    <div popover="manual" class="popup-surface choices" ref=${surface} id=${id} role="listbox"
      aria-label="Options">
      ${offers.groups.map(
        ({ label, items }) => html`
          ${label && html`<h4 role="presentation">${label}</h4>`}
          ${items.map((item) => {
            at += 1;
            const mine = at;
            return html`
              <div
                key=${item.key}
                id=${`${id}-${mine}`}
                class=${classes("choice-item", mine === active && "active")}
                role="option"
                aria-selected=${chosen.some(({ key }) => key === item.key)}
                onMouseDown=${(event) => event.preventDefault()}
                onClick=${() => onPick(item)}
              >${item.picture}<span>${item.text}${item.hint && html`<small>${item.hint}</small>`}</span><${Icon} name="check" /></div>
            `;
          })}
        `,
      )}
      ${offers.note && html`<p class="nothing" role="status">${offers.note}</p>`}
    </div>
  `;
}

const Chip = ({ item, onRemove }) => html`
  <span class="chip">${item.picture}<span>${item.text}</span>
    <button type="button" aria-label=${`Remove ${item.text}`} onClick=${onRemove}><${Icon} name="close" /></button>
  </span>
`;

/**
 * `chosen` are items {key, text, hint?, picture?}; `load(query)` gives {groups: [{label?, items}], note} or a promise of
 * it. `onChange` hears the items chosen then. `names` are the attributes that say what is chosen here; `clearable`
 * offers to choose nothing.
 */
export function Choice(props) {
  const { chosen, many, most = Infinity, load, placeholder, names, clearable, flying, focus, onChange } = props;
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const box = useRef();
  const field = useRef();
  const surface = useRef();
  const id = useId();
  const offers = useOffers(open, query, load);
  const items = offers.groups.flatMap((group) => group.items);
  useFloating(open, box, surface, { wide: true });
  useOutside(open, box, close);
  useLayoutEffect(() => setActive(0), [query, open]);
  useLayoutEffect(() => {
    if (open) document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: "nearest" });
  }, [active]);

  function close() {
    setOpen(false);
    setQuery("");
  }

  function pick(item) {
    const without = chosen.filter(({ key }) => key !== item.key);
    if (!many) {
      close();
      onChange([item]);
    } else if (without.length < chosen.length) onChange(without);
    else if (chosen.length < most) onChange([...chosen, item]);
    setQuery("");
    field.current.focus();
  }

  const keys = {
    ArrowDown: () => (open ? setActive(Math.min(active + 1, items.length - 1)) : setOpen(true)),
    ArrowUp: () => (open ? setActive(Math.max(active - 1, 0)) : setOpen(true)),
    Home: () => open && setActive(0),
    End: () => open && setActive(items.length - 1),
    Enter: () => (open ? items[active] && pick(items[active]) : setOpen(true)),
    Escape: close,
  };

  function key(event) {
    if (event.key === "Tab") close();
    if (event.key === "Backspace" && many && !query && chosen.length) onChange(chosen.slice(0, -1));
    const closed = event.key === "Escape" && !open;
    const caret = (event.key === "Home" || event.key === "End") && query;
    if (!keys[event.key] || closed || caret || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  const single = !many && chosen[0];
  const remove = (item) => onChange(chosen.filter((one) => one !== item));
  return html`
    <span class=${classes("choice", flying && "flying", open && "open")} ref=${box}
      onClick=${({ target }) => {
        if (target.closest("button, .popup-surface")) return;
        field.current.focus();
        setOpen(true);
      }}>
      ${many && chosen.map((item) => html`<${Chip} key=${item.key} item=${item} onRemove=${() => remove(item)} />`)}
      ${single && !open && single.picture}
      <input
        ref=${field}
        role="combobox"
        autocomplete="off"
        spellcheck=${false}
        aria-expanded=${open}
        aria-controls=${open ? id : undefined}
        aria-activedescendant=${open && items.length ? `${id}-${active}` : undefined}
        aria-autocomplete="list"
        data-focus=${focus}
        ...${names}
        placeholder=${single ? single.text : chosen.length ? "" : placeholder}
        value=${single && !open ? single.text : query}
        onInput=${({ target }) => {
          setOpen(true);
          setQuery(target.value);
        }}
        onKeyDown=${key}
      />
      ${
        clearable &&
        single &&
        html`<button type="button" class="clear" aria-label="Clear" onClick=${() => onChange([])}><${Icon} name="close" /></button>`
      }
      <${Icon} name="chevron" />
      ${open && html`<${Offers} id=${id} offers=${offers} chosen=${chosen} active=${active} surface=${surface} onPick=${pick} />`}
    </span>
  `;
}
