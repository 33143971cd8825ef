// What can be made to go wrong, what is wrong now, and the way back.
import { befall, problemOf } from "./api.js";
import { useDesk } from "./desk.js";
import { html, useId, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";

const EVERY = "*";

const seconds = (field) => ({ latency: Math.max(0, Number(field)) });

/** What can befall a call: its name, the field it needs (label, first value), and what that makes of the fault. */
const OUTCOMES = {
  429: ["is refused: 429", ["Retry-After, s", "1"], (field) => ({ status: 429, retry_after: Math.max(1, Math.round(Number(field))) })],
  500: ["fails: 500", null, () => ({ status: 500 })],
  error: ["answers an error", ["Error", "internal_error"], (field) => ({ error: field })],
  before: ["is cut before it is done", null, () => ({ drop: "before" })],
  after: ["is cut after it was done", null, () => ({ drop: "after" })],
  late: ["is slow", ["Seconds", "3"], seconds],
};

const TIMES = { once: ["once", 1], thrice: ["3 times", 3], ever: ["until taken away", null] };

const TOKEN_ERRORS = ["token_revoked", "account_inactive", "token_expired", "invalid_auth"];
const LIMITS = {
  standard: "standard: bursts up to a minute's number",
  window: "window: that number in any 60 s",
  strict: "strict: no bursts",
  off: "off",
};
const REASONS = ["warning", "refresh_requested", "link_disabled"];

/** The faults there are: {key, text, undo: [word, fields]}. */
function active(faults) {
  const found = Object.entries(faults.methods).map(([method, fault]) => ({
    key: `method ${method}`,
    text: `${method === EVERY ? "Every method" : method} ${inWords(fault)}`,
    undo: ["spare", { method }],
  }));
  const set = (key, text, value) => found.push({ key, text, undo: ["set", { [key]: value }] });
  if (faults.token_error) set("token_error", `The bot's token: ${faults.token_error}`, null);
  if (faults.feature_disabled) set("feature_disabled", "No agent sessions here", false);
  if (faults.duplicate_events) set("duplicate_events", `Events come ${faults.duplicate_events + 1} times`, 0);
  if (faults.event_delays.length) set("event_delays", `The next events wait ${faults.event_delays.join(", ")} s`, []);
  return found;
}

export const countFaults = (faults) => active(faults).length;

function inWords({ status, error, drop, latency, retry_after: wait, times, after, every }) {
  const parts = [
    status && `answers ${status}${status === 429 ? ` (Retry-After ${wait} s)` : ""}`,
    !status && error && `answers ${error}`,
    drop && `is cut ${drop === "before" ? "before it is done" : "after it was done"}`,
    latency > 0 && `takes ${latency} s`,
  ].filter(Boolean);
  const often = [times !== null && `${times} more`, after > 0 && `after ${after}`, every > 1 && `one in ${every}`].filter(Boolean);
  return `${parts.join(", ") || "works as ever"}${often.length ? ` (${often.join(", ")})` : ""}`;
}

function Active({ faults, tell }) {
  const all = active(faults);
  return html`
    <div class="faults-active">
      <ul aria-label="What is wrong now">
        ${all.map(
          ({ key, text, undo }) => html`
            <li key=${key} class="fault">${text}<button type="button" title="Take this away" aria-label=${`Take away: ${text}`}
              onClick=${() => tell(...undo)}><${Icon} name="close" /></button></li>
          `,
        )}
        ${!all.length && html`<li class="dock-note good"><${Icon} name="check" />Everything works.</li>`}
      </ul>
      <button type="button" class="dock-button" data-testid="all-well" disabled=${!all.length} onClick=${() => tell("clear")}>Everything works again</button>
    </div>
  `;
}

function OfCalls({ methods, tell }) {
  const list = useId();
  const [method, setMethod] = useState("");
  const [outcome, setOutcome] = useState("429");
  const [, needs, made] = OUTCOMES[outcome];
  const field = useRef();
  const times = useRef();

  function add(event) {
    event.preventDefault();
    const fault = made(field.current?.value);
    tell("method", { method: method.trim() || EVERY, times: TIMES[times.current.value][1], ...fault });
  }

  return html`
    <form class="fault-group wide" onSubmit=${add}>
      <h3>Calls</h3>
      <label>Method<input list=${list} placeholder="every method" value=${method} data-testid="fault-method" onInput=${({ target }) => setMethod(target.value)} /></label>
      <datalist id=${list}>${methods.map((name) => html`<option value=${name} />`)}</datalist>
      <label>What happens<select value=${outcome} data-testid="fault-outcome" onChange=${({ target }) => setOutcome(target.value)}>
        ${Object.entries(OUTCOMES).map(([id, [text]]) => html`<option value=${id}>${text}</option>`)}
      </select></label>
      ${needs && html`<label key=${outcome}>${needs[0]}<input ref=${field} required class="short" defaultValue=${needs[1]} /></label>`}
      <label>How often<select ref=${times} data-testid="fault-times">
        ${Object.entries(TIMES).map(([id, [text]]) => html`<option value=${id}>${text}</option>`)}
      </select></label>
      <button type="submit" class="dock-button" data-testid="fault-add">Let it happen</button>
    </form>
  `;
}

const Acts = ({ title, children }) => html`<div class="fault-group" role="group" aria-label=${title}><h3>${title}</h3>${children}</div>`;

const Do = ({ tell, word, details, children }) => html`
  <button type="button" class="dock-button" onClick=${() => tell(word, details)}>${children}</button>
`;

function OfTheApp({ faults, tell }) {
  const more = (event) => tell("set", { duplicate_events: Number(event.target.value) });
  return html`
    <${Acts} title="Events">
      <label>Each comes<select value=${String(faults.duplicate_events)} onChange=${more}>
        ${[0, 1, 2].map((extra) => html`<option value=${String(extra)}>${["once", "twice", "three times"][extra]}</option>`)}
      </select></label>
      <${Do} tell=${tell} word="set" details=${{ event_delays: [...faults.event_delays, 5] }}>Hold the next back 5 s<//>
    <//>
    <${Acts} title="Token">
      <label>The bot's token is<select value=${faults.token_error ?? ""} onChange=${({ target }) => tell("set", { token_error: target.value || null })}>
        <option value="">good</option>${TOKEN_ERRORS.map((error) => html`<option value=${error}>${error}</option>`)}
      </select></label>
      <${Do} tell=${tell} word="revoke_token">Revoke it and say so<//>
    <//>
    <${Acts} title="Socket Mode">
      <${Do} tell=${tell} word="drop_sockets">Cut all sockets<//>
      ${REASONS.map((reason) => html`<${Do} key=${reason} tell=${tell} word="disconnect" details=${{ reason }}>Disconnect: ${reason}<//>`)}
    <//>
  `;
}

function OfTheWorkspace({ faults, tell }) {
  const { world, place } = useDesk();
  const channel = world.channels.get(place);
  const here = channel && ["channel", "group"].includes(channel.kind) ? channel : null;
  return html`
    <${Acts} title=${here ? `Channel #${here.name}` : "Channel"}>
      ${
        here
          ? html`
            <${Do} tell=${tell} word=${here.is_archived ? "unarchive" : "archive"} details=${{ channel: here.id }}>${here.is_archived ? "Unarchive" : "Archive"}<//>
            <${Do} tell=${tell} word="remove_app" details=${{ channel: here.id }}>Put the app out<//>`
          : html`<p>Go to a channel to do something to it.</p>`
      }
    <//>
    <${Acts} title="Workspace">
      <label class="check"><input type="checkbox" checked=${faults.feature_disabled}
        onChange=${({ target }) => tell("set", { feature_disabled: target.checked })} />No agent sessions here</label>
      <label>Rate limits<select value=${faults.limits} data-testid="limits-mode" onChange=${({ target }) => tell("limits", { mode: target.value })}>
        ${Object.entries(LIMITS).map(([mode, text]) => html`<option value=${mode}>${text}</option>`)}
      </select></label>
    <//>
    <${Acts} title="Time">
      ${[
        [60, "1 minute later"],
        [300, "5 minutes later"],
        [3600, "1 hour later"],
      ].map(([length, text]) => html`<${Do} key=${length} tell=${tell} word="advance" details=${{ seconds: length }}>${text}<//>`)}
    <//>
  `;
}

export function Faults({ oversight }) {
  const { faults, methods, refresh } = oversight;
  const [problem, setProblem] = useState(null);

  async function tell(word, details) {
    const answer = await befall(word, details);
    setProblem(answer.ok === false ? problemOf(answer) : null);
    refresh();
  }

  return html`
    <div class="faults-body" data-testid="faults">
      <${Active} faults=${faults} tell=${tell} />
      ${problem && html`<p class="problem" role="alert"><${Icon} name="warning" />${problem}</p>`}
      <div class="fault-groups">
        <${OfCalls} methods=${methods} tell=${tell} />
        <${OfTheApp} faults=${faults} tell=${tell} />
        <${OfTheWorkspace} faults=${faults} tell=${tell} />
      </div>
    </div>
  `;
}
