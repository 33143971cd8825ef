"""The card of an ask: one body, whether it is open or settled; below it who decides, or decided."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, assert_never

from bot.core.asks import Ask, Choice, Confirmation, Field, Question
from bot.core.views import AskView
from bot.slack import limits
from bot.slack.action_ids import (
    ActionRef,
    all_button,
    ask_button,
    choice_button,
    choice_option,
    found_option,
    open_button,
    open_option,
)
from bot.slack.render import blocks, edits, inputs
from bot.slack.render.blocks import Content, Json
from bot.slack.render.copies import belongs, decided_in
from bot.slack.render.escape import mention, shorten, without_groups
from bot.slack.render.inputs import LINE, cut, one_line
from bot.slack.render.text import fit

MOST_BUTTONS: Final = 5
SHORT_CHOICE: Final = 30
MOST_FIELDS: Final = 45
"""Fields of a question that a modal has room for: each may take two blocks."""
_MOST_AGREED: Final = 10
_EFFECTIVE_ROOM: Final = 1_500
_EFFECTIVE_LINES: Final = 8
_TEXT_ROOM: Final = 2_000
_REASON_ROOM: Final = 600

DENY_WHY: Final = "Deny with a reason …"
EDIT: Final = "Edit and allow …"
ALWAYS: Final = "Always allow such calls …"
AGENT_ALWAYS: Final = "Let the agent stop asking …"
WHO: Final = "Who can decide this?"
SHOW: Final = "Show everything"
ANSWER: Final = "Answer …"
OTHER: Final = "Other …"
PARKED: Final = (
    "The agent no longer waits for this; for now it was told no. Whoever allows it now lets the "
    "agent do this when it asks again."
)


def ask(view: AskView) -> Content:
    """The content stays as it was asked; only what stands below it changes."""
    body = [*_body(view.ask)]
    match view.status:
        case "open":
            below = [*_note(view), *_open(view)]
        case "sending":
            below = [*_effective(view), blocks.context(_sending(view))]
        case "settled":
            below = [*_effective(view), blocks.context(_settled(view)), *_reason(view)]
        case _:
            assert_never(view.status)
    return Content(_spoken(view), (*belongs(view), blocks.rich_text(*body), *below))


def can_be_answered(question: Question) -> bool:
    """Whether Slack has a form for it."""
    return 0 < len(question.fields) <= MOST_FIELDS


# ---- the body


def _body(ask: Ask) -> Iterator[Json]:
    match ask:
        case Confirmation():
            yield blocks.rich_section(
                blocks.leaf(f"Permission for {one_line(ask.tool)}", "bold"),
                blocks.leaf(f"\n{one_line(ask.title)}"),
            )
            yield from inputs.card(ask.input).parts
        case Question():
            yield blocks.rich_section(blocks.leaf(one_line(ask.title), "bold"))
            yield from _fields(ask)
            yield from _elsewhere(ask)


def _fields(question: Question) -> Iterator[Json]:
    fields = question.fields[:MOST_FIELDS]
    if len(fields) > 1:
        texts = [cut(field.text, _TEXT_ROOM // len(fields)) for field in fields]
        items = [blocks.rich_section(blocks.leaf(text)) for text in texts]
        yield blocks.rich_list(items, ordered=True)
        return
    for field in fields:
        if field.text.strip() != question.title.strip():
            yield blocks.rich_section(blocks.leaf(cut(field.text, _TEXT_ROOM)))
        if _needs_a_list(field):
            yield blocks.rich_list(_described(choice) for choice in field.choices)


def _needs_a_list(field: Field) -> bool:
    """Whether buttons or a menu alone would not tell all about the choices."""
    return len(field.choices) <= 20 and any(
        choice.description or len(choice.label) > limits.OPTION_TEXT for choice in field.choices
    )


def _described(choice: Choice) -> Json:
    leaves = [blocks.leaf(shorten(choice.label, LINE), "bold")]
    if choice.description:
        leaves.append(blocks.leaf(f" – {shorten(choice.description, LINE)}"))
    return blocks.rich_section(*leaves)


def _elsewhere(question: Question) -> Iterator[Json]:
    """Its address in full: nobody should have to guess where it leads."""
    here = can_be_answered(question)
    if not here:
        yield blocks.rich_section(blocks.leaf("This cannot be answered in Slack."))
    if question.link:
        where = "It can also be answered at " if here else "Answer it at "
        to = inputs.leads(question.link)
        note = [blocks.leaf(f" ({to})")] if to else []
        yield blocks.rich_section(blocks.leaf(where), _link(question.link), *note)
    elif not here:
        yield blocks.rich_section(blocks.leaf("Answer it where the agent runs."))


def _link(address: str) -> Json:
    if len(address) <= limits.URL and _ADDRESS.fullmatch(address):
        return blocks.rich_address(address)
    return blocks.leaf(cut(inputs.visible(address), _TEXT_ROOM), "code")


_ADDRESS = re.compile(r"https?://[!-~]+", re.ASCII)


# ---- below it, while it is open


def _note(view: AskView) -> list[Json]:
    if not view.note:
        return []
    return [blocks.context([blocks.mrkdwn(":warning:"), blocks.plain(view.note, _TEXT_ROOM)])]


def _open(view: AskView) -> Iterator[Json]:
    match view.ask:
        case Confirmation():
            yield blocks.actions([*_decisions(view, view.ask)])
            if together := [*_together(view, view.ask)]:
                yield blocks.actions(together)
            if why := _why_no_edit(view.ask):
                yield blocks.context([blocks.plain(why)])
        case Question() if can_be_answered(view.ask):
            yield blocks.actions([*_answers(view.uid, view.ask)])
        case Question():
            pass
    yield blocks.context([blocks.mrkdwn(line) for line in terms(view)])


def _decisions(view: AskView, asked: Confirmation) -> Iterator[Json]:
    about = asked.title
    if "allow" in asked.verbs:
        yield blocks.button("Allow", ask_button(view.uid, "allow"), about=about, style="primary")
    if "allow_session" in asked.verbs:
        session = ask_button(view.uid, "allow_session")
        yield blocks.button("Allow for this session", session, about=about)
    if "deny" in asked.verbs:
        yield blocks.button("Deny", ask_button(view.uid, "deny"), about=about, style="danger")
    if not inputs.card(asked.input).whole:
        yield blocks.button(SHOW, open_button(view.uid, "show"), about=about)
    yield blocks.overflow([*_seldom(view, asked)])


def _seldom(view: AskView, asked: Confirmation) -> Iterator[tuple[str, ActionRef]]:
    if "deny" in asked.verbs:
        yield DENY_WHY, open_option(view.uid, "deny")
    if _may_edit(asked) and not _why_no_edit(asked):
        yield EDIT, open_option(view.uid, "edit")
    if "allow" in asked.verbs and view.always:
        yield ALWAYS, open_option(view.uid, "always")
    if "allow_always" in asked.verbs:
        yield AGENT_ALWAYS, open_option(view.uid, "agent_always")
    yield WHO, open_option(view.uid, "who")


def _may_edit(asked: Confirmation) -> bool:
    return "allow" in asked.verbs and asked.editable and bool(asked.input)


def _why_no_edit(asked: Confirmation) -> str:
    """Where the agent would take another input, but Slack has no form for it."""
    if not _may_edit(asked):
        return ""
    made, fixed = edits.entries(asked, asked.input)
    said = f"This cannot be edited here: {edits.named(fixed)}. {edits.INSTEAD}"
    return "" if made else said


def _together(view: AskView, asked: Confirmation) -> Iterator[Json]:
    count = view.others + 1
    if count < 2:
        return
    about = f"{count} requests of this turn"
    if "allow" in asked.verbs:
        yield blocks.button(
            f"Allow all {count}",
            all_button(view.uid, "allow", count),
            about=about,
            sure=f"This allows {about}: this one, and those on the other cards in this thread.",
        )
    if "deny" in asked.verbs:
        yield blocks.button(f"Deny all {count}", all_button(view.uid, "deny", count), about=about)


def _answers(uid: str, question: Question) -> Iterator[Json]:
    form = open_button(uid, "answer")
    match question.fields:
        case (Field(multiple=False, choices=(_, *_)) as field,):
            yield from _choices(uid, field)
            if field.free_text:
                yield blocks.button(OTHER, form, about=field.text)
        case _:
            yield blocks.button(ANSWER, form, about=question.title, style="primary")


def _choices(uid: str, field: Field) -> Iterator[Json]:
    labels = [choice.label for choice in field.choices]
    if len(labels) <= MOST_BUTTONS and all(len(text) <= SHORT_CHOICE for text in labels):
        for at, text in enumerate(labels):
            yield blocks.button(text, choice_button(uid, at), about=field.text)
    elif len(labels) <= limits.SELECT_OPTIONS:
        options = [(text, choice_option(uid, at)) for at, text in enumerate(labels)]
        yield blocks.select("Choose an answer", options)
    else:
        placeholder = f"Choose one of {len(labels)} answers"
        yield blocks.search(placeholder, found_option(uid, 0).action_id)


def terms(view: AskView) -> Iterator[str]:
    """Who decides, for whom, until when, as lines of mrkdwn."""
    those = " and ".join(mention(user) for user in view.asked_by[:_MOST_AGREED])
    more = len(view.asked_by) - _MOST_AGREED
    # Who asked and decides alone is named once.
    named = those and those != view.who
    asked = [f"asked for by {those}{f' and {more} more' if more > 0 else ''}"] if named else []
    yield " · ".join([_who(view), *asked])
    if view.deadline is not None:
        until = blocks.when(view.deadline)
        denied = view.at_deadline == "deny"
        then = "without a decision it is denied then" if denied else "after that it stays open"
        yield f":hourglass_flowing_sand: Until {until}; {then}."
    if view.need > 1:
        yield _agreed(view)
    if view.parked:
        yield f":double_vertical_bar: {PARKED}"


def _who(view: AskView) -> str:
    person = without_groups(view.who, dict(view.groups)) or "Anyone here"
    match view.ask:
        case Confirmation():
            return f"{person} can decide"
        case Question() if can_be_answered(view.ask):
            return f"{person} can answer: {_how(view.ask)}"
        case Question():
            return f"{person} can answer it there"


def _how(question: Question) -> str:
    match question.fields:
        case (Field(choices=()),):
            return "just write in the thread"
        case (Field(multiple=True),):
            return "press Answer …, you may choose several"
        case (Field(free_text=True),):
            return "choose, or just write in the thread"
        case (_,):
            return "choose one"
        case _:
            return "press Answer …, it takes all of them at once"


def _agreed(view: AskView) -> str:
    named = ", ".join(mention(user) for user in view.agreed[:_MOST_AGREED]) or "nobody"
    return f"{view.need} people have to agree. So far: {named}."


# ---- below it, once somebody decided


def _effective(view: AskView) -> Iterator[Json]:
    """What was allowed, where that is not what was asked for."""
    different = _changed(view)
    if not different:
        return
    title = blocks.rich_section(blocks.leaf("Changed before it was allowed:", "bold"))
    shown = inputs.card(different, _EFFECTIVE_ROOM, _EFFECTIVE_LINES)
    yield blocks.rich_text(title, *shown.parts)


def _changed(view: AskView) -> Json:
    if view.effective is None or not isinstance(view.ask, Confirmation):
        return {}
    return inputs.changed(view.ask.input, view.effective)


def _sending(view: AskView) -> list[Json]:
    by = f" by {mention(view.by)}" if view.by else ""
    return [
        blocks.mrkdwn(":outbox_tray: Sending:"),
        blocks.plain(view.label or "the answer", LINE),
        blocks.mrkdwn(f"{by.strip()} …".strip()),
    ]


def state(view: AskView) -> list[Json]:
    """What became of an ask that is not open, as the elements of a context."""
    return _sending(view) if view.status == "sending" else _settled(view)


def _settled(view: AskView) -> list[Json]:
    person = f"by {mention(view.by)}" if view.by else ""
    if view.need > 1 and view.agreed:
        others = [mention(user) for user in view.agreed[:_MOST_AGREED] if user != view.by]
        person = " and ".join([person, *others]) if person else ""
    at = blocks.when(view.at) if view.at is not None else ""
    tail = " · ".join(part for part in (person, decided_in(view), at) if part)
    sign, words = _outcome(view)
    said = [blocks.plain(words, _TEXT_ROOM)]
    return [blocks.mrkdwn(sign), *said, *([blocks.mrkdwn(tail)] if tail else [])]


def _reason(view: AskView) -> Iterator[Json]:
    if view.reason.strip():
        yield blocks.context([blocks.plain(f"Reason: {view.reason}", _REASON_ROOM)])


def _outcome(view: AskView) -> tuple[str, str]:
    match view.outcome:
        case "answered" | None:
            sign = ":no_entry:" if view.label.startswith("Denied") else ":white_check_mark:"
            changes = " with changes" if _changed(view) else ""
            return sign, (view.label or "Answered") + changes
        case "elsewhere":
            return ":ballot_box_with_check:", "Answered elsewhere"
        case "withdrawn":
            return ":heavy_minus_sign:", "No longer needed: the agent took this back"
        case "expired":
            return ":hourglass:", "Expired: nobody answered in time"
        case _:
            assert_never(view.outcome)


def _spoken(view: AskView) -> str:
    """What notifications say and screen readers begin with."""
    title = one_line(view.ask.title)
    match view.status, view.ask:
        case "open", Confirmation():
            what = inputs.gist(view.ask.input)
            more = f" ({what})" if what and what not in title else ""
            said = f"Permission needed: {title}{more}"
        case "open", _:
            said = f"Question: {title}{_asked_too(view.ask)}"
        case "sending", _:
            said = f"Sending: {view.label or 'the answer'}: {title}"
        case _:
            said = f"{_outcome(view)[1]}: {title}"
    return fit(said, limits.SUMMARY_TEXT)


def _asked_too(question: Question) -> str:
    """The text and the answers, as far as one line goes."""
    if len(question.fields) != 1:
        return f" ({len(question.fields)} questions)" if question.fields else ""
    field = question.fields[0]
    text = "" if field.text.strip() == question.title.strip() else f" – {one_line(field.text)}"
    offered = shorten(", ".join(one_line(choice.label) for choice in field.choices), LINE)
    return f"{text} ({offered})" if offered else text
