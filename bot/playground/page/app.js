// The whole page: where one is, who one is, and the panes.
import { act } from "./api.js";
import { Desk, useDesk } from "./desk.js";
import { Dock } from "./dock.js";
import { WIDE } from "./floating.js";
import { html, useEffect, useLayoutEffect, useMemo, useState } from "./html.js";
import { Modals } from "./modal.js";
import { nameOf } from "./people.js";
import { ChannelPlace, HomePlace } from "./place.js";
import { QuickSwitch } from "./quick.js";
import { agentsOf } from "./sessions.js";
import { PersonSwitch, Rail, Sidebar } from "./sidebar.js";
import { Thread } from "./thread.js";
import { unreadIn } from "./reads.js";
import { inChannel } from "./world.js";

const REDRAW_MS = 16;

/** Draw again after changes of the world, at most once per frame however fast they come; and when looked at. */
function useWorld(world) {
  const [, setVersion] = useState(0);
  useLayoutEffect(() => {
    let timer = null;
    function redraw() {
      timer ??= setTimeout(() => {
        timer = null;
        setVersion((version) => version + 1);
      }, REDRAW_MS);
    }
    // The drawer looks at the traffic by itself: it is fast, and nothing else shows it.
    const end = world.listen(({ type }) => type === "traffic" || redraw());
    document.addEventListener("visibilitychange", redraw);
    return () => {
      clearTimeout(timer);
      end();
      document.removeEventListener("visibilitychange", redraw);
    };
  }, [world]);
}

