// What the local Slack watches: the limits, and what must never happen.
import { useDesk } from "./desk.js";
import { html, useEffect, useLayoutEffect, useState } from "./html.js";
import { Icon } from "./icons.js";

const SOON_MS = 300;
const LATER_MS = 1000;
const EACH_MS = 1000;

const UNKNOWN = { methods: [], faults: { methods: {}, event_delays: [] }, limits: [], breaches: [] };

/**
 * {methods, faults, limits, breaches, refresh()}, asked for again after calls and messages, sooner while one `watches`;
 * with `ticking` every second too, because limits recover by themselves.
 */
export function useOversight(world, { watches, ticking }) {
  const [seen, setSeen] = useState(UNKNOWN);

  async function refresh() {
    try {
      const response = await fetch("/local/oversight");
      if (response.ok) setSeen(await response.json());
    } catch (error) {
      console.warn(error); // the banner says that the server is away
    }
  }

  useLayoutEffect(() => {
    let timer = null;
    function soon({ type }) {
      if (!/^(traffic|message|reset|faults)/.test(type)) return;
      timer ??= setTimeout(() => {
        timer = null;
        refresh();
      }, watches ? SOON_MS : LATER_MS);
    }
    refresh();
    const end = world.listen(soon);
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [world, watches]);

  useEffect(() => {
    if (!ticking) return undefined;
    const timer = setInterval(() => document.hidden || refresh(), EACH_MS);
    return () => clearInterval(timer);
  }, [ticking]);

  return { ...seen, refresh };
}

/** An app in a workspace by name; the workspace only if there are several. */
function named(world, caller) {
  const [app, team] = caller.split(" in ");
  const name = world.bots.find(({ app_id }) => app_id === app)?.name ?? app;
  return team && world.teams.size > 1 ? `${name} in ${world.teams.get(team)?.name ?? team}` : name;
}

function Limit({ limit, refused }) {
  const { world } = useDesk();
  const { method, caller, channel, left, capacity, wait } = limit;
  const place = channel && `#${world.channels.get(channel)?.name || channel}`;
  const empty = left <= 0;
  return html`
    <tr class=${empty ? "empty" : undefined}>
      <th scope="row"><code>${method}</code>${place && html`<small>${place}</small>`}</th>
      <td><small>${named(world, caller)}</small></td>
      <td class="level"><meter min="0" max=${capacity} low=${capacity / 4} value=${Math.max(0, left)} aria-label=${`${left} of ${capacity} left`} /></td>
      <td class="number">${left} of ${capacity}</td>
      <td class="number">${empty ? `next in ${wait.toFixed(1)} s` : ""}</td>
      <td class="number">${refused ? html`<b class="bad">${refused} × 429</b>` : ""}</td>
    </tr>
  `;
}

/** How often each method was refused, as far as the traffic remembers. */
function refusals(world) {
  const counts = new Map();
  for (const { name, status } of world.traffic.values())
    if (status === 429) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

export function Limits({ oversight }) {
  const { world } = useDesk();
  const refused = refusals(world);
  const { limits, faults } = oversight;
  if (faults.limits === "off") return html`<p class="dock-note">Limits are off: every call is granted. Switch them on under Faults.</p>`;
  if (!limits.length) return html`<p class="dock-note">Nothing was called yet. What is left of each limit will be here.</p>`;
  const sorted = limits.toSorted((a, b) => a.left / a.capacity - b.left / b.capacity || a.method.localeCompare(b.method));
  return html`
    <table class="limits" data-testid="limits">
      <caption class="unseen">What is left of each rate limit</caption>
      <thead><tr><th scope="col">Method</th><th scope="col">App</th><th scope="col" colspan="2">Left</th><th scope="col">Wait</th><th scope="col">Refused</th></tr></thead>
      <tbody>
        ${sorted.map(
          (limit) => html`<${Limit} key=${`${limit.method}/${limit.caller}/${limit.channel}`} limit=${limit}
            refused=${limit.channel ? 0 : refused.get(limit.method)} />`,
        )}
      </tbody>
    </table>
  `;
}

export function Checks({ breaches }) {
  if (!breaches.length)
    return html`<p class="dock-note good"><${Icon} name="check" />All is well: nobody was pinged with @here or the like, no stream broke off,
      nothing was shown twice, nothing was refused as malformed, and every click was acknowledged in time.</p>`;
  return html`
    <ul class="checks" data-testid="checks">
      ${breaches.map(
        ({ rule, facts }) => html`
          <li><details><summary><${Icon} name="warning" /><b>Broken: ${rule}</b><small>${brief(facts)}</small></summary>
            <pre>${JSON.stringify(facts, null, 2)}</pre></details></li>
        `,
      )}
    </ul>
  `;
}

/** The facts that tell one breach of a rule from another. */
const brief = ({ misuse, method, kind, channel, ts, outcome }) =>
  misuse ?? [method, kind, channel, [ts].flat()[0], outcome].filter(Boolean).join(" · ");
