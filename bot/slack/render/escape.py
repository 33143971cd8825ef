"""Text of others made harmless: readers see every character, Slack acts on none.

Slack acts on `<!channel>`, `<@U1>`, `<#C1>` and `<address|label>`. In what it parses, `&lt;` for
`<` stops that. In code no entity is decoded by every reader, so there, and on top of the entity
elsewhere, an invisible word joiner after the `<` breaks the sequence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

JOINER = "\u2060"

_OPENING = r"(<|&(?:amp;)*(?:lt|#0*60|#x0*3c);?)"
# Formatting marks between the two halves may vanish when Slack reads the Markdown. What opens a
# comment, a template's directive or an element like `<xs:all` in code is nothing to Slack, and
# stays as it is for who copies.
_LIVE = re.compile(
    rf"{_OPENING}(?=[*_~`\\]*(?:@|#(?!(?-i:[a-z]))|!(?!--|doctype\b|\[cdata\[))"
    r"|[a-z][a-z0-9+.-]{2,20}:(?![^<>|\s]{0,200}[<>]))",
    re.IGNORECASE,
)
# A terminal's sequences, also half of one: CSI, OSC with its end, and those of two characters.
TERMINAL = re.compile(
    r"\x1b(?:\[[0-?]{0,40}[ -/]{0,4}[@-~]?|\][^\x07\x1b\n]{0,400}(?:\x07|\x1b\\|\x1b\Z)?"
    r"|[()]\w?|[=>78cDEHM])?"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_USER = re.compile(r"[UW][A-Z0-9]{2,20}", re.ASCII)
_NO_ID = 40
_NAME = 80
_GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]{1,20})>", re.ASCII)
_MENTION = re.compile(
    r"&lt;\u2060?(@[UW][A-Z0-9]{2,20}|!subteam\^S[A-Z0-9]{2,20}|#[CG][A-Z0-9]{2,20})&gt;", re.ASCII
)


def clean(text: str) -> str:
    """Text that can be sent: line ends as `\\n`, no control characters and none of the sequences
    that colour a terminal, no halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text:
        text = TERMINAL.sub("", text)
    return _CONTROLS.sub("", text).encode("utf-8", "replace").decode("utf-8")


def defuse(text: str, stop: int | None = None) -> str:
    """No sequence Slack would act on is left; nothing a reader sees has changed. With `stop`, only
    the text before that offset is given, as it would be with what stands behind it."""
    if stop is None:
        return _LIVE.sub(rf"\1{JOINER}", text)
    breaks = [0, *(found.end() for found in _LIVE.finditer(text) if found.end() <= stop), stop]
    return JOINER.join(text[start:end] for start, end in pairwise(breaks))


def escape(text: str) -> str:
    """For `mrkdwn` and a message's `text`: the three characters Slack decodes as entities."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return defuse(text)


def escape_keeping_mentions(text: str) -> str:
    """`escape` for our own sentences, which may name people as `<@U1>`, groups and channels."""
    return _MENTION.sub(r"<\1>", escape(text))


def mention(user: str) -> str:
    """A person, drawn by Slack with their name; a string that is no user id stays plain text."""
    return f"<@{user}>" if _USER.fullmatch(user) else escape(shorten(user, _NO_ID))


def without_groups(mrkdwn: str, names: Mapping[str, str]) -> str:
    """Words of ours in which user groups stand by name: to mention one calls all who are in it."""

    def named(found: re.Match[str]) -> str:
        name = " ".join(clean(names.get(found[1], "")).split())
        return f"the group {escape(shorten(name, _NAME))}" if name else "a user group"

    return _GROUP.sub(named, mrkdwn)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
