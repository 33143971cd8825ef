"""Presses of buttons and choices from menus, as values. Pure and total, as `parse`.

Of the Home's, see `home_ids`; of those inside a modal, `parse_modals`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from bot.core.asks import Answer, Ask, Confirmation, Question
from bot.core.ids import ThreadKey
from bot.slack.action_ids import Action, AskAction, parse_action
from bot.slack.parse import Body, Identity, Ignored
from bot.slack.queue_ids import QueueAction, parse_queue_action
from bot.slack.wire import ClickBody, StopBody


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A press of a button or a choice in a menu. `thread` is where it was shown; `trigger` opens a
    modal, once and for three seconds.

    `action` is None when it is none of ours, or was tampered with.
    """

    key: str
    thread: ThreadKey
    user: str
    action: Action | None
    trigger: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeStop:
    """Somebody pressed Slack's own Stop (`agent_session_stopped`)."""

    key: str
    thread: ThreadKey
    user: str


@dataclass(frozen=True, slots=True)
class Press:
    """A press on the list of what waits, which stands in `thread`. `action` is None when it is none
    of ours, or was tampered with."""

    key: str
    thread: ThreadKey
    user: str
    action: QueueAction | None


def click(body: Body, me: Identity) -> Click | Ignored:
    """A `block_actions` payload of a card or a turn."""
    pressed = _pressed(body, me)
    if isinstance(pressed, Ignored):
        return pressed
    return Click(
        key=pressed.key,
        thread=pressed.thread,
        user=pressed.user,
        action=parse_action(pressed.action_id, pressed.value),
        trigger=pressed.trigger,
    )


def press(body: Body, me: Identity) -> Press | Ignored:
    """A `block_actions` payload of the list of what waits."""
    pressed = _pressed(body, me)
    if isinstance(pressed, Ignored):
        return pressed
    action = parse_queue_action(pressed.action_id, pressed.value)
    return Press(key=pressed.key, thread=pressed.thread, user=pressed.user, action=action)


def answer_to(ask: Ask, action: AskAction) -> Answer | None:
    """The answer a press on the ask's card gives; None when the card offers no such choice."""
    if action.choice is None:
        return Answer(verb=action.verb) if isinstance(ask, Confirmation) else None
    if not isinstance(ask, Question) or len(ask.fields) != 1:
        return None
    field = ask.fields[0]
    if action.choice >= len(field.choices):
        return None
    return Answer(verb="reply", values=((field.id, (field.choices[action.choice].id,)),))


def native_stop(body: Body, me: Identity) -> NativeStop | Ignored:
    """An `agent_session_stopped` event."""
    try:
        envelope = StopBody.model_validate(body)
    except ValidationError:
        return Ignored("a stop without thread or person", unknown=True)
    event = envelope.event
    thread = ThreadKey(me.team, event.channel, event.thread_ts)
    return NativeStop(key=f"ev:{envelope.event_id}", thread=thread, user=event.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pressed:
    """`value` is the button's value or that of the option chosen."""

    key: str
    thread: ThreadKey
    user: str
    action_id: str
    value: str | None
    trigger: str


def _pressed(body: Body, me: Identity) -> _Pressed | Ignored:
    """Slack sends one action a payload for what we show."""
    try:
        payload = ClickBody.model_validate(body)
    except ValidationError:
        return Ignored("not an action on a message")
    team = payload.team.id if payload.team else me.team
    if team != me.team or not payload.actions:
        return Ignored("an action from another workspace, or none")
    act, place, user = payload.actions[0], payload.container, payload.user.id
    in_message = payload.message.thread_ts if payload.message else None
    root = place.thread_ts or in_message or place.message_ts
    return _Pressed(
        key=f"act:{team}:{user}:{place.message_ts}:{act.action_id}:{act.action_ts}",
        thread=ThreadKey(team, place.channel_id, root),
        user=user,
        action_id=act.action_id,
        value=act.selected_option.value if act.selected_option else act.value,
        trigger=payload.trigger_id,
    )
