"""The modals that cards open: the whole input, who decides, and forms. What each carries back is
in `action_ids`; what people fill in is read by `edits`, `answers` and `patterns`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import JsonValue

from bot.core.asks import Choice, Confirmation, Field, Question
from bot.core.views import AskView
from bot.slack import limits
from bot.slack.action_ids import (
    OTHER,
    ModalRef,
    choice_option,
    found_option,
    modal_ids,
    page_button,
)
from bot.slack.render import asks, blocks, edits, inputs, patterns
from bot.slack.render.blocks import Json
from bot.slack.render.edits import Entry
from bot.slack.render.escape import clean, escape, escape_keeping_mentions
from bot.slack.render.inputs import one_line
from bot.slack.render.text import fit

REASON = "reason"


def opened(ref: ModalRef, ask: Confirmation | Question, view: AskView) -> Json | None:
    """The modal of an open card; None where the card offers no such one. `view` is the card as
    people may see it, `ask` as the agent asked it."""
    shown = view.ask
    match ref.form:
        case "show" if isinstance(shown, Confirmation):
            return whole_input(ref, shown, 0)
        case "who":
            return _who(ref, view)
        case "deny" if isinstance(ask, Confirmation) and "deny" in ask.verbs:
            return _deny(ref, shown.title)
        case "agent_always" if isinstance(ask, Confirmation) and "allow_always" in ask.verbs:
            return _agent_always(ref, shown.title)
        case "edit" if isinstance(ask, Confirmation) and isinstance(shown, Confirmation):
            return _edit(ref, ask, shown) if ask.editable and "allow" in ask.verbs else None
        case "always" if isinstance(ask, Confirmation) and isinstance(shown, Confirmation):
            return _always(ref, ask, shown) if view.always and "allow" in ask.verbs else None
        case "answer" if isinstance(shown, Question) and asks.can_be_answered(shown):
            return _answer(ref, shown)
        case _:
            return None


def told(ref: ModalRef, sentence: str) -> Json:
    """A sentence of ours, which may name people as `<@U1>`."""
    said = blocks.section(blocks.mrkdwn(_words(sentence)))
    return blocks.modal("Nothing was changed", modal_ids(ref), [said])


def over(ref: ModalRef, view: AskView) -> Json:
    """Somebody was faster."""
    said = blocks.section(blocks.mrkdwn("This is not open any more. Nothing of yours was sent."))
    return blocks.modal("Too late", modal_ids(ref), [said, blocks.context(asks.state(view))])


# ---- to read


def turned(ref: ModalRef, view: AskView, page: int) -> Json | None:
    """Another page of what `show` opened."""
    shown = view.ask
    return whole_input(ref, shown, page) if isinstance(shown, Confirmation) else None


def whole_input(ref: ModalRef, ask: Confirmation, page: int) -> Json:
    """All of an input. A page that is not there is the nearest one."""
    pages = inputs.pages(ask.input)
    at = min(page, len(pages) - 1)
    body = [blocks.rich_text(*pages[at])]
    if len(pages) > 1:
        body.append(blocks.context([blocks.plain(f"Page {at + 1} of {len(pages)}")]))
        body.append(blocks.actions([*_turning(ref.uid, at, len(pages))]))
    return blocks.modal("What it is given", modal_ids(ref), body)


def _turning(uid: str, at: int, count: int) -> Iterator[Json]:
    if at > 0:
        yield blocks.button("Back", page_button(uid, at - 1), about=f"page {at} of {count}")
    if at + 1 < count:
        yield blocks.button("Next", page_button(uid, at + 1), about=f"page {at + 2} of {count}")


def _who(ref: ModalRef, view: AskView) -> Json:
    terms = [*asks.terms(view)]
    lines = [f"• {line}" for line in terms]
    said = {f"{line}." for line in terms}
    explained = [line for line in view.explain.splitlines() if line not in said]
    why = "\n".join(explained) or (f"Rule: {view.rule}" if view.rule else "")
    body = [blocks.section(blocks.mrkdwn("\n".join(lines)[: limits.SECTION_TEXT]))]
    if why:
        body.append(blocks.section(blocks.mrkdwn(f"*Why*\n{_words(why)}")))
    checked = "Whether somebody may is checked at the moment they press."
    body.append(blocks.context([blocks.plain(checked)]))
    return blocks.modal("Who can decide", modal_ids(ref), body)


def _words(text: str) -> str:
    """For mrkdwn, never empty; people stay named unless it is far too long."""
    said = escape_keeping_mentions(clean(text)).strip() or "–"
    return said if len(said) <= _WORDS_ROOM else fit(clean(text), _WORDS_ROOM)


_WORDS_ROOM = limits.SECTION_TEXT - 20


# ---- to fill in


def _deny(ref: ModalRef, title: str) -> Json:
    why = blocks.field(
        REASON,
        "Why not?",
        blocks.text_input(multiline=True),
        hint="The agent reads this, and so does everybody in the thread.",
    )
    return blocks.modal("Deny", modal_ids(ref), [_about(title), why], submit="Deny", close="Cancel")


def _agent_always(ref: ModalRef, title: str) -> Json:
    said = (
        "This is allowed, and the agent itself will not ask again for what it thinks is the same. "
        "It alone keeps that rule: it has no end that I know of, and I cannot take it back."
    )
    body = [_about(title), blocks.section(blocks.plain(said))]
    return blocks.modal("No more questions", modal_ids(ref), body, submit="Allow", close="Cancel")


def _edit(ref: ModalRef, ask: Confirmation, shown: Confirmation) -> Json:
    entries, fixed = edits.entries(ask, shown.input)
    body = [_about(shown.title), *(field for entry in entries for field in _fields(entry))]
    if fixed:
        body.append(
            blocks.context([blocks.plain(f"Stays as it is: {edits.named(fixed)}. {edits.INSTEAD}")])
        )
    title, submit = "Edit and allow", "Allow this" if entries else ""
    close = "Cancel" if entries else "Close"
    return blocks.modal(title, modal_ids(ref), body, submit=submit, close=close)


def _fields(entry: Entry) -> Iterator[Json]:
    """One; several where the text is long."""
    hints = [inputs.cut(entry.hint, 300)] if entry.hint else []
    if entry.kind == "lines":
        hints.append("One entry a line.")
    elif entry.kind == "json":
        hints.append("As JSON.")
    name, count = inputs.visible(entry.name), len(entry.pieces)
    if count == 1:
        element, is_optional = _element(entry), not entry.required
        yield blocks.field(entry.block, name, element, hint=" ".join(hints), optional=is_optional)
        return
    for number, (block, piece) in enumerate(zip(entry.blocks, entry.pieces, strict=True), 1):
        element = blocks.text_input(piece, multiline=True)
        label, hint = f"{name}, part {number} of {count}", " ".join(hints) if number == 1 else ""
        yield blocks.field(block, label, element, hint=hint, optional=True)


def _element(entry: Entry) -> Json:
    match entry.kind:
        case "boolean":
            options = {"true": blocks.option("Yes", "true"), "false": blocks.option("No", "false")}
            return blocks.choice_input(
                "radio_buttons", [*options.values()], options.get(entry.initial)
            )
        case "enum":
            offered = [blocks.option(_said(v), str(at)) for at, v in enumerate(entry.options)]
            initial = offered[int(entry.initial)] if entry.initial else None
            return blocks.choice_input("static_select", offered, initial)
        case _:
            long = entry.kind in ("long", "lines", "json")
            return blocks.text_input(entry.initial, multiline=long)


def _said(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _always(ref: ModalRef, ask: Confirmation, shown: Confirmation) -> Json:
    tool = escape(one_line(shown.tool))
    said = (
        f"*{tool}* is allowed now, and from now on without asking wherever every line below fits. "
        "A `*` stands for anything, an empty line for any value. What is allowed like that is told "
        "in the thread; my Home lists the rule, and there it can be taken back."
    )
    lines = [
        blocks.field(
            pattern.block,
            f"{inputs.visible(pattern.name)} is like",
            blocks.text_input(pattern.suggested, multiline="\n" in pattern.suggested),
            hint=_COMMAND_HINT if pattern.name in patterns.COMMANDS else "",
            optional=pattern.name not in patterns.COMMANDS,
        )
        for pattern in patterns.patterns(ask, shown.input)
    ]
    places = {scope: blocks.option(text, scope) for scope, text in patterns.SCOPES.items()}
    times = {days: blocks.option(text, str(days)) for days, text in patterns.DAYS.items()}
    where = blocks.choice_input("radio_buttons", [*places.values()], places["thread"])
    lasts = blocks.choice_input("radio_buttons", [*times.values()], times[7])
    body = [
        blocks.section(blocks.mrkdwn(said)),
        *lines,
        blocks.field("scope", "Where", where),
        blocks.field("days", "For how long", lasts),
    ]
    title, submit = "Always allow", "Allow from now on"
    return blocks.modal(title, modal_ids(ref), body, submit=submit, close="Cancel")


_COMMAND_HINT = "A * never reaches over a second command: ; | & and the like fit only as written."


# ---- questions


def _answer(ref: ModalRef, question: Question) -> Json:
    body = [block for at, field in enumerate(question.fields) for block in _field(ref, at, field)]
    about = [] if len(question.fields) == 1 else [_about(question.title)]
    return blocks.modal("Answer", modal_ids(ref), [*about, *body], submit="Send", close="Cancel")


def _field(ref: ModalRef, at: int, field: Field) -> Iterator[Json]:
    label = field.text.strip() or f"Question {at + 1}"
    if not field.choices:
        yield blocks.field(f"t{at}", label, blocks.text_input(multiline=True))
        return
    element = _choices(ref.uid, field)
    yield blocks.field(f"c{at}", label, element, optional=field.free_text)
    if field.free_text:
        own = blocks.text_input(multiline=True)
        yield blocks.field(f"t{at}", "Or your own answer", own, optional=True)


def _choices(uid: str, field: Field) -> Json:
    offered = [_option(uid, at, choice) for at, choice in enumerate(field.choices)]
    if len(offered) > limits.SELECT_OPTIONS:
        action_id = found_option(uid, 0).action_id
        return blocks.search("Type to find answers", action_id, several=field.multiple)
    other = [blocks.option("Other: write it below", OTHER)] if field.free_text else []
    if field.multiple:
        few = len(offered) <= limits.CHECKED_OPTIONS
        return blocks.choice_input("checkboxes" if few else "multi_static_select", offered)
    few = len(offered) + len(other) <= limits.CHECKED_OPTIONS
    if few:  # a radio button cannot be taken back, so there has to be one for "none of these"
        return blocks.choice_input("radio_buttons", [*offered, *other])
    return blocks.choice_input("static_select", offered)


def _option(uid: str, at: int, choice: Choice) -> Json:
    return blocks.option(choice.label, choice_option(uid, at).value, choice.description)


def found(uid: str, field: Field, text: str) -> list[Json]:
    """The choices that have this text in their label, as many as a menu takes."""
    wanted = " ".join(text.casefold().split())
    fitting = (
        _option(uid, at, choice)
        for at, choice in enumerate(field.choices)
        if wanted in " ".join(choice.label.casefold().split())
    )
    return [option for option, _ in zip(fitting, range(limits.SELECT_OPTIONS), strict=False)]


def _about(title: str) -> Json:
    return blocks.rich_text(blocks.rich_section(blocks.leaf(one_line(title), "bold")))
