// Days and times of day.
import { DateField } from "./calendar.js";
import { Choice } from "./choice.js";
import { withEmoji } from "./emoji.js";
import { useHeld } from "./held.js";
import { html, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Problem, useConfirm } from "./objects.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit", timeZone: "UTC" });
const STEP_MINUTES = 30;

const two = (number) => String(number).padStart(2, "0");

/** "HH:mm" as an item of the box. */
const itemOf = (time) => ({ key: time, text: clock.format(new Date(`1970-01-01T${time}:00Z`)) });

const ALL = Array.from({ length: (24 * 60) / STEP_MINUTES }, (_, at) => {
  const minutes = at * STEP_MINUTES;
  return itemOf(`${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`);
});

const TYPED = /^(\d{1,2})(?:[:.]?(\d\d))?\s*([ap])?\.?(?:m\.?)?$/i;

/** The time that was typed, "9:45", "945 pm" or "21.45"; null if it is none. */
function typedTime(text) {
  const match = TYPED.exec(text.trim());
  if (!match) return null;
  const [, hours, minutes = "00", half] = match;
  const late = half?.toLowerCase() === "p";
  const hour = half ? (Number(hours) % 12) + (late ? 12 : 0) : Number(hours);
  const possible = hour < 24 && Number(minutes) < 60 && (!half || (hours >= 1 && hours <= 12));
  return possible ? `${two(hour)}:${minutes}` : null;
}

/** Any time may be typed; those of the list are every half hour. */
function offers(query) {
  const wanted = query.trim().toLowerCase();
  const exact = typedTime(wanted);
  const items = ALL.filter(({ key, text }) => key.startsWith(wanted) || text.toLowerCase().startsWith(wanted));
  const all = exact ? [itemOf(exact), ...items.filter(({ key }) => key !== exact)] : items;
  return { groups: [{ items: all }], note: all.length ? "" : "That is no time" };
}

const TimeField = ({ value, placeholder, names, clearable, focus, onChange }) => html`
  <span class="time-field">
    <${Choice}
      chosen=${value ? [{ ...itemOf(value), picture: html`<${Icon} name="clock" />` }] : []}
      load=${offers}
      placeholder=${placeholder}
      names=${names}
      clearable=${clearable}
      focus=${focus}
      onChange=${([item]) => onChange(item?.key ?? null)}
    />
  </span>
`;

/** Seconds since the epoch as the local day and time of day, and back. */
function localOf(seconds) {
  const date = new Date(seconds * 1000);
  const [day, time] = new Date(date - date.getTimezoneOffset() * 60_000).toISOString().split("T");
  return { day, time: time.slice(0, 5) };
}
const secondsOf = ({ day, time }) => Math.floor(new Date(`${day}T${time}`).getTime() / 1000);

const NOTHING = { day: null, time: null };

/** A day and a time of day; it holds something once both are there. */
function Moment({ value, names, clearable, focus, onChange }) {
  const [part, setPart] = useState(NOTHING);
  const shown = value === null ? part : localOf(value);
  function change(piece) {
    const next = { ...shown, ...piece };
    setPart(next);
    const isWhole = next.day && next.time;
    if (isWhole) onChange(secondsOf(next));
    else if (value !== null) onChange(null);
  }
  const { id, "aria-labelledby": label, ...about } = names;
  const apart = (what) => ({ ...about, "aria-label": label ? what : `${names["aria-label"]}, ${what}` });
  return html`
    <span class="moment" role="group" id=${id} aria-labelledby=${label}>
      <${DateField} value=${shown.day} placeholder="Select a date" names=${apart("Date")} clearable=${clearable} focus=${focus}
        onChange=${(day) => change({ day })} />
      <${TimeField} value=${shown.time} placeholder="Select a time" names=${apart("Time")} clearable=${clearable}
        onChange=${(time) => change({ time })} />
    </span>
  `;
}

const FIELDS = {
  __proto__: null,
  datepicker: { Field: DateField, placeholder: "Select a date" },
  timepicker: { Field: TimeField, placeholder: "Select a time" },
  datetimepicker: { Field: Moment },
};

function Picker({ element, block, source, names }) {
  const { value, put, problem } = useHeld(source, block, element);
  const { guard, dialog } = useConfirm(element.confirm);
  const { Field, placeholder } = FIELDS[element.type];
  return html`
    <span class="element">
      <${Field}
        value=${value}
        placeholder=${element.placeholder ? withEmoji(element.placeholder.text) : placeholder}
        names=${names}
        clearable=${block.type === "input" && block.optional}
        focus=${element.focus_on_load}
        onChange=${(next) => guard(() => put(next))}
      />
      <${Problem} text=${problem} />${dialog}
    </span>
  `;
}

export const PICKERS = Object.fromEntries(Object.keys(FIELDS).map((kind) => [kind, Picker]));
