"""What people should see, derived from the state.

`view` gives all of it in the order it stands in the thread; `overdue` what Slack does not show yet.
"""

from __future__ import annotations

from bot.core.views.derive import ask_view, digest, find, overdue, priority_of, view
from bot.core.views.forget import tidy
from bot.core.views.home import Glance, glance, home_view, may_revoke
from bot.core.views.kinds import (
    AskView,
    FileView,
    HomeEntry,
    HomeGrant,
    HomeView,
    Item,
    Mark,
    MarkView,
    NoticeView,
    Overdue,
    PlanLine,
    Priority,
    QueueEntry,
    QueueView,
    SessionView,
    Shown,
    StatusView,
    StepView,
    TurnStatus,
    TurnView,
)

__all__ = [
    "AskView",
    "FileView",
    "Glance",
    "HomeEntry",
    "HomeGrant",
    "HomeView",
    "Item",
    "Mark",
    "MarkView",
    "NoticeView",
    "Overdue",
    "PlanLine",
    "Priority",
    "QueueEntry",
    "QueueView",
    "SessionView",
    "Shown",
    "StatusView",
    "StepView",
    "TurnStatus",
    "TurnView",
    "ask_view",
    "digest",
    "find",
    "glance",
    "home_view",
    "may_revoke",
    "overdue",
    "priority_of",
    "tidy",
    "view",
]