const readAddress = () => location.hash.replace(/^#\/?/, "").split("/");

/** Where one is, from the address: `#/C1` a channel, `#/C1/ts` a thread, `#/home` the app; "" the list on a phone. */
function useAddress() {
  const [[place, thread], set] = useState(readAddress);
  useLayoutEffect(() => {
    const changed = () => set(readAddress());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return { place, thread };
}

const go = (place, thread) => (location.hash = thread ? `#/${place}/${thread}` : `#/${place}`);

/** `/?as=U1` opens a window as this person; from then on the window remembers it by itself. */
const asked = new URLSearchParams(location.search).get("as");
if (asked) {
  sessionStorage.setItem("person", asked);
  history.replaceState(null, "", location.pathname + location.hash);
}

/** A value kept for this window: two windows can be two people. */
function useKept(key, initial) {
  const [value, set] = useState(sessionStorage.getItem(key) ?? initial);
  function keep(next) {
    sessionStorage.setItem(key, next);
    set(next);
  }
  return [value, keep];
}

/** The app whose Home this place is: "home" of the first app, "home-A1" of another; undefined elsewhere. */
const installAt = (world, place) =>
  place === "home" ? world.installs[0] : world.installs.find(({ app_id }) => place === `home-${app_id}`);

/** The place asked for where `me` may be, else #general. */
function allowed(world, me, place) {
  if (installAt(world, place)) return place;
  const mine = world.channelsOf(me);
  const found = mine.find(({ id }) => id === place) ?? mine.find(({ name }) => name === "general") ?? mine[0];
  return found?.id ?? "home";
}

/** Says new messages of the open place and thread, and when the agent has finished; nothing for growing text. */
function Announcer({ world, me, place, thread }) {
  const [words, say] = useState("");
  function hear({ type, message, session }) {
    const here = message?.channel === place && (inChannel(message) || message.thread_ts === thread);
    const author = message?.author ?? message?.user;
    const forMe = type === "message" || (type === "ephemeral" && message.user === me);
    if (forMe && here && author !== me) say(`${nameOf(world.users.get(author))}: ${message.text.slice(0, 300)}`);
    const finished = type === "session" && session.thread_ts === thread && session.status === "active";
    if (finished) say(`${agentsOf(world, session)} finished`);
  }
  useLayoutEffect(() => world.listen(hear), [world, me, place, thread]);
  return html`<div class="unseen" aria-live="polite">${words}</div>`;
}

const BANNERS = {
  lost: "The local Slack does not answer. Reconnecting…",
  refused: "This page belongs to an earlier run. Open the address that was printed last.",
};

/** Escape leaves the thread, also one that is not drawn yet, unless it closes something smaller first. */
function useEscape() {
  useLayoutEffect(() => {
    function key(event) {
      const [place, thread] = readAddress();
      if (event.key !== "Escape" || !thread || document.querySelector("dialog[open]")) return;
      const within = document.querySelector(".thread")?.contains(document.activeElement);
      go(place);
      // Who read on with the keyboard goes on where they were.
      if (within) document.querySelector(`.place .message[data-ts="${CSS.escape(thread)}"]`)?.focus();
    }
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, []);
}

/** Who one is in this window, and how to become somebody else. */
function usePerson(world) {
  const [kept, setMe] = useKept("person", "");
  const known = world.users.get(kept);
  const me = known && !known.is_bot ? kept : world.people[0].id;
  world.sit(me);
  const team = world.team.id;
  useEffect(() => sessionStorage.setItem(`person in ${team}`, me), [team, me]);

  /** In another workspace one is who one was there last. */
  function enter(next) {
    const people = world.peopleOf(next);
    const last = sessionStorage.getItem(`person in ${next}`);
    setMe(people.some(({ id }) => id === last) ? last : people[0]?.id);
  }
  return { me, setMe, enter };
}

/** Says in the window's title where one is, and whether something is unread. */
function useTitle(world, me, channel) {
  const here = channel && (channel.kind === "im" || channel.kind === "mpim" ? "" : "#") + world.title(channel, me);
  const title = here ?? "Home";
  const unread = world.channelsOf(me).some((each) => unreadIn(world, each, me).unread);
  useEffect(() => {
    document.title = `${unread ? "• " : ""}${title} · ${world.team.name}`;
  }, [unread, title, world.team.name]);
}

function Topbar({ onSwitch }) {
  const { world } = useDesk();
  return html`
    <header class="topbar">
      <img src="icon.svg" width="24" height="24" alt="" /><h1>${world.team.name}</h1>
      <${PersonSwitch} onSwitch=${onSwitch} />
    </header>
  `;
}

function Place({ channel, install }) {
  if (channel) return html`<${ChannelPlace} channel=${channel} />`;
  if (install) return html`<${HomePlace} install=${install} />`;
  return html`<main class="place" id="messages" tabindex="-1"><p class="notice">You are in no channel, and no app is here.</p></main>`;
}

function Workspace({ world, status }) {
  const address = useAddress();
  const { me, setMe, enter } = usePerson(world);
  const place = allowed(world, me, address.place);
  const channel = world.channels.get(place);
  const thread = place === address.place ? address.thread : undefined;

  const desk = useMemo(() => {
    async function openDirect(app) {
      const answer = await act(me, "open_dm", app && { app });
      if (answer.ok) go(answer.channel);
    }
    return { world, me, place, go, openDirect };
  }, [world, me, place]);

  useEscape();
  useTitle(world, me, channel);

  /** Who looks at the messages with an app looks at their own then. */
  async function switchTo(person) {
    const install = channel?.kind === "im" && world.installs.find(({ user_id }) => channel.members.includes(user_id));
    setMe(person);
    if (!install) return;
    const answer = await act(person, "open_dm", { app: install.app_id });
    if (answer.ok) go(answer.channel);
  }

  return html`
    <${Desk.Provider} value=${desk}>
      <a class="skip" href="#messages" onClick=${skip}>Skip to messages</a>
      <div class="page" data-pane=${thread ? "thread" : address.place ? "place" : "list"}>
        <${Topbar} onSwitch=${switchTo} />
        ${BANNERS[status] && html`<p class=${`banner ${status}`} role="status">${BANNERS[status]}</p>`}
        <div class="panes" role=${address.place || WIDE.matches ? undefined : "main"}>
          <${Rail} onOpen=${enter} />
          <${Sidebar} thread=${thread} />
          <${Place} key=${`${me}/${place}`} channel=${channel} install=${installAt(world, place)} />
          ${channel && thread && html`<${Thread} key=${`${me}/${thread}`} channel=${channel} root=${thread} />`}
        </div>
        <${Dock} />
        <${Modals} />
        <${QuickSwitch} />
        <${Announcer} world=${world} me=${me} place=${place} thread=${thread} />
      </div>
    <//>
  `;
}

/** The address names where one is: the link must leave it alone. */
function skip(event) {
  event.preventDefault();
  document.getElementById("messages").focus();
}

/** `status` is what the feed last reported: "live", "lost", "refused", or "" before the first word. */
export function App({ world, status }) {
  useWorld(world);
  if (world.loaded) return html`<${Workspace} world=${world} status=${status} />`;
  return html`<p class="loading" role="status">${BANNERS[status] ?? "Opening the local Slack…"}</p>`;
}
