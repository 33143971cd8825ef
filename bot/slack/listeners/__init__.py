"""One file for each kind of thing people do. A listener reads, lets it be stored, then acks.

Bolt runs with `process_before_response`: Slack hears of success when the listener has returned, and
nothing when it raised. An event is then sent again; a click is not, so its person is told.
"""

from __future__ import annotations

from bot.slack.bolt import Bolt
from bot.slack.intake import Intake
from bot.slack.listeners import (
    actions,
    home,
    lifecycle,
    mentions,
    messages,
    modals,
    queue,
    reactions,
)


def register(app: Bolt, intake: Intake) -> None:
    """All listeners, the first that matches is asked: the Home's and the queue's come before
    `actions`, which takes every press that is left. What none of them matches is acked by the error
    listener of `app`."""
    for kind in (mentions, messages, queue, home, actions, modals, reactions, lifecycle):
        kind.register(app, intake)
