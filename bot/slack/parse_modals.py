"""Slack's payloads of modals and of menus that search, as values. Pure and total, as `parse`."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from bot.slack.action_ids import ModalRef, PageAction, parse_action, parse_found, parse_modal
from bot.slack.parse import Body, Identity, Ignored
from bot.slack.render.answers import field_of
from bot.slack.render.forms import Filled
from bot.slack.wire import NamedById, PageBody, SubmitBody, SuggestBody


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """Somebody wants another page of a modal. `hash` names the state of it they saw."""

    user: str
    view: str
    hash: str
    modal: ModalRef
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Somebody sent a modal of ours."""

    key: str
    user: str
    modal: ModalRef
    filled: Filled


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A form as another version of us made it. `blocks` are those of its fields."""

    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Somebody types in a menu whose choices we have: those of field number `field`."""

    uid: str
    user: str
    field: int
    text: str


def turned(body: Body, me: Identity) -> Turned | Ignored:
    """A `block_actions` payload from a modal."""
    try:
        pressed = PageBody.model_validate(body)
    except ValidationError:
        return Ignored("not an action in a modal")
    view = pressed.view
    modal = parse_modal(view.callback_id, view.private_metadata)
    action = next((parse_action(a.action_id, a.value) for a in pressed.actions), None)
    if not isinstance(action, PageAction) or modal is None or action.uid != modal.uid:
        return Ignored("an action in a view that asks nothing of us")
    if _foreign(pressed.team, me):
        return Ignored("an action from another workspace")
    user = pressed.user.id
    return Turned(user=user, view=view.id, hash=view.hash, modal=modal, page=action.page)


def submission(body: Body, me: Identity) -> Submission | Unreadable | Ignored:
    """A `view_submission` payload."""
    try:
        sent = SubmitBody.model_validate(body)
    except ValidationError:
        return Ignored("not a modal that was sent", unknown=True)
    if _foreign(sent.team, me):
        return Ignored("a modal from another workspace")
    modal = parse_modal(sent.view.callback_id, sent.view.private_metadata)
    if modal is None:
        return Unreadable(tuple(sent.view.state.values))
    return Submission(
        key=f"view:{sent.view.id}:{sent.view.hash}",
        user=sent.user.id,
        modal=modal,
        filled={
            block: held
            for block, fields in sent.view.state.values.items()
            for held in fields.values()
        },
    )


def search(body: Body, me: Identity) -> Search | Ignored:
    """A `block_suggestion` payload."""
    try:
        asked = SuggestBody.model_validate(body)
    except ValidationError:
        return Ignored("not a search in a menu", unknown=True)
    uid = parse_found(asked.action_id)
    if uid is None or _foreign(asked.team, me):
        return Ignored("a search in a menu of nobody's")
    field = field_of(asked.block_id) if asked.view else 0
    return Search(uid=uid, user=asked.user.id, field=field, text=asked.value)


def _foreign(team: NamedById | None, me: Identity) -> bool:
    return team is not None and team.id != me.team
