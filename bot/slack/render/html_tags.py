"""HTML in an agent's Markdown, of which Slack draws nothing: formatting is reduced to its words.

What is not surely formatting, as in "the <b> tag", stays text.
"""

from __future__ import annotations

import re

_INLINE = (
    "b|big|center|del|details|div|em|font|i|ins|kbd|mark|p|s|small|span|strong|sub|summary|sup|u"
)
_LAYOUT = r"</?(?:center|details|div|p|span|summary|picture|br)(?:[ \t][^<>\n]{0,200})?"
_LONE = re.compile(rf"^[ \t]*(?:{_LAYOUT}/?>[ \t]*)+\n", re.MULTILINE | re.IGNORECASE)
_HALF_LONE = re.compile(
    rf"^[ \t]*(?=<)(?:{_LAYOUT}/?>[ \t]*)*(?:{_LAYOUT}/?)?\Z", re.MULTILINE | re.IGNORECASE
)
# A tag that touches the words it is about.
_FORMAT = re.compile(
    rf"(?:<(?:{_INLINE})(?:[ \t][^<>\n]{{0,80}})?>)+(?=\S)|(?<=\S)(?:</(?:{_INLINE})>)+",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[ \t]*<br[ \t]*/?>[ \t]*", re.IGNORECASE)


def without_lone_tags(content: str, *, growing: bool = False) -> str:
    """The inline text of a block without lines that are nothing but tags of layout. With `growing`
    its last line may go on, and is left out while it may become one."""
    if "<" not in content:
        return content
    if growing:
        return _HALF_LONE.sub("", _LONE.sub("", content))
    return _LONE.sub("", f"{content}\n").removesuffix("\n")


def words_only(text: str) -> str:
    """A piece of a line without tags of formatting; a line break is a dot between words."""
    if "<" not in text:
        return text
    return _BREAK.sub(_dot, _FORMAT.sub("", text))


def _dot(found: re.Match[str]) -> str:
    is_between = found.start() > 0 and found.end() < len(found.string)
    return " · " if is_between else " " if found[0][0] == " " or found[0][-1] == " " else ""
