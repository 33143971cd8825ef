"""The one place that makes and reads the `action_id` and `value` of the Home's buttons.

As with cards: they name what is meant and prove nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from bot.core.ids import SessionId, ThreadKey
from bot.slack.action_ids import ActionRef
from bot.slack.parse import Body, Identity, Ignored
from bot.slack.wire import HomeClickBody

ANY: Final = re.compile(r"^home:")
REVOKE: Final = "home:revoke"
STOP: Final = "home:stop"
LONGEST_ID: Final = 200


@dataclass(frozen=True, slots=True)
class RevokeAction:
    """A press on a standing rule's Revoke."""

    grant: str


@dataclass(frozen=True, slots=True)
class StopSessionAction:
    """A press on a running session's Stop."""

    session: SessionId


def revoke_button(grant: str) -> ActionRef:
    return ActionRef(REVOKE, grant)


def stop_button(session: SessionId) -> ActionRef:
    return ActionRef(STOP, session)


def parse_home_action(action_id: str, value: str | None) -> RevokeAction | StopSessionAction | None:
    """What a press means; None when it is none of ours or was tampered with. Never raises."""
    if not value or len(value) > LONGEST_ID:
        return None
    if action_id == REVOKE:
        return RevokeAction(value)
    if action_id != STOP:
        return None
    try:
        return StopSessionAction(ThreadKey.parse(value).session)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePress:
    """A press on a button of the Home. `action` is None where we made none such."""

    key: str
    user: str
    action: RevokeAction | StopSessionAction | None


def home_press(body: Body, me: Identity) -> HomePress | Ignored:
    """A `block_actions` payload from the Home tab."""
    try:
        pressed = HomeClickBody.model_validate(body)
    except ValidationError:
        return Ignored("not an action on the Home")
    if not pressed.actions or (pressed.team and pressed.team.id != me.team):
        return Ignored("an action from another workspace, or none")
    act, user = pressed.actions[0], pressed.user.id
    return HomePress(
        key=f"act:{me.team}:{user}:home:{act.action_id}:{act.action_ts}",
        user=user,
        action=parse_home_action(act.action_id, act.value),
    )
