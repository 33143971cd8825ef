"""Block Kit, built from plain values and cut to Slack's sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import JsonValue

from bot.slack import limits
from bot.slack.action_ids import ActionRef
from bot.slack.render.escape import clean, defuse, shorten

Json = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Content:
    """A message: `blocks` are what is seen in Slack, `text` is read out and shown in notifications.

    `text` is escaped, at most `limits.SUMMARY_TEXT` characters and never empty.
    """

    text: str
    blocks: tuple[Json, ...]


# ---- text objects


def plain(text: str, limit: int = limits.CONTEXT_TEXT) -> Json:
    """Text of others, shown as it is: no marks, no emoji codes."""
    return {"type": "plain_text", "text": _some(text, limit), "emoji": False}


def label(text: str, limit: int) -> Json:
    """Words of ours, in which emoji codes are drawn."""
    return {"type": "plain_text", "text": _some(text, limit), "emoji": True}


def mrkdwn(text: str) -> Json:
    """Words of ours in Slack's markup. What comes from others is escaped by the caller."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _some(text: str, limit: int) -> str:
    """Slack refuses empty text."""
    return shorten(defuse(clean(text)), limit).strip() or "–"


def when(at: float) -> str:
    """A moment (epoch seconds) in the reader's own time zone, for `mrkdwn`."""
    return f"<!date^{int(at)}^{_DATE}|{_utc(at)}>"


_DATE = "{date_short_pretty} at {time}"


