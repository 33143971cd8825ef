"""The `action_id` and `value` of the list of what waits; like `action_ids`, they prove nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, get_args

from bot.core.ids import SessionId, ThreadKey
from bot.core.inbound import QueueAct
from bot.slack.action_ids import ActionRef

ANY: Final = re.compile("queue:")
MENU: Final = "queue:menu"

_ACTS: dict[str, QueueAct] = {str(act): act for act in get_args(QueueAct)}
_ACTION = re.compile(r"queue:(\w+)(?::[0-9a-f]{16})?", re.ASCII)
_VALUE = re.compile(r"(?:(\w+) )?([^\s]+) ([0-9a-f]{16}|-)", re.ASCII)


@dataclass(frozen=True, slots=True)
class QueueAction:
    """What a press on the list of `home`'s session means; `entry` as in `Arrange`."""

    home: ThreadKey
    entry: str
    act: QueueAct


def queue_button(session: SessionId, entry: str, act: QueueAct) -> ActionRef:
    """Of the only message that waits; or, without `entry`, of all."""
    return ActionRef(f"queue:{act}", f"{session} {entry or '-'}")


def queue_option(session: SessionId, entry: str, act: QueueAct) -> ActionRef:
    """An option of one message's menu, which has the action id of the entry."""
    return ActionRef(f"{MENU}:{entry}", f"{act} {session} {entry}")


def parse_queue_action(action_id: str, value: str | None) -> QueueAction | None:
    """None when it is none of ours or was tampered with. Never raises."""
    named, given = _ACTION.fullmatch(action_id), _VALUE.fullmatch(value or "")
    if named is None or given is None:
        return None
    act = _ACTS.get(given[1] or named[1])
    try:
        home = ThreadKey.parse(given[2])
    except ValueError:
        return None
    entry = "" if given[3] == "-" else given[3]
    if act is None or (act == "clear") is bool(entry):
        return None
    return QueueAction(home, entry, act)
