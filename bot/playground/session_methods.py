"""agents.sessions.* and the legacy assistant.threads.*."""

from bot.playground import agent_sessions
from bot.playground.agent_sessions import TITLE_LIMIT
from bot.playground.call import LOOK, Answer, Call, done, missing_scope
from bot.playground.homes import suggest
from bot.playground.model import STATUSES, Change, Channel, Json, Misuse, SlackError, Status

LOOK_LIMIT = 200
LOADING_MESSAGES = 10
LOADING_MESSAGE_LENGTH = 50
STOPPED = "agent_session_stopped"


def set_status(call: Call) -> Answer:
    """`status` of the answer is the whole session's, `agent_status` the app's own."""
    channel, thread_ts = _session_place(call)
    arguments = call.arguments
    status = status_named(arguments.need("status"))
    initiator = arguments.text("initiator_user_id")
    if initiator is not None and initiator not in channel.members:
        raise SlackError("user_not_found")
    title = arguments.text("title")
    if title is not None and len(title) > TITLE_LIMIT:
        raise _unfit(f"title is longer than {TITLE_LIMIT} characters")
    change = agent_sessions.set_status(
        call.workspace,
        call.bot,
        channel.id,
        thread_ts,
        status,
        call.now,
        title=title,
        initiator=initiator,
        look=_look(call),
    )
    return _answer(call, change, channel.id, thread_ts)


def rename(call: Call) -> Answer:
    channel, thread_ts = _session_place(call)
    title = call.arguments.need("title")
    if channel.is_archived:
        raise SlackError("is_archived")
    change = agent_sessions.rename(
        call.workspace,
        channel.id,
        thread_ts,
        title,
        call.bot,
        call.now,
        unique=call.streams.unique_titles,
    )
    return _answer(call, change, channel.id, thread_ts)


def status_named(word: str) -> Status:
    if word not in STATUSES:
        raise SlackError("invalid_status")
    return word


def _session_place(call: Call) -> tuple[Channel, str]:
    """Channel and thread of a session; the bot must be a member of the channel."""
    if call.feature_disabled:
        raise SlackError("feature_disabled")
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel_id"))
    if call.bot not in channel.members:
        raise SlackError("not_authorized")
    thread_ts = call.arguments.text("thread_ts")
    if not thread_ts:
        raise SlackError("thread_ts_required")
    return channel, thread_ts


def _answer(call: Call, change: Change, channel_id: str, thread_ts: str) -> Answer:
    session = call.workspace.sessions[(channel_id, thread_ts)]
    body, change = done(
        change,
        status=session.whole,
        agent_status=session.agents[call.bot].status,
        title=session.title,
    )
    if call.app.subscribed is not None and STOPPED not in call.app.subscribed:
        body["warning"] = f"missing_{STOPPED}_event_subscription"
        body["response_metadata"] = {"warnings": [body["warning"]]}
    return body, change


def _look(call: Call) -> Json | None:
    """Icon and name of what shows that it works. Naming one resets all; null clears it."""
    if not any(call.arguments.given(name) for name in LOOK):
        return None
    if "chat:write.customize" not in call.install.scopes:
        raise missing_scope("chat:write.customize", call.install)
    look = {name: value for name in LOOK if (value := call.arguments.text(name)) is not None}
    if any(len(value) > LOOK_LIMIT for value in look.values()):
        raise _unfit(f"{', '.join(LOOK)}: at most {LOOK_LIMIT} characters each")
    return look


def set_assistant_status(call: Call) -> Answer:
    """The legacy status line: any words mean `processing`, none mean `active`."""
    channel = _assisted(call)
    status: Status = "processing" if call.arguments.need("status") else "active"
    lines = call.arguments.texts("loading_messages", "invalid_arguments")
    if lines is not None and not (
        1 <= len(lines) <= LOADING_MESSAGES
        and all(1 <= len(line) <= LOADING_MESSAGE_LENGTH for line in lines)
    ):
        raise _unfit("loading_messages: 1 to 10, of 1 to 50 characters each")
    try:
        change = agent_sessions.set_status(
            call.workspace,
            call.bot,
            channel.id,
            call.arguments.need("thread_ts"),
            status,
            call.now,
            look={"loading_messages": lines} if lines else None,
            legacy=True,
        )
    except Misuse:
        raise SlackError("invalid_thread_ts") from None
    return done(change)


def set_assistant_title(call: Call) -> Answer:
    channel = _assisted(call)
    title = call.arguments.need("title")
    if not 1 <= len(title) <= TITLE_LIMIT:
        raise _unfit(f"title: 1 to {TITLE_LIMIT} characters")
    thread_ts = call.arguments.need("thread_ts")
    try:
        return done(agent_sessions.entitle(call.workspace, call.bot, channel.id, thread_ts, title))
    except Misuse:
        raise SlackError("invalid_thread_ts") from None


def set_suggested_prompts(call: Call) -> Answer:
    channel = _assisted(call)
    thread_ts = call.arguments.text("thread_ts")
    if thread_ts is not None and not call.workspace.thread(channel.id, thread_ts):
        raise SlackError("invalid_thread_ts")
    prompts = call.arguments.objects("prompts", "invalid_arguments") or []
    if not 1 <= len(prompts) <= 4 or any(set(p) != {"title", "message"} for p in prompts):
        raise _unfit("1 to 4 prompts of title and message")
    return done(suggest(call.workspace, channel.id, prompts))


def _assisted(call: Call) -> Channel:
    """The channel of a legacy method: one the app is in."""
    channel = call.workspace.channel_seen_by(call.bot, call.arguments.need("channel_id"))
    if call.bot not in channel.members:
        raise SlackError("channel_not_found")
    return channel


def _unfit(what: str) -> SlackError:
    return SlackError("invalid_arguments", (f"[ERROR] {what}",))
