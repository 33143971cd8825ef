"""An agent's Markdown as Slack's `markdown` block takes it, and as plain words.

Parsed and written anew, so that every reader of Markdown sees the same: what the parser took for
text comes out as text, whatever marks it is made of. HTML is text, an image is a link, a link goes
where it says. Total: any string gives a valid text of at most `MARKDOWN_SUM` characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdformat.plugins import PARSER_EXTENSIONS
from mdformat.renderer import DEFAULT_RENDERERS, RenderContext, RenderTreeNode

from bot.core.split import weight
from bot.slack import limits
from bot.slack.render.escape import clean, defuse, escape, shorten
from bot.slack.render.html_tags import without_lone_tags, words_only
from bot.slack.render.links import carries_data, is_honest, is_web
from bot.slack.render.stretches import KEPT, stretches

# Stand-ins for characters that leave as entities: noncharacters, which no text holds.
_ENTITIES: Final = {"\ufdd0": "&lt;", "\ufdd1": "&gt;", "\ufdd2": "&amp;"}
_STAND_INS = str.maketrans({"<": "\ufdd0"})
_REFERENCE = re.compile(r"&(?=#?[0-9A-Za-z]{1,40};)")
NONCHARACTERS = re.compile("[\ufdd0-\ufdef]")
MOST_BYTES: Final = 11_000
"""Encoded, of one message's text. Slack refuses blocks from about 11,600 bytes on."""
DEEPEST: Final = 60
_DEFINITION = re.compile(r"^[ \t>]*\[[^\]\n]+\]:", re.MULTILINE)
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}", re.ASCII)


def markdown(text: str) -> str:
    """The text of a `markdown` block; empty when there is nothing to read."""
    source = NONCHARACTERS.sub("\ufffd", clean(text))
    parts = [source] if _DEFINITION.search(source) else stretches(source)
    written = [_written(part) for part in parts]
    whole = "\n\n".join(part for part in written if part)
    if None in written or not fits(whole):
        whole = _as_code(source)
    return whole if whole.strip() else ""


@lru_cache(maxsize=KEPT)
def _written(source: str) -> str | None:
    """None of what is nested deeper than the parser goes: it would drop it."""
    tokens = PARSER.parse(source)
    if any(token.level >= DEEPEST - 1 for token in tokens):
        return None
    return defuse(_write(tokens)).strip("\n")


def fits(written: str) -> bool:
    """Whether Slack takes a text of this size: it counts characters here and bytes there."""
    return len(written) <= limits.MARKDOWN_SUM and weight(written) <= MOST_BYTES


def summary(text: str) -> str:
    """The words of a Markdown text for notifications and screen readers: no marks, no pings."""
    tokens = PARSER.parse(NONCHARACTERS.sub("\ufffd", clean(text[: 2 * limits.SUMMARY_TEXT])))
    lines = "\n".join(line for token in tokens if (line := _words(token).strip()))
    return fit(lines, limits.SUMMARY_TEXT)


