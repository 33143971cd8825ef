"""What people do to posts that are there already: edit them, delete them, put a sign on them. Pure.

Slack tells of an edit in the same way as of a link preview that came late, of our own updates and
of a thread's new count; only a person's own change of their words counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from bot.core.ids import ThreadKey
from bot.slack import parse
from bot.slack.inbound_text import named_in
from bot.slack.parse import Body, Identity, Ignored, Post
from bot.slack.wire import ChangeBody, ChangedMessage, ReactionBody

STOP_SIGNS: Final = frozenset(
    {"black_square_for_stop", "no_entry", "octagonal_sign", "stop_button", "stop_sign"}
)
"""Put on a message of a turn, one of these stops it; in whatever tone of skin."""


@dataclass(frozen=True, slots=True)
class Edit:
    """`post` as it reads now; `calls`: it mentions us now and did not before."""

    key: str
    post: Post
    calls: bool


@dataclass(frozen=True, slots=True)
class Removal:
    """The post `ts` is gone."""

    key: str
    thread: ThreadKey
    ts: str


@dataclass(frozen=True, slots=True)
class StopSign:
    """Somebody put a stop sign on message `ts`; `post` is its key, should it be a prompt."""

    key: str
    channel: str
    ts: str
    user: str
    post: str


def change(body: Body, me: Identity) -> Edit | Removal | Ignored | None:
    """An edit or a deletion; None when the event is neither."""
    try:
        envelope = ChangeBody.model_validate(body)
    except ValidationError:
        return None
    event = envelope.event
    if envelope.team_id is not None and envelope.team_id != me.team:
        return Ignored("a change in another workspace")
    if event.subtype == "message_deleted":
        return _removal(event.channel, event.deleted_ts, event.previous_message, me)
    if event.message is None:
        return Ignored("a change without a message")
    if event.message.subtype == "tombstone":
        return _removal(event.channel, event.message.ts, event.previous_message, me)
    return _edit(body, event.channel, event.message, event.previous_message, me)


def _removal(
    channel: str, ts: str | None, gone: ChangedMessage | None, me: Identity
) -> Removal | Ignored:
    if ts is None or gone is None:
        return Ignored("a deletion that does not say of what")
    if gone.user == me.user or (gone.bot_id and gone.bot_id == me.bot_id):
        return Ignored("a message of ours was deleted")
    thread = ThreadKey(me.team, channel, gone.thread_ts or ts)
    return Removal(f"del:{me.team}:{channel}:{ts}", thread, ts)


def _edit(
    body: Body, channel: str, now: ChangedMessage, before: ChangedMessage | None, me: Identity
) -> Edit | Ignored:
    if now.edited is None or now.edited.user != now.user or now.bot_id:
        return Ignored("a late link preview, one of our own updates, or a thread's new count")
    if before is not None and (now.text, now.files) == (before.text, before.files):
        return Ignored("an edit that changes no words")
    message = {**now.model_dump(exclude={"edited"}), "type": "message", "channel": channel}
    post = parse.post({**body, "event": message}, me)
    if isinstance(post, Ignored):
        return post
    said = before.text if before is not None else now.text
    calls = post.mentions_bot and me.user not in named_in(said or "").users
    return Edit(edit_key(post, now.edited.ts), post, calls)


def edit_key(post: Post, edited: str) -> str:
    """The edit of a post is one, whoever found it."""
    return f"edit:{post.thread.team}:{post.thread.channel}:{post.ts}:{edited}"


def stop_sign(body: Body, me: Identity) -> StopSign | Ignored:
    """A `reaction_added` event."""
    try:
        envelope = ReactionBody.model_validate(body)
    except ValidationError:
        return Ignored("a reaction on something else than a message")
    event = envelope.event
    if envelope.team_id is not None and envelope.team_id != me.team:
        return Ignored("a reaction in another workspace")
    if event.reaction.partition("::")[0] not in STOP_SIGNS:
        return Ignored("a reaction that means nothing here")
    if event.user == me.user:
        return Ignored("our own reaction")
    channel, ts = event.item.channel, event.item.ts
    key = f"react:{me.team}:{channel}:{ts}:{event.user}:{event.event_ts}"
    return StopSign(key, channel, ts, event.user, parse.post_key(me, channel, ts))
