"""`[approvals]` of the TOML file: the operator's policy as it is written, and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.core.approvals import Approvals, Decision, Layer, Rule, Terms, Wanted, layered

_WHO = re.compile(r"owner|requester|anyone|[UW][A-Z0-9]{2,}|S[A-Z0-9]{2,}", re.ASCII)
_PLACE = re.compile(r"thread|private|[CG][A-Z0-9]{2,}", re.ASCII)
_LONGEST = 365 * 24 * 60

Minutes = Annotated[float, Field(ge=0, le=_LONGEST, allow_inf_nan=False)]
"""0 is never."""


class TermsSettings(BaseModel):
    """How people are asked; what is left out, the layers above say: see `core.approvals.Terms`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    who: tuple[str, ...] | None = None
    need: Annotated[int, Field(ge=1)] | None = None
    not_requester: bool | None = None
    ask_in: tuple[str, ...] | None = None
    deadline_minutes: Minutes | None = None
    remind_minutes: Minutes | None = None
    at_deadline: Literal["wait", "deny"] | None = None
    always: bool | None = None

    @field_validator("who")
    @classmethod
    def _known_people(cls, who: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if who is not None and not who:
            raise ValueError("names nobody, so nobody could decide")
        if who is not None and not all(_WHO.fullmatch(word) for word in who):
            raise ValueError(
                "takes owner, requester, anyone, ids of people (U…) and of user groups (S…)"
            )
        return who

    @field_validator("ask_in")
    @classmethod
    def _known_places(cls, places: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if places is not None and not all(_PLACE.fullmatch(place) for place in places):
            raise ValueError("takes thread, private and ids of channels (C…)")
        return places

    @field_validator("at_deadline", mode="before")
    @classmethod
    def _never_approves(cls, said: object) -> object:
        if said in ("allow", "approve"):
            raise ValueError("is wait or deny: nothing is ever approved because time has passed")
        return said

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            who=self.who,
            need=self.need,
            not_requester=self.not_requester,
            ask_in=self.ask_in,
            deadline=None if self.deadline_minutes is None else self.deadline_minutes * 60,
            remind=None if self.remind_minutes is None else self.remind_minutes * 60,
            at_deadline=self.at_deadline,
            always=self.always,
        )


class RuleSettings(TermsSettings):
    """One of `[[approvals.rules]]`: see `core.approvals.Rule`."""

    decision: Decision = "ask"
    tool: Annotated[str, Field(min_length=1)] = "*"
    input: dict[str, str] = Field(default_factory=dict[str, str])
    agent: Annotated[str, Field(min_length=1)] = "*"
    reason: str = ""

    @property
    def rule(self) -> Rule:
        return Rule(
            decision=self.decision,
            tool=self.tool,
            input=tuple(self.input.items()),
            agent=self.agent,
            reason=self.reason,
            wanted=self.wanted,
        )


class ApprovalSettings(TermsSettings):
    """`[approvals]`, or `[channels.<id>.approvals]`: terms, and rules of which the first that fits
    a call counts."""

    rules: tuple[RuleSettings, ...] = ()

    @property
    def layer(self) -> Layer:
        return Layer(wanted=self.wanted, rules=tuple(rule.rule for rule in self.rules))


def policy(workspace: ApprovalSettings, channels: Mapping[str, ApprovalSettings]) -> Approvals:
    """The whole policy. Raises ValueError, which names the place in the file, for terms that no
    request could ever meet."""
    made = Approvals(
        workspace=workspace.layer, channels={name: one.layer for name, one in channels.items()}
    )
    for layer, number, _, terms in layered(made):
        if problem := _impossible(terms):
            where = "approvals" if layer is None else f"channels.{layer}.approvals"
            at = "" if number is None else f", rule {number}"
            raise ValueError(f"{where}{at}: {problem}")
    return made


def _impossible(terms: Terms) -> str | None:
    if terms.at_deadline == "deny" and terms.deadline is None:
        return 'at_deadline = "deny" needs deadline_minutes'
    most = _most_people(terms)
    if most is not None and terms.need > most:
        but = ", not counting who asked" if terms.not_requester else ""
        return f"need = {terms.need} can never be met: who names at most {most}{but}"
    return None


def _most_people(terms: Terms) -> int | None:
    """How many different people `who` means at most; None where it does not say. Who started a
    session mostly is who asks, too."""
    if any(word == "anyone" or word.startswith("S") for word in terms.who):
        return None
    people = {"owner" if word == "requester" else word for word in terms.who}
    return len(people) - 1 if terms.not_requester else len(people)
