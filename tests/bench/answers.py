"""What the agent of the benchmark says: Markdown as coding agents write it, a token at a time.

Each text is made from its number, so that no two threads read alike and every run is the same.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

PER_SECOND = 45.0
"""Deltas a second: what a quick model writes."""
READING = 0.35
"""Seconds before the first word of a turn: no model answers at once."""

# About as long as the tokens of language models: 4 characters on average.
_TOKEN = re.compile(r"[^\S\n]*[A-Za-z]{1,8}|[^\S\n]?\d{1,3}|[^\S\n]?[^\w\s]{1,4}\n*|\s+|\w")


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing the agent does, `at` seconds after its turn began: say `text`, or ask leave."""

    at: float
    text: str = ""
    asks: bool = False


Script = tuple[Beat, ...]
"""All that an agent says in one turn; times ascend."""


def spoken(script: Script) -> str:
    """The whole text of a script."""
    return "".join(beat.text for beat in script)


def tokens(text: str) -> list[str]:
    """The text in pieces as a model gives them; joined they are the text again."""
    return _TOKEN.findall(text)


def talk(number: int, seconds: float, *, per_second: float = PER_SECOND) -> Script:
    """Markdown number `number`, said at an even pace for `seconds` once the prompt is read."""
    pieces = tokens(markdown(number, round(seconds * per_second)))
    pace = seconds / len(pieces)
    return tuple(Beat(READING + at * pace, piece) for at, piece in enumerate(pieces))


def long_talk(number: int, characters: int) -> Script:
    """Markdown of at least so many characters at the usual pace."""
    pieces = tokens(markdown(number, 0, characters))
    return tuple(Beat(READING + at / PER_SECOND, piece) for at, piece in enumerate(pieces))


def paused(script: Script, after: float, seconds: float) -> Script:
    """The script with a silence in it: what came at `after` or later comes `seconds` later."""
    return tuple(Beat(b.at + seconds * (b.at >= after), b.text, b.asks) for b in script)


def asking(script: Script, after: float) -> Script:
    """The script with a request for leave at `after`."""
    before = tuple(beat for beat in script if beat.at < after)
    return (*before, Beat(after, asks=True), *script[len(before) :])


def markdown(number: int, pieces: int, characters: int = 0) -> str:
    """Whole sections, until there are about so many tokens and at least so many characters."""
    text = ""
    for section in _sections(random.Random(number)):
        text += section
        if len(text) >= characters and len(tokens(text)) >= pieces:
            return text.rstrip() + "\n"
    raise AssertionError("sections never end")


def _sections(chance: random.Random) -> Iterator[str]:
    parts = (_prose, _list, _code, _quote, _table, _steps, _diff)
    yield f"Here is what I found in `{chance.choice(_FILES)}`.\n\n"
    number = 0
    while True:
        number += 1
        subject, verb = chance.choice(_SUBJECTS), chance.choice(_VERBS)
        yield f"## {number}. {verb.capitalize()} {subject}\n\n"
        yield _prose(chance)
        yield parts[number % len(parts)](chance)


def _prose(chance: random.Random) -> str:
    sentences = [
        chance.choice(_SENTENCES).format(
            subject=chance.choice(_SUBJECTS),
            verb=chance.choice(_VERBS),
            file=chance.choice(_FILES),
            name=chance.choice(_NAMES),
            number=chance.randrange(3, 900),
        )
        for _ in range(2)
    ]
    return " ".join(sentences) + "\n\n"


def _list(chance: random.Random) -> str:
    return (
        f"- **{chance.choice(_SUBJECTS)}** is read in `{chance.choice(_FILES)}`:\n"
        f"  - once by `{chance.choice(_NAMES)}`, line {chance.randrange(10, 400)},\n"
        f"  - once more by `{_word(chance)}` of the {chance.choice(_SUBJECTS)},\n"
        f"- *{chance.choice(_SUBJECTS)}* waits for {chance.randrange(2, 90)} seconds.\n\n"
    )


def _steps(chance: random.Random) -> str:
    lines = [
        f"{at}. {chance.choice(_VERBS).capitalize()} {chance.choice(_SUBJECTS)}, then run "
        f"`make {_word(chance)}`.\n"
        for at in range(1, 4)
    ]
    return "".join(lines) + "\n"


def _code(chance: random.Random) -> str:
    name, other = chance.choice(_NAMES), chance.choice(_NAMES)
    return (
        "```python\n"
        f"async def {name}(rows: list[Row], limit: int = {chance.randrange(5, 500)}) -> int:\n"
        f'    """How many rows {other} may touch."""\n'
        "    seen = {row.id for row in rows if not row.deleted}\n"
        f"    for row in rows[:limit]:\n"
        f"        await {other}(row, retries={chance.randrange(1, 9)})\n"
        "    return len(seen)\n"
        "```\n\n"
    )


def _diff(chance: random.Random) -> str:
    name = chance.choice(_NAMES)
    return (
        "```diff\n"
        f"--- a/{chance.choice(_FILES)}\n"
        f"-    if {name} < limit:\n"
        f"+    if {name} <= limit and not {chance.choice(_NAMES)}:\n"
        "```\n\n"
    )


def _quote(chance: random.Random) -> str:
    return (
        f"> The {chance.choice(_SUBJECTS)} must never be older than {chance.randrange(2, 60)} "
        f"minutes.\n> Ask *{_word(chance)}* before you change it.\n\n"
    )


def _table(chance: random.Random) -> str:
    rows = [
        f"| {chance.choice(_NAMES)} | {chance.randrange(10, 999)} ms | "
        f"{chance.randrange(10, 99)} % |\n"
        for _ in range(4)
    ]
    return "| Function | Time | Share |\n|---|---:|---:|\n" + "".join(rows) + "\n"


def _word(chance: random.Random) -> str:
    return chance.choice(_VERBS) + str(chance.randrange(10, 9999))


_SENTENCES = (
    "The {subject} in `{file}` is rebuilt {number} times an hour, although nothing asks for it.",
    "When two workers {verb} the {subject} at once, **the later one wins** and {number} rows stay "
    "behind.",
    "I could {verb} it with `{name}`, but then the {subject} would be read before it is written.",
    "There are {number} callers of `{name}`; only the one in `{file}` passes a deadline.",
    "See [the notes on the {subject}](https://docs.example.com/notes/{number}) for the reasons.",
    "In the log it says *{name} took {number} ms*, and that is {verb}-time alone.",
    "Nothing else writes to the {subject}, so a lock in `{name}` is enough.",
    "The test for it passes only because `{file}` is imported first; I would {verb} that, too.",
    "Since version {number} the {subject} is closed twice, which is harmless but slow.",
    "**One thing is left for you**: whether to {verb} the {subject} before the release.",
)
_SUBJECTS = (
    "session cache", "retry budget", "delivery calendar", "search index", "event journal",
    "payment queue", "login form", "export job", "schema migration", "rate limiter",
)  # fmt: skip
_VERBS = (
    "rename", "measure", "split", "guard", "replace", "test", "document", "cache", "retry", "drop",
)  # fmt: skip
_FILES = (
    "shop/delivery.py", "core/journal.py", "web/login.tsx", "jobs/export.py", "db/schema.sql",
    "api/search.go", "billing/queue.rs",
)  # fmt: skip
_NAMES = (
    "load_rows", "flush", "next_slot", "acquire", "parse_header", "drain", "rebuild", "commit_all",
    "lookup", "settle_up",
)  # fmt: skip
