"""Slack's text as the agent is told it: names instead of ids, no Slack markup, files named.

Total: any string has a reading. Slack escapes `&`, `<` and `>` in what people write, so every
`<…>` in an event is one of its control sequences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NO_TEXT = "(The message has no text. It only mentions you.)"
"""What the agent is told of a bare mention: a prompt has to say something."""

_SEQUENCE = re.compile(r"<([^<>]*)>")
_USER = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>", re.ASCII)
_CHANNEL = re.compile(r"<#([A-Z0-9]+)(?:\|([^<>]*))?>", re.ASCII)
_EDGE = " \t\r\n"
_UNITS = (("MB", 1_000_000), ("kB", 1_000))


@dataclass(frozen=True, slots=True)
class File:
    """An attached file as Slack names it. `size` in bytes; all but the name may be withheld by
    Slack. `url` is where it is downloaded, with the bot's token."""

    name: str
    mimetype: str = ""
    size: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """Another message that was forwarded with a post."""

    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Named:
    """The ids a text names and does not spell out."""

    users: tuple[str, ...]
    channels: tuple[str, ...]


def named_in(text: str) -> Named:
    """The users and the unlabelled channels, each once, in order."""
    users = dict.fromkeys(found[1] for found in _USER.finditer(text))
    channels = dict.fromkeys(found[1] for found in _CHANNEL.finditer(text) if not found[2])
    return Named(tuple(users), tuple(channels))


def heard(
    text: str,
    *,
    bot: str,
    names: Mapping[str, str],
    files: Sequence[File] = (),
    shared: Sequence[Shared] = (),
) -> str:
    """What the agent is told of a post; "" when there is nothing but mentions of the bot.

    `bot` is the bot's user id: its mention is dropped at both ends, where it is an address, and
    kept inside, where it is a word. `names` maps ids to names; an id without one stays as it is.
    """
    lines = [read(_unaddressed(text, bot), names)]
    lines += [_quoted(message, names) for message in shared]
    lines += [_file_line(file) for file in files]
    return "\n".join(line for line in lines if line)


def read(text: str, names: Mapping[str, str]) -> str:
    """The text with its control sequences spelled out and its entities decoded."""
    parts = _SEQUENCE.split(text)
    return "".join(
        _spelled(part, names) if at % 2 else _decoded(part) for at, part in enumerate(parts)
    )


def _unaddressed(text: str, bot: str) -> str:
    start = text.lstrip(_EDGE)
    while (mention := _USER.match(start)) and mention[1] == bot:
        start = start[mention.end() :].lstrip(_EDGE).removeprefix(":").removeprefix(",")
        start = start.lstrip(_EDGE)
    return _unsigned(start.rstrip(_EDGE), bot)


def _unsigned(text: str, bot: str) -> str:
    """Drop mentions of the bot at the end, but keep a sentence's closing marks: "thanks @bot!"."""
    body = text.rstrip(" .!?")
    marks = text[len(body) :]
    while body.endswith(">"):
        mention = _USER.fullmatch(body, body.rfind("<"))
        if mention is None or mention[1] != bot:
            break
        body = body[: mention.start()].rstrip(_EDGE)
    return f"{body}{marks}".rstrip(_EDGE)


def _spelled(inside: str, names: Mapping[str, str]) -> str:
    """One control sequence without its brackets."""
    target, _, label = inside.partition("|")
    label = _decoded(label)
    match target[:1]:
        case "@":
            return f"@{names.get(target[1:]) or label or target[1:]}"
        case "#":
            return f"#{label or names.get(target[1:]) or target[1:]}"
        case "!":
            return _special(target[1:], label)
        case _:
            return _link(_decoded(target), label)


def _special(target: str, label: str) -> str:
    """`<!here>`, `<!subteam^S1|@team>`, `<!date^…|fallback>` and what Slack may add."""
    kind, _, rest = target.partition("^")
    if kind == "date" or kind == "subteam":
        return label or (f"@{rest}" if kind == "subteam" else rest)
    return f"@{kind}" if kind in ("here", "channel", "everyone") else label or kind


def _link(target: str, label: str) -> str:
    """A link whose label says nothing new is just its address."""
    address = target.removeprefix("mailto:").removeprefix("tel:")
    bare = address.removeprefix("https://").removeprefix("http://")
    if label in ("", target, address, bare, bare.rstrip("/")):
        return address
    return f"{label} ({address})"


def _decoded(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _quoted(message: Shared, names: Mapping[str, str]) -> str:
    """A forwarded message as quoted data with its origin."""
    lines = read(message.text, names).splitlines() or [""]
    return "\n".join(
        [f"[forwarded from {message.author or 'someone'}]", *(f"> {x}" for x in lines)]
    )


def _file_line(file: File) -> str:
    facts = [" ".join(file.name.split()) or "unnamed", " ".join(file.mimetype.split())]
    if file.size is not None:
        facts.append(_size(file.size))
    return f"[file: {', '.join(fact for fact in facts if fact)}]"


def _size(size: int) -> str:
    for unit, factor in _UNITS:
        if size >= factor:
            return f"{size / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} B"
