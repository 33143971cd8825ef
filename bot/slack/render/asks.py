"""The card of an ask: one body, whether it is open or settled; below it who decides, or decided."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal, assert_never

from pydantic import JsonValue

from bot.core.asks import Ask, Choice, Confirmation, Field, Question, Verb
from bot.core.views import AskView
from bot.slack import limits
from bot.slack.action_ids import ask_button, choice_button, choice_option
from bot.slack.render import blocks
from bot.slack.render.blocks import Content, Json
from bot.slack.render.escape import mention, shorten
from bot.slack.render.text import fit

INPUT_ROOM: Final = 4_000
"""Characters of a tool's input on a card, over all its values."""
MOST_BUTTONS: Final = 5
SHORT_CHOICE: Final = 30
_LINE: Final = 150
_NAME: Final = 60
_MOST_LINES: Final = 20
_MOST_CODE: Final = 5
_TEXT_ROOM: Final = 2_000

_VERBS: dict[Verb, tuple[str, Literal["primary", "danger"] | None]] = {
    "allow": ("Allow", "primary"),
    "allow_session": ("Allow for this session", None),
    "allow_always": ("Always allow", None),
    "deny": ("Deny", "danger"),
}


def ask(view: AskView) -> Content:
    """The content stays as it was asked; only what stands below it changes."""
    body = [*_body(view.ask)]
    match view.status:
        case "open":
            below = [*_note(view), *_open(view)]
        case "sending":
            below = [blocks.context(_sending(view))]
        case "settled":
            below = [blocks.context(_settled(view))]
        case _:
            assert_never(view.status)
    return Content(_spoken(view), (blocks.rich_text(*body), *below))


# ---- the body


def _body(ask: Ask) -> Iterator[Json]:
    match ask:
        case Confirmation():
            yield blocks.rich_section(
                blocks.leaf(f"Permission for {_line(ask.tool)}", "bold"),
                blocks.leaf(f"\n{_line(ask.title)}"),
            )
            yield from _input(ask.input)
        case Question():
            yield blocks.rich_section(blocks.leaf(_line(ask.title), "bold"))
            yield from _fields(ask)


def _input(values: dict[str, JsonValue]) -> Iterator[Json]:
    """Every value of the input, by name: nobody should allow what they could not read."""
    named = [(name, _readable(value)) for name, value in values.items()]
    lines = [(name, text) for name, text in named if _is_line(name, text)]
    code = [(name, text) for name, text in named if not _is_line(name, text)]
    code.sort(key=lambda value: value[0] not in _COMMANDS)
    cut = [*_share([text for _, text in code[:_MOST_CODE]], INPUT_ROOM)]
    shown = [(name, text) for (name, _), text in zip(code, cut, strict=False)]
    yield from (blocks.rich_code(text) for name, text in shown if name in _COMMANDS)
    if lines:
        leaves = [_value_line(name, text) for name, text in lines[:_MOST_LINES]]
        yield blocks.rich_section(*[leaf for line in leaves for leaf in (_BREAK, *line)][1:])
    for name, text in shown:
        if name not in _COMMANDS:
            yield blocks.rich_section(blocks.leaf(f"{_name(name)}:"))
            yield blocks.rich_code(text)
    if hidden := len(lines[_MOST_LINES:]) + len(code[_MOST_CODE:]):
        yield blocks.rich_section(blocks.leaf(f"… and {hidden} more values"))


def _share(texts: list[str], room: int) -> Iterator[str]:
    """Each text cut to an equal share of what the ones before it left."""
    for at, text in enumerate(texts):
        share = room // (len(texts) - at)
        room -= min(share, len(text))
        yield _cut(text, share)


def _readable(value: JsonValue) -> str:
    if isinstance(value, str):
        return visible(value)
    return visible(json.dumps(value, ensure_ascii=False, indent=2))


def _is_line(name: str, text: str) -> bool:
    return name not in _COMMANDS and len(text) <= _LINE and "\n" not in text


def _value_line(name: str, text: str) -> tuple[Json, Json]:
    return blocks.leaf(f"{_name(name)}: "), blocks.leaf(text, "code")


def _name(name: str) -> str:
    return shorten(visible(name), _NAME)


_BREAK = blocks.leaf("\n")
_COMMANDS = frozenset({"command", "cmd", "script", "code"})


def visible(text: str) -> str:
    """Characters that could hide or turn around what will run are written out."""
    return "".join(_written_out(char) if _hides(char) else char for char in text)


def _hides(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") and char not in "\n\t"


def _written_out(char: str) -> str:
    return f"⟨U+{ord(char):04X}⟩"


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit} more characters)"


def _line(text: str) -> str:
    return shorten(visible(" ".join(text.split())), _LINE)


