"""THE state machine of a session: see `reduce`."""

from __future__ import annotations

from bot.core.session.reduce import Input, reduce
from bot.core.session.timing import due_at

__all__ = ["Input", "due_at", "reduce"]
