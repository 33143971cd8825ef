"""`threadline run`, but it kills itself at a named point of its work with the database.

python -m tests.torture.victim saved 3        # dies at the third time

The points are recognised from outside, by the statements that go to the database: the bot has no
seam for this.
"""

import os
import re
import signal
import sys
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from bot.cli import main

STRUCK = "torture: dies at"
"""What stands in the log of a victim that reached its point."""


@dataclass(frozen=True, slots=True)
class Point:
    """`executing` a statement, `committing` a transaction with it, or after it was `committed`."""

    when: Literal["executing", "committing", "committed"]
    statement: str


POINTS = {
    "input committed, not acked": Point("committed", "INSERT INTO inbox"),
    "lease claimed": Point("committed", "UPDATE leases SET .*epoch="),
    "session adopted": Point("committed", "UPDATE sessions SET epoch="),
    "intent committed": Point("committed", "INSERT INTO messages"),
    "posted, ts not stored": Point("executing", "UPDATE messages SET"),
    "inside a save": Point("executing", "UPDATE inbox SET done_at="),
    "before the commit of a save": Point("committing", "UPDATE sessions SET remote_id="),
    "after the commit of a save": Point("committed", "UPDATE sessions SET remote_id="),
}


class Blow:
    """Counts how often its point is reached, and strikes at the `nth` time."""

    def __init__(self, name: str, nth: int) -> None:
        self._name = name
        self._nth = nth
        self._point = POINTS[name]
        self._statement = re.compile(self._point.statement)

    # A connection's `info` lasts over transactions; `checkin` comes right after the commit was
    # done, while `commit` comes before it.

    def executing(self, connection: Connection, _: object, statement: str, *_more: object) -> None:
        if self._statement.match(statement):
            self._reach("executing")
            connection.info["torture"] = "executed"

    def committing(self, connection: Connection) -> None:
        if connection.info.get("torture") == "executed":
            self._reach("committing")
            connection.info["torture"] = "committed"

    def checked_in(self, _: object, record: Any) -> None:
        if record.info.pop("torture", None) == "committed":
            self._reach("committed")

    def _reach(self, when: str) -> None:
        if when != self._point.when:
            return
        self._nth -= 1
        if self._nth == 0:
            os.write(2, f"{STRUCK} {self._name}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


def arm(name: str, nth: int) -> None:
    """Die the `nth` time the point is reached, on whichever engine."""
    blow = Blow(name, nth)
    event.listen(Engine, "before_cursor_execute", blow.executing)
    event.listen(Engine, "commit", blow.committing)
    event.listen(Pool, "checkin", blow.checked_in)


if __name__ == "__main__":
    _, given, times = sys.argv
    arm(given, int(times))
    sys.argv = ["threadline", "run"]
    main()
