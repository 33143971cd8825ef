"""Ephemeral messages: what only one person is shown."""

from bot.playground.model import Change, Ephemeral, Json, Message, SlackError
from bot.playground.posting import signed, writable
from bot.playground.workspace import Workspace


def whisper(
    workspace: Workspace,
    author: str,
    reader: str,
    channel_id: str,
    text: str,
    now: float,
    *,
    thread_ts: str | None = None,
    blocks: list[Json] | None = None,
    look: Json | None = None,
    anywhere: bool = False,
) -> Change:
    """Show `reader` a message nobody else sees (chat.postEphemeral). Slack takes it in a thread
    without a reply as well, and shows it to nobody."""
    channel = writable(workspace, author, channel_id, anywhere)
    if not anywhere and reader not in channel.members:
        raise SlackError("user_not_in_channel")
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    if thread_ts is not None:
        workspace.require_root(channel_id, thread_ts)
    message = signed(workspace, author, channel, text, workspace.tick(channel, now))
    message.thread_ts, message.details = thread_ts, look
    message.blocks = workspace.with_ids(blocks)
    is_early = thread_ts is not None and not workspace.has_replies(channel_id, thread_ts)
    if is_early and not workspace.early_whispers:
        return Change((), (), message)
    ephemeral = Ephemeral(workspace.new_id("Ep"), reader, message)
    workspace.ephemerals.append(ephemeral)
    redraw = ({"type": "ephemeral", "message": workspace.shown_ephemeral(ephemeral)},)
    return Change((), redraw, message)


def rewrite(
    workspace: Workspace, whispered: Message, text: str, blocks: list[Json] | None
) -> Change:
    """Change a message only one person sees, as a response_url can."""
    ephemeral = next((e for e in workspace.ephemerals if e.message is whispered), None)
    if ephemeral is None:
        raise SlackError("message_not_found")
    whispered.text, whispered.blocks = text, workspace.with_ids(blocks)
    shown = workspace.shown_ephemeral(ephemeral)
    return Change((), ({"type": "ephemeral", "message": shown},), whispered)


def remove(workspace: Workspace, whispered: Message) -> Change:
    ephemeral = next((e for e in workspace.ephemerals if e.message is whispered), None)
    if ephemeral is None:
        raise SlackError("message_not_found")
    workspace.ephemerals.remove(ephemeral)
    gone = {"type": "ephemeral_deleted", "id": ephemeral.id, "user": ephemeral.reader}
    return Change((), (gone,))
