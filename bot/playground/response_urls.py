"""response_url: answers to an interaction without a token, 5 times in 30 minutes."""

import secrets
from dataclasses import dataclass, field
from typing import Literal

from bot.playground.arguments import Arguments
from bot.playground.chat_methods import content
from bot.playground.model import Change, Install, Json, Message, SlackError
from bot.playground.workspace import Workspace

GOOD_FOR_SECONDS = 30 * 60
USES = 5


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
        return workspace.post(
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
    return workspace.whisper(
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
        return workspace.rewrite_whisper(original, text, blocks)
    app = occasion.install.user_id
    return workspace.edit(app, original.channel, original.ts, now, text=text, blocks=blocks)


def _delete(workspace: Workspace, occasion: Occasion, now: float) -> Change:
    original = _original(occasion)
    if _is_whisper(workspace, original):
        return workspace.remove_whisper(original)
    return workspace.delete(occasion.install.user_id, original.channel, original.ts, now)


def _original(occasion: Occasion) -> Message:
    if occasion.message is None:
        raise SlackError("message_not_found")
    return occasion.message


def _is_whisper(workspace: Workspace, message: Message) -> bool:
    """What is no longer there is looked for among the messages, and not found."""
    return any(ephemeral.message is message for ephemeral in workspace.ephemerals)
