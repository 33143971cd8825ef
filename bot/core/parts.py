"""A turn's text in the parts it is shown in, and where they end.

A turn's text is made of items, in the order the agent began them. It is shown in parts: a
`Boundary` ends a part for good, at an ask or where a message is full. It names the pieces of the
items that lie in its part, and each item knows how much of it is sealed; so text that arrives late
for an early item appears in the open part, and no character is ever shown twice or lost.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from bot.core.split import Cut, cut_at_end, find_cut
from bot.core.turn import BARE, Boundary, TextItem, Turn

SEPARATOR = "\n\n"
HALF = re.compile("[\ud800-\udfff]")
"""Half a character, which UTF-8 cannot carry."""


def item_of(items: tuple[TextItem, ...], item_id: str) -> TextItem:
    return next((item for item in items if item.id == item_id), TextItem(item_id, ""))


def put_item(items: tuple[TextItem, ...], new: TextItem) -> tuple[TextItem, ...]:
    if any(old.id == new.id for old in items):
        return tuple(new if old.id == new.id else old for old in items)
    return (*items, new)


def part_text(turn: Turn, part: int) -> str:
    """The Markdown of one part, well formed by itself: what was open is closed and reopened.
    Empty for nothing but white space, which cannot be shown."""
    if part == len(turn.boundaries):
        return _well_formed(_carry(turn), SEPARATOR.join(text for _, text in _open_pieces(turn)))
    boundary = turn.boundaries[part]
    body = SEPARATOR.join(
        item_of(turn.texts, item).text[start:stop] for item, start, stop in boundary.pieces
    )
    return _well_formed(turn.boundaries[part - 1].carry if part else "", body, boundary.close)


def _well_formed(carry: str, body: str, close: str = "") -> str:
    if not body or body.isspace():
        return ""
    newline = "\n" if close and not body.endswith("\n") else ""
    return f"{carry}{body}{newline}{close}"


def part_digest(turn: Turn, part: int) -> str:
    """`text_digest` of one part's text; known already for a part that has ended."""
    known = turn.boundaries[part].digest if part < len(turn.boundaries) else None
    return text_digest(part_text(turn, part)) if known is None else known


def text_digest(text: str) -> str:
    """Short; empty for no text; the same for half a character and for U+FFFD, as which it is
    stored."""
    try:
        said = text.encode()
    except UnicodeEncodeError:
        said = HALF.sub("\ufffd", text).encode()
    return hashlib.blake2b(said, digest_size=8).hexdigest() if text else ""


def whole_text(turn: Turn) -> str:
    """The agent's answer as it came."""
    return SEPARATOR.join(item.text for item in turn.texts if item.text)


def beyond(turn: Turn) -> int:
    """Characters of the answer that are in no message, because it is too long."""
    if turn.messages is None:
        return 0
    hidden = turn.boundaries[turn.messages :]
    sealed = sum(stop - start for boundary in hidden for _, start, stop in boundary.pieces)
    return sealed + sum(len(item.text) - item.sealed for item in turn.texts)


def _carry(turn: Turn) -> str:
    return turn.boundaries[-1].carry if turn.boundaries else ""


def _open_pieces(turn: Turn, most: int | None = None) -> list[tuple[TextItem, str]]:
    """What of each item lies in no ended part, and no more than the first `most` characters."""
    pieces: list[tuple[TextItem, str]] = []
    for item in turn.texts:
        stop = None if most is None else item.sealed + most
        text = item.text[item.sealed : stop]
        if text:
            pieces.append((item, text))
            most = most and max(0, most - len(text))
    return pieces


def seal(turn: Turn, ask: str, limit: int) -> Turn:
    """End the open part for good: the card of `ask` stands below it, the rest below the card."""
    cut = cut_at_end(_carry(turn) + SEPARATOR.join(t for _, t in _open_pieces(turn)), limit)
    if turn.texts and turn.texts[-1].done:
        cut = replace(cut, carry="")  # a text that is over is not continued
    return _seal(turn, cut, Boundary(pieces=(), ask=ask))


def seal_at(turn: Turn, length: int, limit: int) -> Turn:
    """End the open part for good, whose message people deleted when `length` characters of its text
    had been shown: those stay deleted, exactly the rest is shown again."""
    carry = _carry(turn)
    text = carry + SEPARATOR.join(text for _, text in _open_pieces(turn))
    cut = cut_at_end(text[: max(length, len(carry))], limit)
    return _seal(turn, cut, Boundary(pieces=(), gone=True))


def seal_full(turn: Turn, limit: int) -> Turn:
    """Every part but the last is full, whatever the size of what arrived."""
    while True:
        carry = _carry(turn)
        pieces = _open_pieces(turn, limit + 1)
        cut = find_cut(carry + SEPARATOR.join(text for _, text in pieces), limit, len(carry))
        if cut is None:
            return turn
        turn = _seal(turn, cut, Boundary(pieces=()))


def _seal(turn: Turn, cut: Cut, boundary: Boundary) -> Turn:
    """The cut's offset in the open part's text, as offsets in its items."""
    left = cut.at - len(_carry(turn))
    inside: list[tuple[str, int, int]] = []
    texts = turn.texts
    for item, text in _open_pieces(turn, left):
        if left <= 0:
            break
        stop = item.sealed + min(left, len(text))
        inside.append((item.id, item.sealed, stop))
        texts = put_item(texts, replace(item, sealed=stop))
        left -= len(text) + len(SEPARATOR)
    boundary = replace(boundary, pieces=tuple(inside), close=cut.close, carry=cut.carry)
    sealed = replace(turn, texts=texts, boundaries=(*turn.boundaries, boundary))
    boundary = replace(boundary, digest=part_digest(sealed, len(turn.boundaries)))
    return replace(sealed, boundaries=(*turn.boundaries, boundary))


def limit_parts(turn: Turn, most: int) -> Turn:
    """From where `most` parts are full the answer is in no message any more. This never moves."""
    if turn.messages is not None or len(turn.boundaries) < most:
        return turn
    full = [n for n, b in enumerate(turn.boundaries, 1) if b.ask is None and not b.gone]
    return turn if len(full) < most else replace(turn, messages=full[most - 1])


def shown_parts(turn: Turn, *, bare_steps: bool = True) -> list[int]:
    """The parts that are messages and have content: text, or steps if `bare_steps`. A turn that
    ended badly or is being stopped is shown even without; one that had nothing to say is not."""
    busy = {min(step.part, turn.newest) for step in turn.steps} if bare_steps else set[int]()
    parts = range(turn.newest + 1)
    shown = [part for part in parts if part in busy or _has_text(turn, part)]
    return shown or ([turn.newest] if turn.phase in BARE else [])


def _has_text(turn: Turn, part: int) -> bool:
    if part < len(turn.boundaries):
        return bool(part_digest(turn, part))
    return any(not text.isspace() for _, text in _open_pieces(turn))
