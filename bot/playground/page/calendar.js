// Choosing a day from a month, as Slack's date pickers do it. Days are `YYYY-MM-DD`.
import { useFloating, useOutside } from "./floating.js";
import { classes, html, useId, useLayoutEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";

const DAY_MS = 86_400_000;
const DAYS = 42;

// All sums are done in UTC, where every day has 24 hours.
const dateOf = (day) => new Date(`${day}T00:00:00Z`);
const dayOf = (date) => date.toISOString().slice(0, 10);
const plus = (day, days) => dayOf(new Date(dateOf(day).getTime() + days * DAY_MS));

/** The same day of another month, or that month's last. */
function plusMonths(day, months) {
  const date = dateOf(day);
  const first = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return plus(dayOf(first), Math.min(date.getUTCDate(), last) - 1);
}

function today() {
  const now = new Date();
  return dayOf(new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate())));
}

const inUtc = (options) => new Intl.DateTimeFormat("en", { ...options, timeZone: "UTC" });
const whole = inUtc({ dateStyle: "full" });
const long = inUtc({ dateStyle: "long" });
const month = inUtc({ month: "long", year: "numeric" });
const weekday = inUtc({ weekday: "short" });

/** The six weeks around a day's month, from a Sunday on. */
function weeksAround(day) {
  const first = `${day.slice(0, 8)}01`;
  const start = plus(first, -dateOf(first).getUTCDay());
  const days = Array.from({ length: DAYS }, (_, at) => plus(start, at));
  return Array.from({ length: DAYS / 7 }, (_, week) => days.slice(week * 7, week * 7 + 7));
}

const STEPS = {
  __proto__: null,
  ArrowLeft: (day) => plus(day, -1),
  ArrowRight: (day) => plus(day, 1),
  ArrowUp: (day) => plus(day, -7),
  ArrowDown: (day) => plus(day, 7),
  Home: (day) => plus(day, -dateOf(day).getUTCDay()),
  End: (day) => plus(day, 6 - dateOf(day).getUTCDay()),
  PageUp: (day) => plusMonths(day, -1),
  PageDown: (day) => plusMonths(day, 1),
};

const lookOf = (day, { active, chosen }) =>
  classes(
    day === chosen && "chosen",
    day === today() && "today",
    day.slice(0, 7) !== active.slice(0, 7) && "beside",
  );

const Day = ({ day, active, chosen, onPick }) => html`
  <td role="gridcell" aria-selected=${day === chosen}>
    <button
      type="button"
      tabindex=${day === active ? 0 : -1}
      data-day=${day}
      class=${lookOf(day, { active, chosen })}
      aria-label=${whole.format(dateOf(day))}
      onClick=${() => onPick(day)}
    >${Number(day.slice(8))}</button>
  </td>
`;

function Month({ chosen, onPick }) {
  const [active, setActive] = useState(chosen ?? today());
  const grid = useRef();
  const moved = useRef(false);
  const weeks = weeksAround(active);
  const focus = () => grid.current.querySelector(`[data-day="${active}"]`).focus();
  useLayoutEffect(() => {
    if (moved.current) focus();
    moved.current = false;
  }, [active]);

  function key(event) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    moved.current = true;
    setActive(step);
  }

  const turn = (label, icon, months) => html`
    <button type="button" class="icon-button" title=${label} aria-label=${label}
      onClick=${() => setActive(plusMonths(active, months))}>
      <${Icon} name=${icon} />
    </button>
  `;
  return html`
    <header class="month-head">
      ${turn("Previous month", "back", -1)}
      <b aria-live="polite">${month.format(dateOf(active))}</b>
      ${turn("Next month", "forward", 1)}
    </header>
    <table class="month" role="grid" aria-label=${month.format(dateOf(active))} ref=${grid} onKeyDown=${key}>
      <thead><tr>${weeks[0].map((day) => html`<th scope="col">${weekday.format(dateOf(day)).slice(0, 2)}</th>`)}</tr></thead>
      <tbody>
        ${weeks.map(
          (days) => html`
            <tr key=${days[0]}>
              ${days.map((day) => html`<${Day} key=${day} day=${day} active=${active} chosen=${chosen} onPick=${onPick} />`)}
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}

/** `names` says what the day is for; `onChange` hears the day, or null where the field is `clearable`. */
export function DateField({ value, placeholder, names, clearable, focus, onChange }) {
  const [open, setOpen] = useState(false);
  const root = useRef();
  const button = useRef();
  const surface = useRef();
  const id = useId();
  useFloating(open, root, surface);
  useOutside(open, root, () => setOpen(false));
  useLayoutEffect(() => surface.current?.querySelector("[data-day][tabindex='0']").focus(), [open]);
  const shown = value ? long.format(dateOf(value)) : placeholder;
  const label = names["aria-labelledby"];

  function close() {
    setOpen(false);
    button.current.focus();
  }

  function pick(day) {
    close();
    onChange(day);
  }

  function key(event) {
    if (event.key !== "Escape" || !open) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  }

  return html`
    <span class=${classes("date-field", !value && "empty")} ref=${root} onKeyDown=${key}>
      <button
        type="button"
        class="text-field"
        ref=${button}
        ...${names}
        aria-labelledby=${label && `${label} ${id}`}
        aria-label=${label ? undefined : `${names["aria-label"]}, ${shown}`}
        aria-haspopup="dialog"
        aria-expanded=${open}
        data-focus=${focus}
        onClick=${() => setOpen(!open)}
      ><${Icon} name="calendar" /><span id=${id}>${shown}</span></button>
      ${
        clearable &&
        value &&
        html`<button type="button" class="clear" aria-label="Clear" onClick=${() => onChange(null)}><${Icon} name="close" /></button>`
      }
      ${
        open &&
        html`<div popover="manual" class="popup-surface calendar" role="dialog" aria-label="Choose a day" ref=${surface}>
        <${Month} chosen=${value} onPick=${pick} />
      </div>`
      }
    </span>
  `;
}