def fit(text: str, limit: int) -> str:
    """`text` escaped and at most `limit` characters long (or one), without half an entity at the
    end."""
    limit = max(1, limit)
    kept = shorten(text, limit)
    while (over := len(escape(kept)) - limit) > 0:
        if len(kept) == 1:  # an entity is longer than there is room for
            return "…"
        kept = shorten(kept, max(1, len(kept) - over // 5 - 1))
    return escape(kept)


def stretched(text: str, limit: int) -> Iterator[str]:
    """All of `text` escaped, in stretches of at most `limit` characters, which end at the end of a
    line where one is near."""
    rest = text
    while rest.strip():
        size = min(limit, len(rest))
        while (over := len(escape(rest[:size])) - limit) > 0:
            size -= max(1, over // 5)
        if size < len(rest):
            size = rest.rfind("\n", size // 2, size) + 1 or size
        if rest[:size].strip():  # Slack takes no empty block
            yield escape(rest[:size])
        rest = rest[size:]


def written_inline(source: str) -> str:
    """One piece of a line, such as a word or a link, written by itself."""
    return defuse(_write(PARSER.parseInline(source, {_IS_PIECE: True})))


def language(info: str) -> str:
    """Of what stands behind a fence's mark, that which can be a language."""
    found = _LANGUAGE.match(info.strip())
    return found[0] if found else ""


def _words(token: Token) -> str:
    if token.type in ("fence", "code_block"):
        return token.content
    if token.type != "inline":
        return ""
    return "".join(_leaf(child) for child in token.children or ())


def _leaf(token: Token) -> str:
    return "\n" if token.type in ("softbreak", "hardbreak") else token.content


def _write(tokens: list[Token]) -> str:
    for token in tokens:
        _prepare(token)
    env: dict[str, object] = {"indent_width": 0, "used_refs": set[str]()}
    context = RenderContext(_RENDERERS, _POSTPROCESSORS, PARSER.options, env)
    written = RenderTreeNode(tokens).render(context)
    for stand_in, entity in _ENTITIES.items():
        written = written.replace(stand_in, entity)
    return written


def _prepare(token: Token) -> None:
    """Text gets its stand-ins; code ends with its last
    line, and keeps of a fence's info only what can be a language."""
    if token.type == "text":
        words = words_only(token.content)
        token.content = _REFERENCE.sub("\ufdd2", words).translate(_STAND_INS)
    elif token.type in ("fence", "code_block"):
        token.info = language(token.info)
        token.content = f"{token.content.rstrip()}\n" if token.content.strip() else ""
    for child in token.children or ():
        _prepare(child)


def _as_code(source: str) -> str:
    """For what grows too much when written as Markdown, such as thousands of bare marks."""
    fence = "`" * (max((len(run) for run in re.findall("`+", source)), default=0) + 1)
    fence = max(fence, "```", key=len)
    if len(fence) > limits.MARKDOWN_SUM // 4:  # backticks without end: nothing can fence them in
        return _as_code(source.replace("`", "'"))
    kept = source
    while not fits(code := f"{fence}\n{defuse(kept)}\n{fence}"):
        over = max(weight(code) - MOST_BYTES, len(code) - limits.MARKDOWN_SUM)
        kept = shorten(kept, len(kept) - max(1, over // 8))
    return code


# ---- how each kind of node is written where mdformat's way does not suit a chat

Render = Callable[[RenderTreeNode, RenderContext], str]


def _children(node: RenderTreeNode, context: RenderContext) -> str:
    return "".join(child.render(context) for child in node.children)


def _leaves(node: RenderTreeNode) -> str:
    if not node.children:
        return node.content
    return "".join(_leaves(child) for child in node.children)


def _link(node: RenderTreeNode, context: RenderContext) -> str:
    label, words = _children(node, context), _leaves(node)
    if node.info == "auto" and words.startswith(("!", "#", "@")):  # taken for a mail address
        return f"\ufdd0{label}\ufdd1"
    return _linked(label, words, str(node.attrs["href"]))


def _image(node: RenderTreeNode, context: RenderContext) -> str:
    alt = _children(node, context) if node.children else ""
    return _linked(alt or "image", _leaves(node), str(node.attrs["src"]))


def _linked(label: str, words: str, target: str) -> str:
    """`label` is written Markdown, `words` what a reader sees of it."""
    for stand_in, entity in _ENTITIES.items():
        words = words.replace(stand_in, {"&lt;": "<", "&gt;": ">", "&amp;": "&"}[entity])
    if not target:
        return label
    if not is_web(target):
        return label if words == target else f"{label} ({_literal(target)})"
    link = f"[{{}}]({target.replace('(', '%28').replace(')', '%29')})"
    if not words.strip():
        return link.format(_literal(target))
    if not is_honest(words, target):
        return f"{label} ({link.format(_literal(target))})"
    host = carries_data(words, target)
    return f"{link.format(label)} ({_literal(host)})" if host else link.format(label)


def _literal(text: str) -> str:
    """Text that is no Markdown, inside a line."""
    text = re.sub(r"([\\`*_\[\]~|])", r"\\\1", _REFERENCE.sub("\ufdd2", text))
    return text.translate(_STAND_INS)


def _hardbreak(node: RenderTreeNode, context: RenderContext) -> str:
    return "\n"


def _hr(node: RenderTreeNode, context: RenderContext) -> str:
    """Below a paragraph in a tight list, dashes would make a heading of it."""
    return "---" if node.parent and node.parent.type == "root" else "***"


def _ordered_list(node: RenderTreeNode, context: RenderContext) -> str:
    """Each item with its number: not every reader counts for itself."""
    first = int(node.attrs.get("start", 1))
    delimiter = "." if _list_run(node) % 2 == 0 else ")"
    items = [
        _list_item(f"{first + i}{delimiter} ", item.render(context))
        for i, item in enumerate(node.children)
    ]
    return ("\n" if _is_tight(node) else "\n\n").join(items)


def _list_item(marker: str, text: str) -> str:
    first, *rest = text.split("\n")
    indent = " " * len(marker)
    lines = [(marker + first).rstrip(), *(f"{indent}{line}" if line else "" for line in rest)]
    return "\n".join(lines)


def _list_run(node: RenderTreeNode) -> int:
    """How many ordered lists stand directly before this one: their delimiters must differ."""
    before = node.previous_sibling
    return 0 if before is None or before.type != node.type else 1 + _list_run(before)


def _is_tight(node: RenderTreeNode) -> bool:
    blocks = (block for item in node.children for block in item.children)
    return all(block.hidden for block in blocks if block.type == "paragraph")


def _table(node: RenderTreeNode, context: RenderContext) -> str:
    """Without padding: one long cell would blow up every row."""
    rows = [row for group in node.children for row in group.children]
    lines = [table_row(cell.render(context) for cell in row.children) for row in rows]
    marks = table_row(
        COLUMN_MARKS.get(str(cell.attrs.get("style", "")), "---") for cell in rows[0].children
    )
    return "\n".join([lines[0], marks, *lines[1:]])


COLUMN_MARKS = {"text-align:left": ":--", "text-align:right": "--:", "text-align:center": ":-:"}


def table_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


_GFM, _TABLES = PARSER_EXTENSIONS["gfm"], PARSER_EXTENSIONS["tables"]
_RENDERERS: Mapping[str, Render] = {
    **DEFAULT_RENDERERS,
    **_TABLES.RENDERERS,
    **_GFM.RENDERERS,
    "list_item": DEFAULT_RENDERERS["list_item"],
    "link": _link,
    "image": _image,
    "hardbreak": _hardbreak,
    "hr": _hr,
    "ordered_list": _ordered_list,
    "table": _table,
}
_POSTPROCESSORS = {
    "text": (_GFM.POSTPROCESSORS["text"],),
    "paragraph": (_TABLES.POSTPROCESSORS["paragraph"],),
}


_IS_PIECE = "is_piece"


def _drop_lone_tags(state: StateCore) -> None:
    for token in () if _IS_PIECE in state.env else state.tokens:
        if token.type == "inline":
            token.content = without_lone_tags(token.content)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    parser.options["parser_extension"] = []  # where mdformat keeps its plugins
    _GFM.update_mdit(parser)
    parser.core.ruler.disable("github-tasklists")  # a box stays the text it is
    parser.core.ruler.before("inline", "lone-tags", _drop_lone_tags)
    parser.validateLink = lambda url: True  # what is no web address must not stay raw Markdown
    return parser


PARSER: Final = _parser()
"""Reads Markdown as GitHub does, without HTML."""
