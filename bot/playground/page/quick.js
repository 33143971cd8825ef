// Ctrl+K: go anywhere by a few letters.
import { useDesk } from "./desk.js";
import { html, useId, useLayoutEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Avatar, nameOf } from "./people.js";
import { sessionName, sessionsOf } from "./sessions.js";
import { channelIcon } from "./sidebar.js";

const MOST = 10;

/** All places `me` can go: {key, text, hint, icon, go}. */
function places({ world, me, go, openDirect }) {
  const channels = world.channelsOf(me).map((channel) => ({
    key: channel.id,
    text: world.title(channel, me),
    hint: channel.kind === "im" || channel.kind === "mpim" ? "Direct message" : "",
    icon: html`<${Icon} name=${channel.kind === "im" ? "message" : channelIcon(channel)} />`,
    go: () => go(channel.id),
  }));
  const sessions = sessionsOf(world, me).map((session) => ({
    key: `${session.channel}/${session.thread_ts}`,
    text: sessionName(world, session),
    hint: `Session in ${world.title(world.channels.get(session.channel), me)}`,
    icon: html`<${Icon} name="thread" />`,
    go: () => go(session.channel, session.thread_ts),
  }));
  const apps = world.installs.flatMap(({ app_id, user_id }, at) => {
    const user = world.users.get(user_id);
    const icon = html`<${Avatar} user=${user} size=${20} />`;
    return [
      { key: app_id, text: nameOf(user), hint: "Home", icon, go: () => go(at ? `home-${app_id}` : "home") },
      { key: `${app_id}/im`, text: nameOf(user), hint: "Messages", icon, go: () => openDirect(app_id) },
    ];
  });
  return [...channels.filter(({ hint }) => !hint), ...apps, ...channels.filter(({ hint }) => hint), ...sessions];
}

/** Where the words begin counts more than where the letters are. */
function ranked(all, query) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return all.slice(0, MOST);
  const rank = ({ text }) => {
    const at = text.toLowerCase().indexOf(wanted);
    return at < 0 ? Infinity : at === 0 ? 0 : /\W/.test(text[at - 1]) ? 1 : 2;
  };
  return all
    .filter((each) => rank(each) < Infinity)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, MOST);
}

function Switcher({ onClose }) {
  const desk = useDesk();
  const dialog = useRef();
  const id = useId();
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const found = ranked(places(desk), query);
  const at = Math.min(active, found.length - 1);

  useLayoutEffect(() => dialog.current.showModal(), []);

  function pick(place) {
    onClose();
    place?.go();
  }

  function key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) setActive((at + step + found.length) % found.length);
    else if (event.key === "Enter" && !event.isComposing) pick(found[at]);
    else return;
    event.preventDefault();
  }

  return html`
    <dialog class="quick-switch" ref=${dialog} aria-label="Go to" onClose=${onClose}
      onClick=${(event) => event.target === dialog.current && onClose()}>
      <input type="search" class="text-field" role="combobox" autofocus placeholder="Where would you like to go?" aria-label="Go to"
        aria-expanded="true" aria-controls=${id} aria-activedescendant=${found.length ? `${id}-${at}` : undefined} value=${query}
        onKeyDown=${key}
        onInput=${({ target }) => {
          setQuery(target.value);
          setActive(0);
        }} />
      <ul id=${id} role="listbox" aria-label="Places">
        ${found.map(
          (place, index) => html`
            <li key=${place.key} id=${`${id}-${index}`} role="option" aria-selected=${index === at}
              onClick=${() => pick(place)} onMouseMove=${() => setActive(index)}>
              ${place.icon}<b>${place.text}</b><span>${place.hint}</span>
            </li>
          `,
        )}
      </ul>
      ${!found.length && html`<p class="nothing">Nothing is called that.</p>`}
    </dialog>
  `;
}

/** The switcher, while it is wanted. */
export function QuickSwitch() {
  const [open, setOpen] = useState(false);
  useLayoutEffect(() => {
    function key(event) {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      if (document.querySelector("dialog[open]:not(.quick-switch)")) return;
      event.preventDefault();
      setOpen((was) => !was);
    }
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, []);
  return open && html`<${Switcher} onClose=${() => setOpen(false)} />`;
}
