// One message: who, when, what, its reactions, its thread, and what can be done with it.
import { act, problemOf } from "./api.js";
import { Blocks } from "./blocks.js";
import { Composer } from "./composer.js";
import { useDesk } from "./desk.js";
import { EMOJI } from "./emoji.js";
import { Files } from "./files.js";
import { View } from "./held.js";
import { WIDE } from "./floating.js";
import { classes, html, memo, useLayoutEffect, useRef, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Toolbar } from "./message_menu.js";
import { Mrkdwn, decode, onlyEmoji } from "./mrkdwn.js";
import { Avatar, nameOf } from "./people.js";
import { EmojiPicker } from "./popup.js";
import { agentsOf } from "./sessions.js";
import { dayAndTimeOf, exactTimeOf, lastReply, shortTimeOf, timeOf } from "./when.js";

const Time = ({ ts, says }) => html`<time class="time" title=${exactTimeOf(ts)}>${says(ts)}</time>`;

/** A stored text as it was typed: `<@U1>` and `<#C1>` by name again, entities decoded. */
function typed(text, world) {
  return decode(
    text
      .replace(/<@(\w+)[^>]*>/g, (_, id) => `@${world.users.get(id)?.name ?? id}`)
      .replace(/<#(\w+)[^>]*>/g, (_, id) => `#${world.channels.get(id)?.name ?? id}`)
      .replace(/<!(here|channel|everyone)[^>]*>/g, "@$1")
      .replace(/<(https?:[^>|]+)[^>]*>/g, "$1"),
  );
}

function Content({ message }) {
  const { world, me } = useDesk();
  const { channel, ts, blocks, text, edited } = message;
  const mark = edited && html`<span class="edited"> (edited)</span>`;
  if (blocks?.length) {
    const held = { values: world.chosenIn(me, message), errors: {} };
    return html`<${View.Provider} value=${held}><${Blocks} blocks=${blocks} source=${{ channel, ts }} /><//>${mark}`;
  }
  return html`<div class=${classes("text", onlyEmoji(text) && "jumbo")}><${Mrkdwn} text=${text} />${mark}</div>`;
}

function Reactions({ message, react }) {
  const { world, me } = useDesk();
  return html`
    <div class="reactions">
      ${message.reactions.map(({ name, users, count }) => {
        const mine = users.includes(me);
        const people = users.map((id) => nameOf(world.users.get(id))).join(", ");
        return html`
          <button
            type="button"
            class="reaction"
            aria-pressed=${mine}
            title=${`${people} reacted with :${name}:`}
            aria-label=${`${name}, ${count}, ${people}`}
            onClick=${() => react(name)}
          ><span>${EMOJI[name] ?? `:${name}:`}</span>${count}</button>
        `;
      })}
      <${EmojiPicker} label="Add reaction" onPick=${react} />
    </div>
  `;
}

const DOING = { processing: "working…", suspended: "waiting for an answer" };

/** "threadline is working…", or nothing when the session is idle. */
export function Doing({ session }) {
  const { world } = useDesk();
  const doing = DOING[session?.status];
  const are = session?.agents.length > 1 ? "are" : "is";
  return doing && html`<span class=${`doing ${session.status}`}>${agentsOf(world, session)} ${are} ${doing}</span>`;
}

function ReplyBar({ thread, session, unread, onOpen }) {
  const { world } = useDesk();
  const working = html`<${Doing} session=${session} />`;
  if (!thread) return session && html`<div class="reply-bar bare">${working}</div>`;
  return html`
    <button type="button" class=${classes("reply-bar", unread && "unread")} onClick=${onOpen}>
      ${thread.people.slice(0, 5).map((id) => html`<${Avatar} user=${world.users.get(id)} size=${24} />`)}
      <b>${thread.count} ${thread.count === 1 ? "reply" : "replies"}</b>
      ${DOING[session?.status] ? working : html`<span class="last-reply">${lastReply(thread.latest)}</span>`}
      <span class="view-thread">View thread</span>
    </button>
  `;
}

/** Above a reply that stands in its thread and in the channel: what it answers, or that it is there, too. */
const Broadcasted = ({ repliedTo, onOpen }) => html`
  <p class="broadcasted">
    ${repliedTo ? html`replied to a thread: <button type="button" onClick=${onOpen}>${repliedTo}</button>` : "Also sent to the channel"}
  </p>
`;

/**
 * `thread` (a summary) and `session` are given where the message stands in its channel; `compact` leaves out the
 * name and picture of a message that follows one by the same author; `dated` adds the day to its time where no
 * divider says it. `onReply` opens the thread; `repliedTo` is how the thread begins of a reply that stands in the
 * channel, too.
 */
export const Message = memo(({ message, compact, dated, thread, session, unread, onReply, repliedTo }) => {
  const { world, me } = useDesk();
  const [editing, setEditing] = useState(false);
  const row = useRef();
  const [problem, setProblem] = useState(null);
  // The bar of what can be done is most of a row: it is drawn when somebody comes near.
  const [near, setNear] = useState(false);
  const { channel, ts } = message;
  const author = world.users.get(message.author ?? message.user);
  const whisper = Boolean(message.id);
  const mine = message.user === me && !whisper;
  const growing = message.streaming_state === "in_progress";

  // What a keyboard was at may be gone when this is drawn anew, as a button that was answered: then the message has
  // the focus.
  const held = row.current?.querySelector(":focus-visible");
  useLayoutEffect(() => {
    if (held && document.activeElement === document.body) row.current.focus({ preventScroll: true });
  });

  async function attempt(what, details) {
    const answer = await act(me, what, { channel, ts, ...details });
    setProblem(answer.ok ? null : problemOf(answer));
    return answer;
  }

  function react(name) {
    const given = message.reactions?.find((reaction) => reaction.name === name)?.users.includes(me);
    attempt(given ? "unreact" : "react", { name });
  }

  async function save(text) {
    const answer = await attempt("edit", { text });
    if (answer.ok) endEditing();
    return answer;
  }

  /** What one writes next goes below again. */
  function endEditing() {
    setEditing(false);
    if (WIDE.matches) row.current.closest(".place, .thread").querySelector(".composer:not(.editing) textarea")?.focus();
  }

  const empty = !message.text && !message.blocks?.length;
  const body = editing
    ? html`<${Composer} label="Edit message" testid="edit-composer" sendTestid="save" channel=${channel}
        initial=${typed(message.text, world)} onSend=${save} onCancel=${endEditing} />`
    : !empty && html`<${Content} message=${message} />`;
  return html`
    <article
      class=${classes("message", compact && "compact", whisper && "whisper", editing && "editing", growing && "growing")}
      tabindex="-1"
      data-testid="message"
      data-ts=${ts}
      data-author=${author?.name}
      data-mine=${mine || undefined}
      ref=${row}
      onBeginEdit=${() => mine && setEditing(true)}
      onMouseEnter=${() => setNear(true)}
      onFocusIn=${() => setNear(true)}
      aria-busy=${growing ? "true" : undefined}
      aria-label=${`${nameOf(author)}, ${timeOf(ts)}`}
    >
      <div class="gutter">${compact ? html`<${Time} ts=${ts} says=${shortTimeOf} />` : html`<${Avatar} user=${author} />`}</div>
      <div class="message-body">
        ${whisper && html`<p class="only-you"><${Icon} name="eye" />Only visible to you</p>`}
        ${
          !compact &&
          html`<header class="message-head">
          <b>${nameOf(author)}</b>${author?.is_bot && html`<span class="badge">APP</span>`}<${Time} ts=${ts} says=${dated ? dayAndTimeOf : timeOf} />
        </header>`
        }
        ${message.subtype === "thread_broadcast" && html`<${Broadcasted} repliedTo=${repliedTo} onOpen=${onReply} />`}
        ${body}
        ${message.files && html`<${Files} files=${message.files} />`}
        ${message.reactions?.length > 0 && html`<${Reactions} message=${message} react=${react} />`}
        ${
          (thread || session) &&
          html`<${ReplyBar} thread=${thread} session=${session} unread=${unread} onOpen=${onReply} />`
        }
        ${problem && html`<p class="problem" role="alert"><${Icon} name="warning" />${problem}</p>`}
      </div>
      ${
        near &&
        !whisper &&
        !editing &&
        html`<${Toolbar} message=${message} mine=${mine} onReact=${react} onReply=${onReply}
        onEdit=${() => setEditing(true)} onProblem=${setProblem} />`
      }
    </article>
  `;
});
