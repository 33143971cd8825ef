"""agents.sessions.* and the legacy assistant.threads.*."""

from typing import cast

from bot.playground import agent_sessions
from bot.playground.call import Answer, Call, done
from bot.playground.model import STATUSES, Misuse, SlackError, Status

TITLE_LIMIT = 200


def set_status(call: Call) -> Answer:
    """`status` of the answer is the whole session's; with one agent it is the agent's too."""
    channel_id, thread_ts = _session_place(call)
    arguments = call.arguments
    if arguments.need("status") not in STATUSES:
        raise SlackError("invalid_status")
    status = cast(Status, arguments.need("status"))
    initiator = arguments.text("initiator_user_id")
    if initiator is not None and initiator not in call.workspace.channels[channel_id].members:
        raise SlackError("user_not_found")
    title = arguments.text("title")
    if title is not None and len(title) > TITLE_LIMIT:
        raise SlackError("invalid_arguments", ("[ERROR] title is longer than 200 characters",))
    change = agent_sessions.set_status(
        call.workspace, channel_id, thread_ts, status, call.now, title=title
    )
    title = call.workspace.sessions[(channel_id, thread_ts)].title
    return done(change, status=status, agent_status=status, title=title)


def rename(call: Call) -> Answer:
    channel_id, thread_ts = _session_place(call)
    title = call.arguments.need("title")
    if not 1 <= len(title) <= TITLE_LIMIT:
        raise SlackError("invalid_name")
    change = agent_sessions.rename(call.workspace, channel_id, thread_ts, title, call.bot, call.now)
    session = call.workspace.sessions[(channel_id, thread_ts)]
    return done(change, status=session.status, agent_status=session.status, title=session.title)


def _session_place(call: Call) -> tuple[str, str]:
    """Channel and thread of a session; the bot must be a member of the channel."""
    if call.feature_disabled:
        raise SlackError("feature_disabled")
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel_id"))
    if call.bot not in channel.members:
        raise SlackError("not_authorized")
    thread_ts = call.arguments.text("thread_ts")
    if not thread_ts:
        raise SlackError("thread_ts_required")
    return channel.id, thread_ts


def set_assistant_status(call: Call) -> Answer:
    """The legacy status line: any words mean `processing`, none mean `active`."""
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel_id"))
    status: Status = "processing" if call.arguments.need("status") else "active"
    try:
        change = agent_sessions.set_status(
            call.workspace,
            channel.id,
            call.arguments.need("thread_ts"),
            status,
            call.now,
            legacy=True,
        )
    except Misuse:
        raise SlackError("invalid_thread_ts") from None
    return done(change)


def set_suggested_prompts(call: Call) -> Answer:
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel_id"))
    thread_ts = call.arguments.text("thread_ts")
    if thread_ts is not None and not call.workspace.thread(channel.id, thread_ts):
        raise SlackError("invalid_thread_ts")
    prompts = call.arguments.objects("prompts", "invalid_arguments") or []
    if not 1 <= len(prompts) <= 4 or any(set(p) != {"title", "message"} for p in prompts):
        raise SlackError("invalid_arguments", ("[ERROR] 1 to 4 prompts of title and message",))
    return done(call.workspace.suggest(channel.id, prompts))
