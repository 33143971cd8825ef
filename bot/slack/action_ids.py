"""The one place that makes and reads the ids and values of our buttons, menus and modals.

All come back from Slack as they were sent, and anybody who sees the message may press: they name
what is meant and prove nothing. Rights are checked where the action is handled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from bot.core.asks import Verb
from bot.core.ids import SessionId, ThreadKey

VERBS: tuple[Verb, ...] = get_args(Verb)
STOP = "turn:stop"
MORE = "ask:more"
PAGE = "ask:page"
FIND = "ask:find:"
MODAL = "ask:modal:"
OTHER = "other"

Form = Literal["show", "who", "deny", "edit", "always", "agent_always", "answer"]
"""What a press opens: the whole input; who decides and why; a reason for a denial; the input to be
changed; a standing rule of ours; the agent's own rule; the questions."""

FORMS: tuple[Form, ...] = get_args(Form)

_VERB_NAMED: dict[str, Verb] = {str(verb): verb for verb in VERBS}
_FORM_NAMED: dict[str, Form] = {str(form): form for form in FORMS}
_ASK = re.compile(r"ask:([a-z_]{1,20})(?::[0-9]{1,5})?", re.ASCII)
_ALL = re.compile(r"ask:all:(allow|deny)", re.ASCII)
_OPEN = re.compile(r"ask:open:([a-z_]{1,20})", re.ASCII)
_UID = re.compile(r"[0-9a-f]{24}", re.ASCII)
_VALUE = re.compile(r"([0-9a-f]{24})(?::([0-9]{1,5}))?", re.ASCII)
_NAMED = re.compile(r"([0-9a-f]{24}):([a-z_]{1,20})", re.ASCII)
_MODAL = re.compile(
    r"([0-9a-f]{24}):([a-z_]{1,20}):(thread|[A-Z0-9]{1,30}/[0-9]{1,12}\.[0-9]{1,9})", re.ASCII
)


class ActionRef(NamedTuple):
    """What an element carries. `value` is the button's value or the menu option's."""

    action_id: str
    value: str


@dataclass(frozen=True, slots=True)
class AskAction:
    """A press on an ask's card. `choice` is the index in the choices of the question's only
    field, set with the verb `reply` alone. `all`: and the turn's other confirmations, so
    many in sum as the card named."""

    uid: str
    verb: Verb
    choice: int | None = None
    all: int = 0


@dataclass(frozen=True, slots=True)
class OpenAction:
    """A press that wants a modal."""

    uid: str
    form: Form


@dataclass(frozen=True, slots=True)
class PageAction:
    """A press in a modal: another page, counted from 0, of an input."""

    uid: str
    page: int


@dataclass(frozen=True, slots=True)
class StopAction:
    """A press on a running turn's Stop."""

    session: SessionId


Action = AskAction | OpenAction | PageAction | StopAction


@dataclass(frozen=True, slots=True)
class ModalRef:
    """What a modal of ours is about. `place` is where the card stands it was opened from: `thread`
    or a place's stored form."""

    uid: str
    form: Form
    place: str = "thread"


def ask_button(uid: str, verb: Verb) -> ActionRef:
    """A decision of the confirmation `uid` (`core.ids.ask_uid`)."""
    return ActionRef(f"ask:{verb}", uid)


def all_button(uid: str, verb: Literal["allow", "deny"], count: int) -> ActionRef:
    """A decision of the confirmation `uid` and of all others of its turn, `count` in sum."""
    return ActionRef(f"ask:all:{verb}", f"{uid}:{count}")


def choice_button(uid: str, choice: int) -> ActionRef:
    """The answer at index `choice`, as a button of its own."""
    return ActionRef(f"ask:reply:{choice}", f"{uid}:{choice}")


def choice_option(uid: str, choice: int) -> ActionRef:
    """The answer at index `choice`, as an option of the question's menu: all share an action id."""
    return ActionRef("ask:reply", f"{uid}:{choice}")


def found_option(uid: str, choice: int) -> ActionRef:
    """As `choice_option`, of a menu too long to be sent whole: it asks us as a person types."""
    return ActionRef(f"{FIND}{uid}", f"{uid}:{choice}")


def open_button(uid: str, form: Form) -> ActionRef:
    return ActionRef(f"ask:open:{form}", uid)


def open_option(uid: str, form: Form) -> ActionRef:
    """The same in the card's overflow menu."""
    return ActionRef(MORE, f"{uid}:{form}")


def page_button(uid: str, page: int) -> ActionRef:
    return ActionRef(f"{PAGE}:{page}", f"{uid}:{page}")


def stop_button(session: SessionId) -> ActionRef:
    return ActionRef(STOP, session)


def modal_ids(ref: ModalRef) -> tuple[str, str]:
    """The callback_id and private_metadata of a modal."""
    return f"{MODAL}{ref.form}", f"{ref.uid}:{ref.form}:{ref.place}"


def parse_action(action_id: str, value: str | None) -> Action | None:
    """What a press means; None when it is none of ours or was tampered with. Never raises.

    `value` is the action's `value`, for a menu its `selected_option.value`.
    """
    value = value or ""
    if action_id == STOP:
        return _parse_stop(value)
    if opened := _parse_open(action_id, value):
        return opened
    given = _VALUE.fullmatch(value)
    if given is None:
        return None
    uid, number = given[1], None if given[2] is None else int(given[2])
    if everything := _ALL.fullmatch(action_id):
        return AskAction(uid, _VERB_NAMED[everything[1]], all=number) if number else None
    if number is not None and action_id == f"{PAGE}:{number}":
        return PageAction(uid, number)
    if number is not None and action_id == f"{FIND}{uid}":
        return AskAction(uid, "reply", number)
    named = _ASK.fullmatch(action_id)
    verb = _VERB_NAMED.get(named[1]) if named else None
    if verb is None or (verb == "reply") is (number is None):
        return None
    return AskAction(uid, verb, number)


def _parse_open(action_id: str, value: str) -> OpenAction | None:
    if action_id == MORE and (chosen := _NAMED.fullmatch(value)):
        uid, form = chosen[1], _FORM_NAMED.get(chosen[2])
    elif (pressed := _OPEN.fullmatch(action_id)) and _UID.fullmatch(value):
        uid, form = value, _FORM_NAMED.get(pressed[1])
    else:
        return None
    return OpenAction(uid, form) if form else None


def parse_modal(callback_id: str, private_metadata: str) -> ModalRef | None:
    """What a modal is about; None when it is none of ours or was tampered with. Never raises."""
    named = _MODAL.fullmatch(private_metadata)
    if named is None or callback_id != f"{MODAL}{named[2]}":
        return None
    form = _FORM_NAMED.get(named[2])
    return ModalRef(named[1], form, named[3]) if form else None


def parse_found(action_id: str) -> str | None:
    """The uid whose menu asks for options. Never raises."""
    uid = action_id.removeprefix(FIND)
    return uid if action_id.startswith(FIND) and _UID.fullmatch(uid) else None


def choice_of(value: str, uid: str) -> int | None:
    """The index that an option of this ask stands for; None when it is another's. Never raises."""
    given = _VALUE.fullmatch(value)
    return int(given[2]) if given and given[1] == uid and given[2] is not None else None


def _parse_stop(value: str) -> StopAction | None:
    try:
        return StopAction(ThreadKey.parse(value).session)
    except ValueError:
        return None
