// One message: who, when, what, its reactions, its thread, and what can be done with it.
import { act, problemOf } from "./api.js";
import { Blocks } from "./blocks.js";
import { Composer } from "./composer.js";
import { useDesk } from "./desk.js";
import { EMOJI } from "./emoji.js";
import { classes, html, memo, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Mrkdwn, decode, onlyEmoji } from "./mrkdwn.js";
import { Avatar, nameOf } from "./people.js";
import { EmojiPicker, Menu } from "./popup.js";
import { dayAndTimeOf, exactTimeOf, lastReply, shortTimeOf, timeOf } from "./when.js";

const QUICK = ["white_check_mark", "eyes", "raised_hands"];

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
  const { channel, ts, blocks, text, edited } = message;
  const mark = edited && html`<span class="edited"> (edited)</span>`;
  if (blocks?.length) return html`<${Blocks} blocks=${blocks} source=${{ channel, ts }} />${mark}`;
  return html`<div class=${classes("text", onlyEmoji(text) && "jumbo")}><${Mrkdwn} text=${text} />${mark}</div>`;
}

const Files = ({ files }) => html`
  <div class="files">
    ${files.map(
      ({ name, pretty_type }) => html`
        <span class="file"><${Icon} name="file" /><span><b>${name}</b><small>${pretty_type}</small></span></span>
      `,
    )}
  </div>
`;

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

const DOING = { processing: "is working…", suspended: "is waiting for an answer" };

/** "threadline is working…", or nothing when the session is idle. */
export function Doing({ session }) {
  const { world } = useDesk();
  const doing = DOING[session?.status];
  return doing && html`<span class=${`doing ${session.status}`}>${nameOf(world.app)} ${doing}</span>`;
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

function Toolbar({ mine, onReact, onReply, onEdit, onDelete }) {
  const own = [
    { text: "Edit message", onPick: onEdit },
    { text: "Delete message", danger: true, onPick: onDelete },
  ];
  return html`
    <div class="toolbar" role="toolbar" aria-label="Message actions">
      ${QUICK.map(
        (name) => html`
          <button type="button" class="icon-button quick" title=${`:${name}:`} aria-label=${`React with ${name}`}
            onClick=${() => onReact(name)}>${EMOJI[name]}</button>
        `,
      )}
      <${EmojiPicker} label="Find another reaction" onPick=${onReact} />
      ${
        onReply &&
        html`<button type="button" class="icon-button" title="Reply in thread" aria-label="Reply in thread"
        onClick=${onReply}><${Icon} name="thread" /></button>`
      }
      ${mine && html`<${Menu} label="More actions" items=${own} />`}
    </div>
  `;
}

/**
 * `thread` (a summary) and `session` are given where the message stands in its channel; `compact` leaves out the
 * name and picture of a message that follows one by the same author; `dated` adds the day to its time where no
 * divider says it. `onReply` opens the thread.
 */
export const Message = memo(({ message, compact, dated, thread, session, unread, onReply }) => {
  const { world, me } = useDesk();
  const [editing, setEditing] = useState(false);
  const [problem, setProblem] = useState(null);
  const { channel, ts } = message;
  const author = world.users.get(message.author ?? message.user);
  const whisper = Boolean(message.id);
  const mine = message.user === me && !whisper;

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
    if (answer.ok) setEditing(false);
    return answer;
  }

  const body = editing
    ? html`<${Composer} label="Edit message" testid="edit-composer" sendTestid="save" channel=${channel}
        initial=${typed(message.text, world)} onSend=${save} onCancel=${() => setEditing(false)} />`
    : html`<${Content} message=${message} />`;
  return html`
    <article
      class=${classes("message", compact && "compact", whisper && "whisper", editing && "editing")}
      role="listitem"
      tabindex="-1"
      data-testid="message"
      data-ts=${ts}
      data-author=${author?.name}
      aria-label=${`${nameOf(author)}, ${timeOf(ts)}`}
    >
      <div class="gutter">${compact ? html`<${Time} ts=${ts} says=${shortTimeOf} />` : html`<${Avatar} user=${author} />`}</div>
      <div class="message-body">
        ${whisper && html`<p class="only-you"><${Icon} name="lock" />Only visible to you</p>`}
        ${
          !compact &&
          html`<header class="message-head">
          <b>${nameOf(author)}</b>${author?.is_bot && html`<span class="badge">APP</span>`}<${Time} ts=${ts} says=${dated ? dayAndTimeOf : timeOf} />
        </header>`
        }
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
        !whisper &&
        !editing &&
        html`<${Toolbar} mine=${mine} onReact=${react} onReply=${onReply} onEdit=${() => setEditing(true)}
        onDelete=${() => attempt("delete")} />`
      }
    </article>
  `;
});
