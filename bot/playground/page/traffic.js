// What the apps call and hear, as it happens; a click shows all of it as JSON.
import { useDesk } from "./desk.js";
import { classes, html, memo, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";

const REDRAW_MS = 100;
const AT_END_PX = 40;

const KINDS = {
  call: "call",
  events_api: "event",
  interactive: "interaction",
  slash_commands: "command",
};

const isCall = ({ kind }) => kind === "call";

const failed = (row) =>
  isCall(row) ? row.error !== null || row.status !== 200 || row.cut !== null : ["lost", "given_up"].includes(row.outcome) || row.attempts > 1;

const FILTERS = [
  ["all", "All", () => true],
  ["calls", "Calls", isCall],
  ["deliveries", "Deliveries", (row) => !isCall(row)],
  ["problems", "Problems", failed],
];

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const timeOf = (at) => `${clock.format(new Date(at * 1000))}.${String(Math.floor((at % 1) * 1000)).padStart(3, "0")}`;

const duration = (seconds) =>
  seconds === null ? "" : seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;

function resultOf(row) {
  if (row.cut === "before") return "cut, not done";
  if (row.cut === "after") return `cut after ${row.error ?? "it was done"}`;
  if (isCall(row)) return row.error ? (row.status === 200 ? row.error : `${row.status} ${row.error}`) : "ok";
  const tries = row.attempts > 1 ? `, ${row.attempts} tries` : "";
  const says = { pending: "waiting", acked: "acked", lost: "no connection", given_up: "given up" };
  return `${says[row.outcome] ?? row.outcome}${tries}`;
}

const Row = memo(({ row, place, chosen, onOpen }) => html`
  <li>
    <button type="button" class=${classes("traffic-row", isCall(row) ? "out" : "in", failed(row) && "bad", row.outcome === "pending" && "odd")}
      data-testid="traffic-row" data-name=${row.name} aria-pressed=${chosen} onClick=${() => onOpen(row.number)}>
      <time>${timeOf(row.at)}</time>
      <span class="traffic-kind">${KINDS[row.kind] ?? row.kind}</span>
      <b>${row.name}</b>
      <span class="traffic-place">${place}</span>
      <span class="traffic-result">${resultOf(row)}</span>
      <span class="number">${duration(row.took)}</span>
    </button>
  </li>
`);

/** The whole of one row, asked for again when the row got further. */
function Detail({ row, onClose }) {
  const [whole, setWhole] = useState(null);
  useEffect(() => {
    let current = true;
    fetch(`/local/traffic/${row.number}`)
      .then((response) => (response.ok ? response.json() : { gone: "This is no longer kept." }))
      .catch(() => ({ gone: "The local Slack does not answer." }))
      .then((found) => current && setWhole(found));
    return () => (current = false);
  }, [row]);
  return html`
    <section class="traffic-detail" data-testid="traffic-detail" aria-label=${`${row.name} in full`}>
      <header><b>${row.name}</b><span>${resultOf(row)}</span>
        <button type="button" class="icon-button" title="Close" aria-label="Close this" onClick=${onClose}><${Icon} name="close" /></button>
      </header>
      <pre tabindex="0">${whole?.gone ?? (whole ? JSON.stringify(whole, null, 2) : "…")}</pre>
    </section>
  `;
}

/** Draw again after traffic, a few times a second at most. */
function useTraffic(world) {
  const [, setVersion] = useState(0);
  useLayoutEffect(() => {
    let timer = null;
    const end = world.listen(({ type }) => {
      if (type !== "traffic") return;
      timer ??= setTimeout(() => {
        timer = null;
        setVersion((version) => version + 1);
      }, REDRAW_MS);
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [world]);
  return [...world.traffic.values()];
}

function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const rows = [...event.currentTarget.querySelectorAll(".traffic-row")];
  const at = rows.indexOf(document.activeElement);
  if (!step || at < 0) return;
  rows[at + step]?.focus();
  event.preventDefault();
}

function Filters({ filter, onFilter, words, onWords }) {
  return html`
    <div class="traffic-filters" role="group" aria-label="Show">
      ${FILTERS.map(
        ([id, label]) => html`<button type="button" key=${id} aria-pressed=${id === filter} onClick=${() => onFilter(id)}>${label}</button>`,
      )}
      <input type="search" placeholder="Filter by method, event, channel or error" aria-label="Filter the traffic" value=${words}
        onInput=${({ target }) => onWords(target.value)} />
    </div>
  `;
}

export function Traffic() {
  const { world, me } = useDesk();
  const all = useTraffic(world);
  const [filter, setFilter] = useState("all");
  const [words, setWords] = useState("");
  const [open, setOpen] = useState(null);
  const list = useRef();
  const atEnd = useRef(true);

  const names = new Map(world.apps.map(({ app_id, name }) => [app_id, name]));
  const channelOf = ({ channel: id }) => {
    const channel = world.channels.get(id);
    if (!channel) return id ?? "";
    return channel.kind === "im" || channel.kind === "mpim" ? world.title(channel, me) : `#${channel.name}`;
  };
  // Whose it is goes without saying while there is one app.
  const placeOf = (row) => [channelOf(row), names.size > 1 && names.get(row.app_id)].filter(Boolean).join(" · ");
  const [, , fits] = FILTERS.find(([id]) => id === filter);
  const wanted = words.trim().toLowerCase();
  const rows = all.filter(
    (row) => fits(row) && `${row.name} ${placeOf(row)} ${row.channel} ${resultOf(row)}`.toLowerCase().includes(wanted),
  );
  const chosen = open !== null && world.traffic.get(open);

  useLayoutEffect(() => {
    if (atEnd.current) list.current.scrollTop = list.current.scrollHeight;
  });

  function onScroll({ target }) {
    atEnd.current = target.scrollHeight - target.scrollTop - target.clientHeight < AT_END_PX;
  }

  function key(event) {
    if (event.key !== "Escape" || !chosen) return;
    event.stopPropagation();
    setOpen(null);
  }

  return html`
    <div class="traffic-panel" onKeyDown=${key}>
      <${Filters} filter=${filter} onFilter=${setFilter} words=${words} onWords=${setWords} />
      <div class="traffic-both">
        <ul class="traffic-list" data-testid="traffic" aria-label="Calls and deliveries" ref=${list} onScroll=${onScroll} onKeyDown=${walk}>
          ${rows.map((row) => html`<${Row} key=${row.number} row=${row} place=${placeOf(row)} chosen=${row.number === open} onOpen=${setOpen} />`)}
          ${!rows.length && html`<li class="dock-note">${all.length ? "Nothing fits this filter." : "Nothing was called or delivered yet."}</li>`}
        </ul>
        ${chosen && html`<${Detail} row=${chosen} onClose=${() => setOpen(null)} />`}
      </div>
    </div>
  `;
}
