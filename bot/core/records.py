"""What goes into the audit trail, and into the store of standing rules: written in the transaction
that saves the state it comes from, so that each is there exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from bot.core.approvals import Grant
from bot.core.inbound import Person

RecordKind = Literal[
    "asked", "voted", "decided", "automatic", "taken", "not_taken", "elsewhere", "withdrawn",
    "expired", "parked", "refused", "answered", "granted", "revoked", "stopped", "configured",
    "erased",
]  # fmt: skip
"""`decided`: a person chose (by policy or by hand); `taken`, `not_taken`: what the agent server
made of it. `refused`: somebody without the right tried. `erased`: the contents of older records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of the audit trail. `where` is where it was done (`thread`, a place, `agent`).
    `proposed` is what the agent wanted to do and `effective` what it may do, where that differs.
    `rule` names what allowed or decided it."""

    kind: RecordKind
    at: float
    by: Person | None = None
    ask: str = ""
    tool: str = ""
    verb: str = ""
    where: str = ""
    rule: str = ""
    detail: str = ""
    proposed: dict[str, JsonValue] | None = None
    effective: dict[str, JsonValue] | None = None
    grant: Grant | None = None
