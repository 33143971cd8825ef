"""What a person can do, by name: the same functions for the page and for the people of tests."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from bot.playground import agent_sessions
from bot.playground.arguments import Arguments
from bot.playground.interactions import typed
from bot.playground.model import Change, File, Json, SlackError, User
from bot.playground.uploads import new_file, share
from bot.playground.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a person: `wanted` holds its fields."""

    workspace: Workspace
    user: User
    wanted: Arguments
    now: float

    def typed(self) -> str:
        return typed(self.workspace, self.user.team_id, self.wanted.need("text"))

    def place(self) -> tuple[str, str]:
        return self.wanted.need("channel"), self.wanted.need("ts")


Outcome = tuple[Json, Change]


def _post(act: Act) -> Outcome:
    change = act.workspace.post(
        act.user.id,
        act.wanted.need("channel"),
        act.typed(),
        act.now,
        thread_ts=act.wanted.text("thread_ts"),
    )
    return {"ts": change.message.ts if change.message else None}, change


def _edit(act: Act) -> Outcome:
    return {}, act.workspace.edit(act.user.id, *act.place(), act.now, text=act.typed())


def _delete(act: Act) -> Outcome:
    return {}, act.workspace.delete(act.user.id, *act.place(), act.now)


def _react(act: Act) -> Outcome:
    return {}, act.workspace.react(act.user.id, *act.place(), act.wanted.need("name"), act.now)


def _unreact(act: Act) -> Outcome:
    return {}, act.workspace.unreact(act.user.id, *act.place(), act.wanted.need("name"), act.now)


def _stop(act: Act) -> Outcome:
    channel, thread_ts = act.wanted.need("channel"), act.wanted.need("thread_ts")
    return {}, agent_sessions.stop(act.workspace, act.user.id, channel, thread_ts, act.now)


def _open_home(act: Act) -> Outcome:
    return {}, act.workspace.open_home(act.user.id, act.now)


def _open_dm(act: Act) -> Outcome:
    """The direct message with the app: its Messages tab."""
    bot = act.workspace.install_of(act.user.team_id).user_id
    channel, opened = act.workspace.open_im(act.user.id, bot)
    told = act.workspace.open_home(act.user.id, act.now, tab="messages")
    return {"channel": channel.id}, opened + told


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        raise SlackError("invalid_arguments") from None


def _upload(act: Act) -> Outcome:
    """A message with files: `files` [{name, content in base64}], and `text` if any."""
    given = act.wanted.objects("files", "invalid_arguments") or []
    files: list[File] = []
    for each in given:
        name, content = str(each.get("name") or "file"), _decoded(str(each.get("content", "")))
        files.append(new_file(act.workspace, act.user.id, name, content, act.now))
    if not files:
        raise SlackError("no_text")
    text = act.typed() if act.wanted.text("text") else ""
    channel, thread_ts = act.wanted.need("channel"), act.wanted.text("thread_ts")
    change = share(act.workspace, files, channel, text, act.now, thread_ts=thread_ts)
    ts = change.message.ts if change.message else None
    return {"ts": ts, "files": [file.id for file in files]}, change


def _invite(act: Act) -> Outcome:
    channel, invited = act.wanted.need("channel"), act.wanted.need("user")
    return {}, act.workspace.join(invited, channel, act.user.id, act.now)


ACTS: dict[str, Callable[[Act], Outcome]] = {
    "post": _post,
    "edit": _edit,
    "delete": _delete,
    "react": _react,
    "unreact": _unreact,
    "stop": _stop,
    "open_home": _open_home,
    "open_dm": _open_dm,
    "invite": _invite,
    "upload": _upload,
}

# What a page shows when Slack refuses.
SENTENCES = {
    "cannot_reply_to_message": "That message was deleted.",
    "cant_delete_message": "You can only delete your own messages.",
    "cant_update_message": "You can only edit your own messages.",
    "channel_not_found": "There is no such conversation for you.",
    "invalid_thread_ts": "That is not the start of a thread.",
    "is_archived": "This channel is archived.",
    "message_not_found": "That message is gone.",
    "no_such_element": "That button is gone.",
    "no_text": "Write something first.",
    "no_commands_in_threads": "Commands are not supported in threads.",
    "no_modal": "That window is closed.",
    "no_such_command": "There is no such command.",
    "no_such_option": "That cannot be chosen.",
    "no_such_shortcut": "There is no such shortcut.",
    "not_in_channel": "You are not in this channel.",
    "too_many_chosen": "That is more than can be chosen.",
    "session_not_processing": "Nothing is running here.",
}


def refusal(error: SlackError) -> Json:
    sentence = SENTENCES.get(error.code) or f"Slack refused: {error.code}."
    return {"ok": False, "error": error.code, "message": sentence}
