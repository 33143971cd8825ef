"""How far a reader could read, when, compared with what the agent had said. Pure.

Compared are letters and digits alone: markup is drawn, not read, and each tool writes its own.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_FENCE = re.compile(r"\A\s*(?:```|~~~)[^\n]*\n")
_TABLE = re.compile(r"\A\s*\|[^\n]*\n\s*\|[\s|:-]*\n")
_TAIL = 60
"""Letters by which a place in a text is found again: texts repeat themselves, but not so long."""


def bare(text: str) -> str:
    """The letters and digits of a text."""
    return re.sub(r"[\W_]", "", text)


def joined(said: str, messages: Sequence[str]) -> str:
    """The bare text of an answer's messages in order. What a message repeats so that it is well
    formed by itself (the opening of a code block, the head of a table) is left out."""
    shown = ""
    for message in messages:
        variants = [message]
        if shown:
            variants += [message[f.end() :] for p in (_FENCE, _TABLE) if (f := p.match(message))]
        rest = said[len(shown) :]
        shown += max((bare(variant) for variant in variants), key=lambda v: _common(rest, v))
    return shown


def reach(said: str, shown: str, before: int = 0) -> int:
    """How many letters of `said` can be read. Where a stretch reads differently (a link that is
    still unfinished), the end of `shown` is looked for beyond `before`."""
    alike = _common(said, shown)
    if alike == len(shown):
        return alike
    tail = shown[-_TAIL:]
    found = said.find(tail, max(0, before - _TAIL))
    return max(alike, found + len(tail)) if found >= 0 else alike


def _common(one: str, other: str) -> int:
    """Length of the common beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[:middle]):
            low = middle
        else:
            high = middle - 1
    return low


def differences(said: str, shown: str) -> tuple[int, int]:
    """Letters lost and letters too many (doubled, or never said)."""
    if said == shown:
        return 0, 0
    alike = _common(said, shown)
    lost = extra = 0
    matcher = SequenceMatcher(None, said[alike:], shown[alike:], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            lost, extra = lost + b - a, extra + d - c
    return lost, extra


@dataclass(frozen=True, slots=True)
class Look:
    """So many letters could be read from `at` on."""

    at: float
    length: int


def lags(said: Sequence[tuple[float, str]], looks: Sequence[Look]) -> Iterator[float]:
    """For each piece the agent said, the seconds until it could be read whole; infinite for what
    never could. Pieces without a letter are left out."""
    position, following = 0, 0
    for spoken_at, text in said:
        letters = len(bare(text))
        position += letters
        if not letters:
            continue
        while following < len(looks) and looks[following].length < position:
            following += 1
        late = looks[following].at - spoken_at if following < len(looks) else float("inf")
        yield max(0.0, late)


def p95(values: Sequence[float]) -> float:
    """The smallest value that 95 % do not exceed."""
    return sorted(values)[max(0, -(-95 * len(values) // 100) - 1)]


def mean(values: Sequence[float]) -> float:
    return statistics.fmean(values)