def _utc(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%d %H:%M UTC")


# ---- blocks


def markdown_block(text: str) -> Json:
    """`text` comes from `render.text.markdown`."""
    return {"type": "markdown", "text": text}


def context(elements: Sequence[Json]) -> Json:
    return {"type": "context", "elements": [*elements[: limits.CONTEXT_ELEMENTS]]}


def actions(elements: Sequence[Json]) -> Json:
    return {"type": "actions", "elements": [*elements[: limits.ACTIONS_ELEMENTS]]}


def section(text: Json) -> Json:
    return {"type": "section", "text": text}


def header(text: str) -> Json:
    return {"type": "header", "text": label(text, limits.HEADER_TEXT)}


def button(
    text: str,
    ref: ActionRef,
    *,
    about: str,
    style: Literal["primary", "danger"] | None = None,
    sure: str = "",
) -> Json:
    """`about` tells a screen reader what the button decides. `sure` is asked before it counts."""
    spoken = shorten(defuse(clean(f"{text}: {about}")), limits.ACCESSIBILITY_LABEL)
    made: Json = {
        "type": "button",
        "text": plain(text, limits.BUTTON_TEXT),
        "action_id": ref.action_id,
        "value": ref.value,
        "accessibility_label": spoken,
    }
    if sure:
        made["confirm"] = _confirm(text, sure)
    return made if style is None else {**made, "style": style}


def _confirm(text: str, sure: str) -> Json:
    return {
        "title": plain(f"{text}?", limits.HEADER_TEXT // 2),
        "text": plain(sure, limits.CONFIRM_TEXT),
        "confirm": plain(text, limits.BUTTON_TEXT // 3),
        "deny": plain("Cancel"),
    }


def overflow(options: Sequence[tuple[str, ActionRef]]) -> Json:
    """What is needed less often; all of them share one action id."""
    shown = options[: limits.OVERFLOW_OPTIONS]
    return {"type": "overflow", "action_id": shown[0][1].action_id, "options": _options(shown)}


def select(placeholder: str, options: Sequence[tuple[str, ActionRef]]) -> Json:
    """A menu of (text, what it means); all of them share one action id."""
    shown = options[: limits.SELECT_OPTIONS]
    return {
        "type": "static_select",
        "placeholder": label(placeholder, limits.PLACEHOLDER),
        "action_id": shown[0][1].action_id,
        "options": _options(shown),
    }


def search(placeholder: str, action_id: str, *, several: bool = False) -> Json:
    """A menu that asks us for its options while a person types."""
    return {
        "type": "multi_external_select" if several else "external_select",
        "placeholder": label(placeholder, limits.PLACEHOLDER),
        "action_id": action_id,
        "min_query_length": 0,
    }


def _options(shown: Sequence[tuple[str, ActionRef]]) -> list[JsonValue]:
    return [option(text, ref.value) for text, ref in shown]


def option(text: str, value: str, description: str = "") -> Json:
    made: Json = {"text": plain(text, limits.OPTION_TEXT), "value": value}
    if description.strip():
        made["description"] = plain(description, limits.OPTION_TEXT)
    return made


# ---- modals


def modal(
    title: str,
    ids: tuple[str, str],
    body: Sequence[Json],
    *,
    submit: str = "",
    close: str = "Close",
) -> Json:
    """A view of views.open; `ids` from `action_ids.modal_ids`."""
    callback_id, private_metadata = ids
    made: Json = {
        "type": "modal",
        "title": plain(title, limits.MODAL_TITLE),
        "callback_id": callback_id,
        "private_metadata": private_metadata,
        "close": plain(close, limits.MODAL_TITLE),
        "blocks": [*body[: limits.VIEW_BLOCKS]],
    }
    return {**made, "submit": plain(submit, limits.MODAL_TITLE)} if submit else made


def field(
    block_id: str, text: str, element: Json, *, hint: str = "", optional: bool = False
) -> Json:
    made: Json = {
        "type": "input",
        "block_id": block_id,
        "label": plain(text, limits.INPUT_LABEL),
        "element": {"action_id": VALUE, **element},
        "optional": optional,
    }
    return {**made, "hint": plain(hint, limits.INPUT_LABEL)} if hint else made


VALUE = "value"
"""The action id of a field: its block says which it is."""


def text_input(initial: str = "", *, multiline: bool = False) -> Json:
    """`initial` must be within `limits.TYPED_TEXT`."""
    made: Json = {"type": "plain_text_input", "multiline": multiline}
    return {**made, "initial_value": initial} if initial else made


def choice_input(
    kind: Literal["radio_buttons", "checkboxes", "static_select", "multi_static_select"],
    options: Sequence[Json],
    initial: Json | None = None,
) -> Json:
    made: Json = {"type": kind, "options": [*options]}
    return made if initial is None else {**made, "initial_option": initial}


# ---- rich text: nothing in it is ever parsed


def rich_text(*parts: Json) -> Json:
    return {"type": "rich_text", "elements": [*parts]}


def rich_section(*leaves: Json) -> Json:
    return {"type": "rich_text_section", "elements": [*leaves]}


def rich_list(items: Iterable[Json], *, ordered: bool = False) -> Json:
    style = "ordered" if ordered else "bullet"
    return {"type": "rich_text_list", "style": style, "elements": [*items]}


def rich_code(text: str) -> Json:
    return {"type": "rich_text_preformatted", "elements": [leaf(text)]}


def leaf(text: str, *style: Literal["bold", "code", "italic"]) -> Json:
    made: Json = {"type": "text", "text": clean(text) or " "}
    return {**made, "style": dict.fromkeys(style, True)} if style else made


def rich_link(url: str, text: str, *style: Literal["bold"]) -> Json:
    """A link of ours. Its text may be of others: nothing in it is parsed."""
    made: Json = {"type": "link", "url": url, "text": clean(text) or url}
    return {**made, "style": dict.fromkeys(style, True)} if style else made


def rich_user(user: str) -> Json:
    return {"type": "user", "user_id": user}


def rich_address(url: str) -> Json:
    """Shown as its address, whole: at most `limits.URL` characters."""
    return {"type": "link", "url": url, "text": url}


def rich_channel(channel: str) -> Json:
    return {"type": "channel", "channel_id": channel}


def rich_date(at: float) -> Json:
    return {"type": "date", "timestamp": int(at), "format": _DATE, "fallback": _utc(at)}
