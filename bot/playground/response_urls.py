"""response_url: answers to an interaction without a token, 5 times in 30 minutes."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from bot.playground import posting, whispers
from bot.playground.arguments import Arguments
from bot.playground.chat_methods import content
from bot.playground.model import Change, Install, Json, Message, SlackError
from bot.playground.workspace import Workspace

GOOD_FOR_SECONDS = 30 * 60
USES = 5
# A playground may run for days: the URL of yesterday is as unknown as one never given.
KEPT_SECONDS = 24 * 3600


@dataclass(slots=True)
class Occasion:
    """What a person did to have the URL given out: where, and with which message if with one."""

    install: Install
    user_id: str
    channel: str
    at: float
    message: Message | None = None
    uses: int = 0


@dataclass(slots=True)
class ResponseUrls:
    """All URLs given out in this run, by their secret."""

    occasions: dict[str, Occasion] = field(default_factory=lambda: dict[str, Occasion]())

    def give(
        self, kind: Literal["actions", "commands"], occasion: Occasion, workspace: Workspace
    ) -> str:
        while self.occasions:
            oldest = next(iter(self.occasions))
            if occasion.at - self.occasions[oldest].at <= KEPT_SECONDS:
                break
            del self.occasions[oldest]
        secret = secrets.token_urlsafe(18)
        self.occasions[secret] = occasion
        return f"{workspace.web_base}/{kind}/{occasion.install.team_id}/{secret}"

    def use(self, secret: str, now: float) -> Occasion:
        """Count one use. `invalid_url`, `expired_url` after 30 minutes, `used_url` after five."""
        occasion = self.occasions.get(secret)
        if occasion is None:
            raise SlackError("invalid_url")
        if now - occasion.at > GOOD_FOR_SECONDS:
            raise SlackError("expired_url")
        if occasion.uses >= USES:
            raise SlackError("used_url")
        occasion.uses += 1
        return occasion


def chosen_targets(view: Json) -> Iterator[Json]:
    """What was selected in the menus of a modal that ask for a response_url: `block_id`,
    `action_id` and `channel_id` of each."""
    for block in view["blocks"]:
        element = block.get("element", {})
        if not element.get("response_url_enabled"):
            continue
        at = {"block_id": block["block_id"], "action_id": element["action_id"]}
        held = view["state"]["values"][at["block_id"]][at["action_id"]]
        channel = held.get("selected_conversation") or held.get("selected_channel")
        if channel is not None:
            yield at | {"channel_id": channel}


def respond(workspace: Workspace, occasion: Occasion, body: Json, now: float) -> Change:
    """Do what a post to a response_url, or a message in the ack of a command, says.

    By default a new message that only the person sees. `replace_original` leaves nothing of the
    old message. Membership of the app does not matter.
    """
    arguments = Arguments(body)
    if arguments.flag("delete_original"):
        return _delete(workspace, occasion, now)
    text, blocks = content(arguments)
    if arguments.flag("replace_original"):
        return _replace(workspace, occasion, text or "", blocks or [], now)
    app, thread_ts = occasion.install.user_id, arguments.text("thread_ts")
    kind = arguments.text("response_type") or "ephemeral"
    if kind == "in_channel":
        return posting.post(
            workspace,
            app,
            occasion.channel,
            text or "",
            now,
            thread_ts=thread_ts,
            blocks=blocks,
            anywhere=True,
        )
    if kind != "ephemeral":
        raise SlackError("invalid_arguments", ("[ERROR] unknown response_type",))
    return whispers.whisper(
        workspace,
        app,
        occasion.user_id,
        occasion.channel,
        text or "",
        now,
        thread_ts=thread_ts,
        blocks=blocks,
        anywhere=True,
    )


def _replace(
    workspace: Workspace, occasion: Occasion, text: str, blocks: list[Json], now: float
) -> Change:
    original = _original(occasion)
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    if _is_whisper(workspace, original):
        return whispers.rewrite(workspace, original, text, blocks)
    app = occasion.install.user_id
    return posting.edit(
        workspace, app, original.channel, original.ts, now, text=text, blocks=blocks
    )


def _delete(workspace: Workspace, occasion: Occasion, now: float) -> Change:
    original = _original(occasion)
    if _is_whisper(workspace, original):
        return whispers.remove(workspace, original)
    return posting.delete(workspace, occasion.install.user_id, original.channel, original.ts, now)


def _original(occasion: Occasion) -> Message:
    if occasion.message is None:
        raise SlackError("message_not_found")
    return occasion.message


def _is_whisper(workspace: Workspace, message: Message) -> bool:
    """What is no longer there is looked for among the messages, and not found."""
    return any(ephemeral.message is message for ephemeral in workspace.ephemerals)
