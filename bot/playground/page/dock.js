// The bottom of the page: how the bot is, and drawers with its log, what it calls and hears, and what goes wrong.
import { problemOf, tellBot } from "./api.js";
import { Facts, Log } from "./bot.js";
import { useDesk } from "./desk.js";
import { Faults, countFaults } from "./faults.js";
import { classes, html, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Checks, Limits, useOversight } from "./oversight.js";
import { Traffic } from "./traffic.js";

const TABS = [
  ["traffic", "Traffic"],
  ["faults", "Faults"],
  ["limits", "Limits"],
  ["checks", "Checks"],
  ["log", "Bot log"],
];

/** Kill the bot or start it. */
function Switch() {
  const { world } = useDesk();
  const { state } = world.bot;
  const [problem, setProblem] = useState(null);
  async function tell(what) {
    const answer = await tellBot(what);
    setProblem(answer.ok === false ? problemOf(answer) : null);
  }
  const external = state === "external";
  const reason = external ? "This bot was not started by the playground" : undefined;
  return html`
    ${problem && html`<span class="problem" role="alert"><${Icon} name="warning" />${problem}</span>`}
    <button type="button" class="kill" data-testid="bot-kill" disabled=${external || state === "stopped"}
      title=${reason ?? "kill -9: no goodbye, no saving, in the middle of whatever it is doing"}
      onClick=${() => tell("kill")}>Kill bot <kbd>kill -9</kbd></button>
    <button type="button" class="start" data-testid="bot-start" disabled=${state !== "stopped"}
      title=${reason ?? "Start the bot again; it goes on where it was"} onClick=${() => tell("start")}>Start</button>
  `;
}

/** What a tab's label adds: how many faults are active, or how many checks failed. */
function badgeOf(tab, oversight) {
  if (tab === "faults" && countFaults(oversight.faults))
    return html`<span class="tally odd" data-testid="faults-active">${countFaults(oversight.faults)}</span>`;
  if (tab === "checks" && oversight.breaches.length)
    return html`<span class="tally bad">${oversight.breaches.length}</span>`;
  return null;
}

function Tabs({ tab, onPick, oversight }) {
  function walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = TABS.findIndex(([id]) => id === tab);
    onPick(TABS.at((at + step) % TABS.length)[0]);
    event.currentTarget.children[(at + step + TABS.length) % TABS.length].focus();
    event.preventDefault();
  }
  return html`
    <div class="dock-tabs" role="tablist" aria-label="Behind the scenes" onKeyDown=${walk}>
      ${TABS.map(
        ([id, label]) => html`
          <button type="button" key=${id} role="tab" id=${`tab-${id}`} aria-selected=${id === tab} aria-controls="dock-panel"
            tabindex=${id === tab ? 0 : -1} onClick=${() => onPick(id)}>${label}${badgeOf(id, oversight)}</button>
        `,
      )}
    </div>
  `;
}

function Panel({ tab, oversight }) {
  const { world } = useDesk();
  const panels = {
    traffic: () => html`<${Traffic} />`,
    faults: () => html`<${Faults} oversight=${oversight} />`,
    limits: () => html`<${Limits} oversight=${oversight} />`,
    checks: () => html`<${Checks} breaches=${oversight.breaches} />`,
    log: () => html`<${Log} lines=${world.log} />`,
  };
  return html`
    <div class=${`dock-panel ${tab}`} id="dock-panel" role="tabpanel" aria-labelledby=${`tab-${tab}`}>${panels[tab]()}</div>
  `;
}

/** What is always in sight. `tab` is the open drawer's; `onToggle` opens one or closes it. */
function Bar({ tab, oversight, onToggle }) {
  const { world } = useDesk();
  const { bot } = world;
  const broken = oversight.breaches.length;
  return html`
    <div class="bot-bar">
      <span class="bot-title"><${Icon} name="terminal" /><b>Bot</b></span>
      <span class="bot-state" data-testid="bot-state" data-state=${bot.state} role="status">
        <span class="dot" aria-hidden="true" /><${Facts} bot=${bot} lines=${world.log} />
      </span>
      <span class="bot-acts">
        ${
          broken > 0 &&
          html`<button type="button" class="broken" data-testid="broken" title="What must never happen, and did"
            aria-label=${`${broken} broken: what must never happen, and did`} onClick=${() => onToggle("checks")}>
            <${Icon} name="warning" />${broken} broken</button>`
        }
        ${bot.state !== "external" && html`<${Switch} />`}
        <button type="button" class="show-log" data-testid="show-traffic" aria-expanded=${tab === "traffic"}
          onClick=${() => onToggle("traffic")}>Traffic${badgeOf("faults", oversight)}<${Icon} name="chevron" /></button>
        <button type="button" class="show-log" aria-expanded=${tab === "log"} onClick=${() => onToggle("log")}>
          ${tab === "log" ? "Hide log" : "Show log"}<${Icon} name="chevron" />
        </button>
      </span>
    </div>
  `;
}

export function Dock() {
  const { world } = useDesk();
  const section = useRef();
  const [tab, setTab] = useState(sessionStorage.getItem("dock") ?? "");
  const oversight = useOversight(world, { watches: tab !== "", ticking: tab === "limits" });

  function open(next) {
    sessionStorage.setItem("dock", next);
    setTab(next);
  }

  function close() {
    open("");
    section.current.querySelector("[data-testid=show-traffic]").focus();
  }

  /** Escape closes the drawer, when it has nothing smaller to close. */
  function key(event) {
    if (event.key !== "Escape" || !tab) return;
    event.stopPropagation();
    close();
  }

  return html`
    <section class=${classes("bot", tab && "open", world.bot.state)} aria-label="Behind the scenes" ref=${section} onKeyDown=${key}>
      <${Bar} tab=${tab} oversight=${oversight} onToggle=${(id) => open(tab === id ? "" : id)} />
      ${
        tab &&
        html`
          <div class="dock-head">
            <${Tabs} tab=${tab} onPick=${open} oversight=${oversight} />
            <button type="button" class="icon-button" title="Close" aria-label="Close the drawer" onClick=${close}><${Icon} name="close" /></button>
          </div>
          <${Panel} tab=${tab} oversight=${oversight} />
        `
      }
    </section>
  `;
}
