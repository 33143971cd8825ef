// The whole page: where one is, who one is, and the panes.
import { act } from "./api.js";
import { BotDrawer } from "./bot.js";
import { Desk } from "./desk.js";
import { html, useEffect, useMemo, useState } from "./html.js";
import { nameOf } from "./people.js";
import { ChannelPlace, HomePlace } from "./place.js";
import { PersonSwitch, Sidebar } from "./sidebar.js";
import { Thread } from "./thread.js";
import { unreadIn } from "./reads.js";

const REDRAW_MS = 16;

/** Draw again after changes of the world, at most once per frame however fast they come; and when looked at. */
function useWorld(world) {
  const [, setVersion] = useState(0);
  useEffect(() => {
    let timer = null;
    function redraw() {
      timer ??= setTimeout(() => {
        timer = null;
        setVersion((version) => version + 1);
      }, REDRAW_MS);
    }
    const end = world.listen(redraw);
    document.addEventListener("visibilitychange", redraw);
    return () => {
      clearTimeout(timer);
      end();
      document.removeEventListener("visibilitychange", redraw);
    };
  }, [world]);
}

/** Where one is, from the address: `#/C1` a channel, `#/C1/ts` a thread, `#/home` the app; "" the list on a phone. */
function useAddress() {
  const read = () => location.hash.replace(/^#\/?/, "").split("/");
  const [[place, thread], set] = useState(read);
  useEffect(() => {
    const changed = () => set(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return { place, thread };
}

const go = (place, thread) => (location.hash = thread ? `#/${place}/${thread}` : `#/${place}`);

/** A value kept for this window: two windows can be two people. */
function useKept(key, initial) {
  const [value, set] = useState(sessionStorage.getItem(key) ?? initial);
  function keep(next) {
    sessionStorage.setItem(key, next);
    set(next);
  }
  return [value, keep];
}

/** The place asked for where `me` may be, else #general. */
function allowed(world, me, place) {
  if (place === "home") return place;
  const mine = world.channelsOf(me);
  const found = mine.find(({ id }) => id === place) ?? mine.find(({ name }) => name === "general") ?? mine[0];
  return found?.id ?? "home";
}

/** Says new messages of the open place and thread, and when the agent has finished; nothing for growing text. */
function Announcer({ world, me, place, thread }) {
  const [words, say] = useState("");
  useEffect(
    () =>
      world.listen(({ type, message, session }) => {
        const here = message?.channel === place && (!message.thread_ts || message.thread_ts === thread);
        if ((type === "message" || type === "ephemeral") && here && (message.author ?? message.user) !== me)
          say(`${nameOf(world.users.get(message.author ?? message.user))}: ${message.text.slice(0, 300)}`);
        if (type === "session" && session.thread_ts === thread && session.status === "active")
          say(`${nameOf(world.app)} has finished`);
      }),
    [world, me, place, thread],
  );
  return html`<div class="unseen" aria-live="polite">${words}</div>`;
}

const BANNERS = {
  lost: "The local Slack does not answer. Reconnecting…",
  refused: "This page belongs to an earlier run. Open the address that was printed last.",
};

function useEscape(act) {
  useEffect(() => {
    const key = (event) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) act();
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [act]);
}

function Workspace({ world, status }) {
  const address = useAddress();
  const [kept, setMe] = useKept("person", "");
  const [drawer, setDrawer] = useKept("drawer", "closed");
  const me = world.users.has(kept) ? kept : world.people[0].id;
  const place = allowed(world, me, address.place);
  const channel = world.channels.get(place);
  const thread = place === address.place ? address.thread : undefined;

  const desk = useMemo(() => {
    async function openDirect() {
      const answer = await act(me, "open_dm");
      if (answer.ok) go(answer.channel);
    }
    return { world, me, place, go, openDirect };
  }, [world, me, place]);

  useEscape(useMemo(() => () => thread && go(place), [place, thread]));

  async function switchTo(person) {
    const wasDirect = channel?.kind === "im";
    setMe(person);
    if (!wasDirect) return;
    const answer = await act(person, "open_dm");
    if (answer.ok) go(answer.channel);
  }

  const title = channel ? (channel.kind === "im" ? world.title(channel, me) : `#${channel.name}`) : "Home";
  const unread = world.channelsOf(me).some((each) => unreadIn(world, each, me).unread);
  useEffect(() => {
    document.title = `${unread ? "• " : ""}${title} · ${world.team.name}`;
  }, [unread, title, world.team.name]);

  return html`
    <${Desk.Provider} value=${desk}>
      <div class="page" data-pane=${thread ? "thread" : address.place ? "place" : "list"}>
        <header class="topbar">
          <img src="icon.svg" width="24" height="24" alt="" /><h1>${world.team.name}</h1>
          <${PersonSwitch} onSwitch=${switchTo} />
        </header>
        ${BANNERS[status] && html`<p class="banner" role="alert">${BANNERS[status]}</p>`}
        <div class="panes">
          <${Sidebar} />
          ${
            channel
              ? html`<${ChannelPlace} key=${`${me}/${place}`} channel=${channel} />`
              : html`<${HomePlace} key=${me} />`
          }
          ${channel && thread && html`<${Thread} key=${`${me}/${thread}`} channel=${channel} root=${thread} />`}
        </div>
        <${BotDrawer} open=${drawer === "open"} onToggle=${() => setDrawer(drawer === "open" ? "closed" : "open")} />
        <${Announcer} world=${world} me=${me} place=${place} thread=${thread} />
      </div>
    <//>
  `;
}

/** `status` is what the feed last reported: "live", "lost", "refused", or "" before the first word. */
export function App({ world, status }) {
  useWorld(world);
  if (world.loaded) return html`<${Workspace} world=${world} status=${status} />`;
  return html`<p class="loading" role="status">${BANNERS[status] ?? "Opening the local Slack…"}</p>`;
}
