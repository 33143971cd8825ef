"""Files on their way into a workspace: asked for, sent, completed once, and then shared."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.playground import posting
from bot.playground.channel_events import file_shared
from bot.playground.file_objects import mimetype_of
from bot.playground.model import Change, File, Json, SlackError
from bot.playground.workspace import Workspace

# Slack takes a gigabyte; this one keeps files in memory.
MAX_FILE_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class Upload:
    """`length` is what the app said; the bytes are there once `sent`."""

    file: File
    length: int
    sent: bool = False


@dataclass(slots=True)
class Uploads:
    """By the secret in the upload URL. Nothing of it outlives a run."""

    pending: dict[str, Upload] = field(default_factory=lambda: dict[str, Upload]())

    def begin(self, workspace: Workspace, file: File, length: int) -> str:
        """The URL the bytes go to, without a token."""
        secret = secrets.token_urlsafe(18)
        self.pending[secret] = Upload(file, length)
        return f"{workspace.web_base}/upload/v1/{secret}"

    def receive(self, secret: str, content: bytes) -> None:
        """The bytes of a file. `file_not_found`, or `file_update_failed` if their number is not
        what was said."""
        upload = self.pending.get(secret)
        if upload is None:
            raise SlackError("file_not_found")
        if len(content) != upload.length:
            raise SlackError("file_update_failed")
        file = upload.file
        file.content, file.mimetype = content, mimetype_of(file.name, content)
        upload.sent = True

    def take(self, file_ids: Sequence[str], owner: str) -> list[File]:
        """The files of one completion, all or none: `file_not_found` for one that was not sent, is
        another app's, or was completed before."""
        found = {
            upload.file.id: secret
            for secret, upload in self.pending.items()
            if upload.sent and upload.file.user == owner
        }
        if any(file_id not in found for file_id in file_ids):
            raise SlackError("file_not_found")
        return [self.pending.pop(found[file_id]).file for file_id in file_ids]


def new_file(workspace: Workspace, user_id: str, name: str, content: bytes, now: float) -> File:
    return File(
        id=workspace.new_id("F"),
        team_id=workspace.user(user_id).team_id,
        user=user_id,
        name=name,
        title=name,
        mimetype=mimetype_of(name, content),
        created=int(now),
        content=content,
    )


def share(
    workspace: Workspace,
    files: Sequence[File],
    channel: str,
    text: str,
    now: float,
    *,
    thread_ts: str | None = None,
    blocks: list[Json] | None = None,
    broadcast: bool = False,
) -> Change:
    """Post files as one message of their owner."""
    author, ids = files[0].user, [file.id for file in files]
    workspace.files.update({file.id: file for file in files})
    change = posting.post(
        workspace,
        author,
        channel,
        text,
        now,
        thread_ts=thread_ts,
        blocks=blocks,
        files=ids,
        broadcast=broadcast,
    )
    message, where = change.message, workspace.channels[channel]
    if message is None:
        return change
    for file in files:
        file.shares.append((channel, message.ts))
        event = file_shared(file, where, workspace.tick(where, now))
        change += Change(workspace.heard(where, event))
    return change


def may_see(workspace: Workspace, file: File, user_id: str) -> bool:
    """Its owner, and whoever sees a channel it is in."""
    channels = [workspace.channels[channel] for channel, _ in file.shares]
    mine = workspace.is_of(user_id, file.team_id)
    return file.user == user_id or any(
        (channel.kind == "channel" and mine) or user_id in channel.members for channel in channels
    )