def _fields(question: Question) -> Iterator[Json]:
    if len(question.fields) > 1:
        texts = [_cut(field.text, _TEXT_ROOM // len(question.fields)) for field in question.fields]
        items = [blocks.rich_section(blocks.leaf(text)) for text in texts]
        yield blocks.rich_list(items, ordered=True)
        return
    for field in question.fields:
        if field.text.strip() != question.title.strip():
            yield blocks.rich_section(blocks.leaf(_cut(field.text, _TEXT_ROOM)))
        if _needs_a_list(field):
            yield blocks.rich_list(_described(choice) for choice in field.choices)


def _needs_a_list(field: Field) -> bool:
    """Whether buttons or a menu alone would not tell all about the choices."""
    return len(field.choices) <= 20 and any(
        choice.description or len(choice.label) > limits.OPTION_TEXT for choice in field.choices
    )


def _described(choice: Choice) -> Json:
    leaves = [blocks.leaf(shorten(choice.label, _LINE), "bold")]
    if choice.description:
        leaves.append(blocks.leaf(f" – {shorten(choice.description, _LINE)}"))
    return blocks.rich_section(*leaves)


# ---- below it


def _note(view: AskView) -> list[Json]:
    if not view.note:
        return []
    return [blocks.context([blocks.mrkdwn(":warning:"), blocks.plain(view.note, _TEXT_ROOM)])]


def _open(view: AskView) -> Iterator[Json]:
    elements = [*_elements(view)]
    if elements:
        yield blocks.actions(elements)
    yield blocks.context([blocks.mrkdwn(_who(view))])


def _who(view: AskView) -> str:
    person = mention(view.decider) if view.decider else "Anyone here"
    match view.ask:
        case Confirmation():
            return f"{person} can decide"
        case Question() if len(view.ask.fields) == 1:
            return f"{person} can answer: {_how(view.ask.fields[0])}"
        case Question():
            where = "I cannot take several answers at once yet, please give them to the agent"
            return f"{person} can answer: {where}"


def _how(field: Field) -> str:
    if not field.choices:
        return "just write in the thread"
    return "choose, or just write in the thread" if field.free_text else "choose one"


def _elements(view: AskView) -> Iterator[Json]:
    match view.ask:
        case Confirmation():
            for verb, (text, style) in _VERBS.items():
                if verb in view.ask.verbs:
                    ref = ask_button(view.uid, verb)
                    yield blocks.button(text, ref, about=view.ask.title, style=style)
        case Question() if len(view.ask.fields) == 1:
            yield from _choices(view.uid, view.ask.fields[0])
        case Question():
            return


def _choices(uid: str, field: Field) -> Iterator[Json]:
    labels = [choice.label for choice in field.choices]
    if len(labels) <= MOST_BUTTONS and all(len(text) <= SHORT_CHOICE for text in labels):
        for at, text in enumerate(labels):
            yield blocks.button(text, choice_button(uid, at), about=field.text)
    elif labels:
        options = [(text, choice_option(uid, at)) for at, text in enumerate(labels)]
        yield blocks.select("Choose an answer", options)


def _sending(view: AskView) -> list[Json]:
    by = f" by {mention(view.by)}" if view.by else ""
    return [
        blocks.mrkdwn(":outbox_tray: Sending:"),
        blocks.plain(view.label or "the answer", _LINE),
        blocks.mrkdwn(f"{by.strip()} …".strip()),
    ]


def _settled(view: AskView) -> list[Json]:
    person = f"by {mention(view.by)}" if view.by else ""
    at = blocks.when(view.at) if view.at is not None else ""
    tail = " · ".join(part for part in (person, at) if part)
    sign, words = _outcome(view)
    said = [blocks.plain(words, _TEXT_ROOM)]
    return [blocks.mrkdwn(sign), *said, *([blocks.mrkdwn(tail)] if tail else [])]


def _outcome(view: AskView) -> tuple[str, str]:
    match view.outcome:
        case "answered" | None:
            sign = ":no_entry:" if view.label == "Denied" else ":white_check_mark:"
            return sign, view.label or "Answered"
        case "elsewhere":
            return ":ballot_box_with_check:", "Answered elsewhere"
        case "withdrawn":
            return ":heavy_minus_sign:", "No longer needed: the agent took this back"
        case "expired":
            return ":hourglass:", "Expired: nobody answered in time"
        case _:
            assert_never(view.outcome)


def _spoken(view: AskView) -> str:
    title = _line(view.ask.title)
    match view.status, view.ask:
        case "open", Confirmation():
            said = f"Permission needed: {title}"
        case "open", _:
            said = f"Question: {title}"
        case "sending", _:
            said = f"Sending: {view.label or 'the answer'}: {title}"
        case _:
            said = f"{_outcome(view)[1]}: {title}"
    return fit(said, limits.SUMMARY_TEXT)
