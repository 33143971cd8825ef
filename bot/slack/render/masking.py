"""Views without credentials: every string an agent wrote goes through `secrets.mask`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import assert_never

from pydantic import JsonValue

from bot.core.asks import Ask, Confirmation, Mask, masked_json
from bot.core.views import AskView, NoticeView, QueueView, TurnView
from bot.slack.render.secrets import BUILT_IN, Shape, mask

MessageView = TurnView | AskView | NoticeView | QueueView


def masked(view: MessageView, known: Sequence[Shape] = BUILT_IN) -> MessageView:
    """The view as it may be shown. Ids stay: they are sent back, and never drawn."""
    hide = _line(known)
    match view:
        case TurnView():
            return replace(
                view,
                text=mask(view.text, known),
                thinking=hide(f"{view.thinking}…").removesuffix("…"),  # it grows: more may follow
                error=hide(view.error),
                steps=tuple(
                    replace(s, title=hide(s.title), summary=hide(s.summary), input=hide(s.input))
                    for s in view.steps
                ),
                plan=tuple(replace(line, text=hide(line.text)) for line in view.plan),
            )
        case AskView():
            return masked_ask(view, known)
        case NoticeView():
            return replace(view, text=hide(view.text), quote=hide(view.quote))
        case QueueView():
            return replace(
                view, entries=tuple(replace(one, line=hide(one.line)) for one in view.entries)
            )
        case _:
            assert_never(view)


def masked_ask(view: AskView, known: Sequence[Shape] = BUILT_IN) -> AskView:
    """A card as it may be shown."""
    hide = _line(known)
    return replace(
        view,
        ask=_ask(view.ask, hide),
        label=hide(view.label),
        note=hide(view.note),
        title=hide(view.title),
        reason=hide(view.reason),
        effective=None if view.effective is None else _values(view.effective, hide),
    )


def _line(known: Sequence[Shape]) -> Mask:
    """What is no answer may have been shortened before it came here."""
    return partial(mask, known=known, shortened=True)


def _ask(ask: Ask, hide: Mask) -> Ask:
    if isinstance(ask, Confirmation):
        given = _values(ask.input, hide)
        return replace(ask, tool=hide(ask.tool), title=hide(ask.title), input=given)
    fields = tuple(
        replace(
            field,
            text=hide(field.text),
            choices=tuple(
                replace(choice, label=hide(choice.label), description=hide(choice.description))
                for choice in field.choices
            ),
        )
        for field in ask.fields
    )
    return replace(ask, title=hide(ask.title), fields=fields, link=hide(ask.link))


def _values(values: dict[str, JsonValue], hide: Mask) -> dict[str, JsonValue]:
    shown = masked_json(dict(values), hide)
    return shown if isinstance(shown, dict) else {}
