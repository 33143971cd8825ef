"""The one place that makes and reads the `action_id` and `value` of our buttons and menus.

Both come back from Slack as they were sent, and anybody who sees the message may press: they name
what is meant and prove nothing. Rights are checked where the action is handled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, get_args

from bot.core.asks import Verb
from bot.core.ids import SessionId, ThreadKey

VERBS: tuple[Verb, ...] = get_args(Verb)
STOP = "turn:stop"

_VERB_NAMED: dict[str, Verb] = {str(verb): verb for verb in VERBS}
_ASK = re.compile(r"ask:([a-z_]{1,20})(?::[0-9]{1,3})?", re.ASCII)
_VALUE = re.compile(r"([0-9a-f]{24})(?::([0-9]{1,3}))?", re.ASCII)


class ActionRef(NamedTuple):
    """What an element carries. `value` is the button's value or the menu option's."""

    action_id: str
    value: str


@dataclass(frozen=True, slots=True)
class AskAction:
    """A press on an ask's card. `choice` is the index in the choices of the question's only
    field, set with the verb `reply` alone."""

    uid: str
    verb: Verb
    choice: int | None = None


@dataclass(frozen=True, slots=True)
class StopAction:
    """A press on a running turn's Stop."""

    session: SessionId


def ask_button(uid: str, verb: Verb) -> ActionRef:
    """A decision of the confirmation `uid` (`core.ids.ask_uid`)."""
    return ActionRef(f"ask:{verb}", uid)


def choice_button(uid: str, choice: int) -> ActionRef:
    """The answer at index `choice`, as a button of its own."""
    return ActionRef(f"ask:reply:{choice}", f"{uid}:{choice}")


def choice_option(uid: str, choice: int) -> ActionRef:
    """The answer at index `choice`, as an option of the question's menu: all share an action id."""
    return ActionRef("ask:reply", f"{uid}:{choice}")


def stop_button(session: SessionId) -> ActionRef:
    return ActionRef(STOP, session)


def parse_action(action_id: str, value: str | None) -> AskAction | StopAction | None:
    """What a press means; None when it is none of ours or was tampered with. Never raises.

    `value` is the action's `value`, for a menu its `selected_option.value`.
    """
    if action_id == STOP:
        return _parse_stop(value or "")
    named = _ASK.fullmatch(action_id)
    given = _VALUE.fullmatch(value or "")
    if named is None or given is None:
        return None
    verb = _VERB_NAMED.get(named[1])
    choice = None if given[2] is None else int(given[2])
    if verb is None or (verb == "reply") is (choice is None):
        return None
    return AskAction(given[1], verb, choice)


def _parse_stop(value: str) -> StopAction | None:
    try:
        return StopAction(ThreadKey.parse(value).session)
    except ValueError:
        return None
