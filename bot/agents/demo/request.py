"""What a prompt asks the demo agent for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "help",
    "explain",
    "plan",
    "deploy",
    "ask",
    "form",
    "choose",
    "patch",
    "batch",
    "several",
    "ticket",
    "think",
    "steps",
    "fail",
    "crash",
    "long",
    "essay",
    "echo",
    "silent",
    "away",
    "chat",
]


@dataclass(frozen=True, slots=True)
class Request:
    """`text` is what was said, for `echo` what to say back. `number` is the amount named, if any:
    characters for `essay`, steps for `steps`, else seconds."""

    kind: Kind
    text: str
    number: int | None = None


# The first that is found in what was said wins; a word that people use in passing must stand first.
_PATTERNS: tuple[tuple[str, Kind], ...] = (
    (r"^echo\b", "echo"),
    (r"^silent\b", "silent"),
    (r"^away\b", "away"),
    (r"^crash\b", "crash"),
    (r"^form\b", "form"),
    (r"^choose\b", "choose"),
    (r"^patch\b", "patch"),
    (r"^batch\b", "batch"),
    (r"^several\b", "several"),
    (r"^ticket\b", "ticket"),
    (r"^essay\b|\bwrite\b.*\d\s*k?\s*(characters|chars|letters)\b", "essay"),
    (r"^long\b|\bwork (for|on)\b.*\d", "long"),
    (r"^fail\b|\bmake .*\bfail\b", "fail"),
    (r"^steps\b|\b(do|take) \d+ steps\b", "steps"),
    (r"^think\b|\bthink (about|hard)\b", "think"),
    (r"^plan\b|\b(make|write|draw up) (me |us )?a plan\b", "plan"),
    (r"^run\b|\b(deploy|roll ?out|release)\b", "deploy"),
    (r"^ask\b|\bask (me|us) ", "ask"),
    (r"^(explain|show|markdown)\b", "explain"),
    (r"^(help|hello|hi)\b|^\?|^$|\bonly mentions you\b", "help"),
    (r"\bwhat can you do\b|\bhow does this work\b", "help"),
)
_POLITE = re.compile(
    r"^(?:(?:please|can you|could you|would you|now|ok(?:ay)?|hey)\b[\s,:!]*)+", re.I
)
_AUTHOR = re.compile(r"^[^\s:`][^\n:`]{0,60}:\s+")
_ECHO = re.compile(r"(?:\A|\n[ \t]*\n)echo(?:\s|\Z)", re.I)
_NUMBER = re.compile(r"\b(\d{1,7})\s*(k\b|min)?", re.I)


def read(prompt: str) -> Request:
    """The request in the last paragraph of a prompt: what stands before it may be context.

    In a thread of several people it may begin with its author's name. `echo` gives back all that
    follows it, blank lines too.
    """
    if found := _ECHO.search(prompt):
        return Request("echo", prompt[found.end() :])
    said = re.split(r"\n[ \t]*\n", prompt.strip())[-1].strip()
    if not re.search(r"\w|\?", said):
        return Request("chat" if said else "help", said)
    for text in (said, _AUTHOR.sub("", said)):
        command = _POLITE.sub("", text)
        for pattern, kind in _PATTERNS:
            if re.search(pattern, command, re.I):
                text = command[len("echo ") :] if kind == "echo" else command
                return Request(kind, text, _number(command))
    return Request("chat", said)


def _number(text: str) -> int | None:
    found = _NUMBER.search(re.sub(r"(?<=\d)[,.](?=\d{3})", "", text))
    if found is None:
        return None
    unit = (found[2] or "").lower()
    return int(found[1]) * {"k": 1000, "min": 60}.get(unit, 1)


def seconds_away(prompt: str) -> int:
    """How long the agent cannot be reached after it answered this prompt: mostly 0."""
    request = read(prompt)
    if request.kind != "away":
        return 0
    return min(10 if request.number is None else request.number, 600)


def deployment(text: str) -> tuple[str, str]:
    """What is to be deployed where: `deploy <what> to <where>`, either may be left out."""
    found = re.search(
        r"\b(?:deploy|roll ?out|release|run)\b[ \t]*(?P<what>[^\n]*?)[ \t]*"
        r"(?:\b(?:to|on|in)[ \t]+(?P<where>[^\n.!?]+?))?[ \t]*[.!?]*\s*(?:\n|\Z)",
        text,
        re.I,
    )
    if found is None:
        return "the website", "staging"
    return gist(found["what"]) or "the website", gist(found["where"] or "") or "staging"


def gist(text: str) -> str:
    """The first words of a text, on one line; without marks that would open code."""
    words = " ".join(text.replace("`", "").split())
    return words if len(words) <= 80 else f"{words[:80].rsplit(' ', 1)[0]} …"


def slug(text: str) -> str:
    """A name a shell takes as one word."""
    words = [word for word in re.findall(r"\w+", text.lower()) if word not in ("the", "a", "our")]
    return "-".join(words)[:40] or "it"
