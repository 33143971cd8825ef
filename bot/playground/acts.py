"""What a person can do, by name: the same functions for the page and for the people of tests."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from bot.playground import agent_sessions, channels, homes, posting
from bot.playground.arguments import Arguments
from bot.playground.interactions import typed
from bot.playground.model import Change, Channel, File, Json, SlackError, User
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

    def channel(self) -> Channel:
        """The channel that is named, if this person may change it."""
        return self.workspace.channel_open_to(self.user.id, self.wanted.need("channel"))

    def place(self) -> tuple[str, str]:
        return self.wanted.need("channel"), self.wanted.need("ts")


Outcome = tuple[Json, Change]


def _post(act: Act) -> Outcome:
    change = posting.post(
        act.workspace,
        act.user.id,
        act.wanted.need("channel"),
        act.typed(),
        act.now,
        thread_ts=act.wanted.text("thread_ts"),
        broadcast=act.wanted.flag("reply_broadcast"),
    )
    return {"ts": change.message.ts if change.message else None}, change


def _edit(act: Act) -> Outcome:
    return {}, posting.edit(act.workspace, act.user.id, *act.place(), act.now, text=act.typed())


def _delete(act: Act) -> Outcome:
    return {}, posting.delete(act.workspace, act.user.id, *act.place(), act.now)


def _react(act: Act) -> Outcome:
    return {}, posting.react(
        act.workspace, act.user.id, *act.place(), act.wanted.need("name"), act.now
    )


def _unreact(act: Act) -> Outcome:
    return {}, posting.unreact(
        act.workspace, act.user.id, *act.place(), act.wanted.need("name"), act.now
    )


def _stop(act: Act) -> Outcome:
    channel, thread_ts = act.wanted.need("channel"), act.wanted.need("thread_ts")
    return {}, agent_sessions.stop(act.workspace, act.user.id, channel, thread_ts, act.now)


def _open_home(act: Act) -> Outcome:
    app = act.wanted.text("app")
    return {}, homes.open_home(act.workspace, act.user.id, act.now, app_id=app)


def _open_dm(act: Act) -> Outcome:
    """The direct message with an app: its Messages tab."""
    install = act.workspace.install_of(act.user.team_id, act.wanted.text("app"))
    channel, opened = channels.open_im(act.workspace, act.user.id, install.user_id)
    told = homes.open_home(
        act.workspace, act.user.id, act.now, tab="messages", app_id=install.app_id
    )
    return {"channel": channel.id}, opened + told


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        raise SlackError("invalid_arguments") from None


def _upload(act: Act) -> Outcome:
    """A message with files: `files` [{name, content in base64}], and `text` if any. Without a
    channel the files are only kept, for a field of a modal."""
    given = act.wanted.objects("files", "invalid_arguments") or []
    files: list[File] = []
    for each in given:
        name, content = str(each.get("name") or "file"), _decoded(str(each.get("content", "")))
        files.append(new_file(act.workspace, act.user.id, name, content, act.now))
    if not files:
        raise SlackError("no_text")
    if not act.wanted.has("channel"):
        act.workspace.files.update({file.id: file for file in files})
        return {"files": [file.id for file in files]}, Change()
    text = act.typed() if act.wanted.text("text") else ""
    channel, thread_ts = act.wanted.need("channel"), act.wanted.text("thread_ts")
    broadcast = act.wanted.flag("reply_broadcast")
    change = share(
        act.workspace, files, channel, text, act.now, thread_ts=thread_ts, broadcast=broadcast
    )
    ts = change.message.ts if change.message else None
    return {"ts": ts, "files": [file.id for file in files]}, change


def _invite(act: Act) -> Outcome:
    channel, invited = act.wanted.need("channel"), act.wanted.need("user")
    return {}, channels.join(act.workspace, invited, channel, act.user.id, act.now)


def _open_group(act: Act) -> Outcome:
    """The group direct message with `users` (ids with commas between)."""
    others = [user for user in act.wanted.need("users").split(",") if user]
    if len(others) < 2:
        raise SlackError("not_enough_users")
    channel, opened = channels.open_mpim(act.workspace, act.user.id, others)
    return {"channel": channel.id}, opened


def _create_channel(act: Act) -> Outcome:
    name, private = act.wanted.need("name"), act.wanted.flag("is_private")
    if act.user.is_restricted:
        raise SlackError("user_is_restricted")
    channel, change = channels.create(act.workspace, act.user.id, name, act.now, private=private)
    return {"channel": channel.id}, change


def _join_channel(act: Act) -> Outcome:
    channel = act.workspace.channel_seen_by(act.user.id, act.wanted.need("channel"))
    if channel.is_archived:
        raise SlackError("is_archived")
    if act.user.id in channel.members:
        raise SlackError("already_in_channel")
    return {}, channels.enter(act.workspace, act.user.id, channel, act.now)


def _leave(act: Act) -> Outcome:
    return {}, channels.leave(act.workspace, act.user.id, act.channel(), act.now)


def _rename_channel(act: Act) -> Outcome:
    channel, name = act.channel(), act.wanted.need("name")
    channels.require_membership(channel)
    return {}, channels.rename(act.workspace, act.user.id, channel, name, act.now)


def _set_topic(act: Act) -> Outcome:
    topic = act.wanted.text("topic") or ""
    return {}, channels.set_topic(act.workspace, act.user.id, act.channel(), topic, act.now)


def _archived(archived: bool) -> Callable[[Act], Outcome]:
    def change(act: Act) -> Outcome:
        channel = act.workspace.channel_joined_by(act.user.id, act.wanted.need("channel"))
        channels.require_membership(channel)
        return {}, channels.archive(act.workspace, act.user.id, channel, act.now, archived=archived)

    return change


def _pin(act: Act) -> Outcome:
    ts = act.wanted.need("ts")
    return {}, channels.pin(act.workspace, act.user.id, act.channel(), ts, act.now)


def _unpin(act: Act) -> Outcome:
    ts = act.wanted.need("ts")
    return {}, channels.unpin(act.workspace, act.user.id, act.channel(), ts, act.now)


def _rename_session(act: Act) -> Outcome:
    """Give the agent session of a thread another title."""
    thread_ts, title = act.wanted.need("thread_ts"), act.wanted.need("title")
    place = (act.workspace, act.channel().id, thread_ts)
    return {}, agent_sessions.rename(*place, title, act.user.id, act.now)


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
    "open_group": _open_group,
    "create_channel": _create_channel,
    "join_channel": _join_channel,
    "leave": _leave,
    "rename_channel": _rename_channel,
    "set_topic": _set_topic,
    "archive": _archived(True),
    "unarchive": _archived(False),
    "pin": _pin,
    "unpin": _unpin,
    "rename_session": _rename_session,
}

# What a page shows when Slack refuses.
SENTENCES = {
    "already_archived": "This channel is archived already.",
    "already_in_channel": "They are in this channel already.",
    "already_pinned": "That is pinned already.",
    "app_not_installed": "There is no such app in this workspace.",
    "cannot_reply_to_message": "That message was deleted.",
    "cant_delete_message": "You can only delete your own messages.",
    "cant_leave_general": "Nobody leaves #general.",
    "cant_update_message": "You can only edit your own messages.",
    "channel_not_found": "There is no such conversation for you.",
    "invalid_thread_ts": "That is not the start of a thread.",
    "is_archived": "This channel is archived.",
    "invalid_name": "A title has 1 to 200 characters.",
    "invalid_name_maxlength": "Names have 80 characters at most.",
    "invalid_name_punctuation": "A name needs a letter or a digit.",
    "invalid_name_required": "A channel needs a name.",
    "invalid_name_specials": "Names are of small letters, digits, hyphens and underscores.",
    "message_not_found": "That message is gone.",
    "method_not_supported_for_channel_type": "That is not for direct messages.",
    "name_taken": "That name is taken.",
    "no_pin": "That is not pinned.",
    "no_such_element": "That button is gone.",
    "no_text": "Write something first.",
    "no_commands_in_threads": "Commands are not supported in threads.",
    "no_modal": "That window is closed.",
    "no_such_command": "There is no such command.",
    "no_such_option": "That cannot be chosen.",
    "no_such_shortcut": "There is no such shortcut.",
    "not_archived": "This channel is not archived.",
    "not_authorized": "There is no agent at work here.",
    "not_enough_users": "Choose two people at least.",
    "not_in_channel": "You are not in this channel.",
    "too_many_chosen": "That is more than can be chosen.",
    "too_long": "That is too long.",
    "too_many_pins": "There are as many pins here as there can be.",
    "too_many_users": "Those are too many people.",
    "user_is_restricted": "Guests may not do that.",
    "session_not_processing": "Nothing is running here.",
}


def refusal(error: SlackError) -> Json:
    sentence = SENTENCES.get(error.code) or f"Slack refused: {error.code}."
    return {"ok": False, "error": error.code, "message": sentence}
