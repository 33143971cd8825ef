"""The form of a standing rule: what it begins with, and what somebody made of it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import JsonValue

from bot.core.approvals import COMMANDS, matches
from bot.core.asks import Confirmation
from bot.core.inbound import Always
from bot.slack import limits
from bot.slack.render.escape import clean
from bot.slack.render.forms import Errors, Filled
from bot.slack.render.inputs import LINE, PATHS
from bot.slack.wire import Typed

MOST_PATTERNS: Final = 20
_WORD = re.compile(r"[a-z][a-z0-9_:-]*", re.ASCII)
_JOINS = re.compile(r"[;&|<>`$\n(){}]")
_OWN_WORDS = frozenset({"description", "reason", "why", "explanation", "timeout", "timeout_ms"})
"""Inputs that say nothing of what a call does."""

Scope = Literal["thread", "channel", "workspace"]
SCOPES: Final[Mapping[Scope, str]] = {
    "thread": "In this thread",
    "channel": "In this channel",
    "workspace": "In the whole workspace",
}
DAYS: Final[Mapping[int, str]] = {1: "1 day", 7: "7 days", 30: "30 days"}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One value of the input, and what to allow of it from now on; empty: anything."""

    block: str
    name: str
    suggested: str


def patterns(ask: Confirmation, shown: Mapping[str, JsonValue]) -> list[Pattern]:
    """`shown` as for `entries`: a secret is never put into a rule."""
    named = [
        (name, value)
        for name, value in ask.input.items()
        if isinstance(value, str | int | float) and shown.get(name) == value
    ]
    named.sort(key=lambda pair: pair[0] not in COMMANDS)
    return [
        Pattern(f"p{at}", name, _suggested(name, value))
        for at, (name, value) in enumerate(named[:MOST_PATTERNS])
    ]


def _suggested(name: str, value: str | int | float) -> str:
    """Something like this call, and not much more."""
    text = value if isinstance(value, str) else json.dumps(value)
    if name in COMMANDS:
        return _command(text) if len(text) <= limits.TYPED_TEXT else ""
    if name in _OWN_WORDS or len(text) > LINE or "\n" in text or clean(text) != text:
        return ""
    if found := re.match(r"https?://[^/?#@\\]+/", text):
        return f"{found[0]}*"
    if name in PATHS and "/" in text.strip("/"):
        return f"{text.rpartition('/')[0]}/*"
    return text


def _command(text: str) -> str:
    """Its first word, and the second where that is a command of the first."""
    if _JOINS.search(text) or clean(text) != text:
        return text
    words = text.split(" ")
    kept = 2 if len(words) > 1 and _WORD.fullmatch(words[1]) else 1
    return " ".join(words[:kept]) + (" *" if len(words) > kept else "")


def standing_rule(
    ask: Confirmation, shown: Mapping[str, JsonValue], filled: Filled
) -> tuple[Always, Errors]:
    """The rule somebody wants; or what is wrong with it. It must allow the call it is made for."""
    wanted: list[tuple[str, str]] = []
    wrong: Errors = {}
    for pattern in patterns(ask, shown):
        written = (filled.get(pattern.block, Typed()).value or "").strip()
        if not written:
            if pattern.name in COMMANDS:
                wrong[pattern.block] = "Say which commands. * alone means any single command."
            continue
        wanted.append((pattern.name, written))
        if not matches(ask.tool, (wanted[-1],), ask, strict=True):
            wrong[pattern.block] = "This very request would not fit. " + (
                "* never reaches over a second command." if pattern.name in COMMANDS else ""
            )
    scope, days = _picked(filled, "scope"), _picked(filled, "days")
    known: Scope | None = next((one for one in SCOPES if one == scope), None)
    seconds = next((float(n * 86400) for n in DAYS if str(n) == days), None)
    if known is None:
        wrong["scope"] = "Choose where."
    if seconds is None:
        wrong["days"] = "Choose for how long."
    rule = Always(scope=known or "thread", input=tuple(wanted), seconds=seconds or 86400.0)
    return rule, {block: sentence.strip() for block, sentence in wrong.items()}


def _picked(filled: Filled, block: str) -> str:
    option = filled.get(block, Typed()).selected_option
    return option.value if option else ""
