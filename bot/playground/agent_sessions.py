"""Agent sessions: the status a thread shows, its title, and Slack's own Stop."""

from bot.playground import events, streams
from bot.playground.model import Change, Json, Message, Session, SlackError, Status
from bot.playground.workspace import Workspace

PROCESSING_SECONDS = 3600.0
LEGACY_STATUS_SECONDS = 120.0


def set_status(
    workspace: Workspace,
    channel_id: str,
    thread_ts: str,
    status: Status,
    now: float,
    *,
    title: str | None = None,
    initiator: str | None = None,
    look: Json | None = None,
    legacy: bool = False,
) -> Change:
    """Set the app's status in a session, making the session if needed; `title` and `initiator`
    count only then. `look` replaces what there was.

    `processing` falls back to `active` after an hour, or two minutes if the legacy method set it.
    """
    session = _found_or_made(workspace, channel_id, thread_ts, status, title, initiator)
    hold = LEGACY_STATUS_SECONDS if legacy else PROCESSING_SECONDS
    session.status, session.legacy = status, legacy
    session.until = now + hold if status == "processing" else None
    if look is not None:
        session.look = look
    return _redrawn(session)


def join(
    workspace: Workspace, channel_id: str, thread_ts: str, agent_id: str, status: Status
) -> Change:
    """What another agent, which no app of ours drives, does in the session."""
    session = _found_or_made(workspace, channel_id, thread_ts, "active", None, None)
    session.others[workspace.user(agent_id).id] = status
    return _redrawn(session)


def begin_stream(workspace: Workspace, channel_id: str, thread_ts: str, now: float) -> Change:
    """A stream makes the session that is not there yet, as `processing`; else it leaves it."""
    if (channel_id, thread_ts) in workspace.sessions:
        return Change()
    return set_status(workspace, channel_id, thread_ts, "processing", now)


def end_stream(
    workspace: Workspace, channel_id: str, thread_ts: str, status: Status, now: float
) -> Change:
    """The end of a stream sets the status, if there is a session."""
    if (channel_id, thread_ts) not in workspace.sessions:
        return Change()
    return set_status(workspace, channel_id, thread_ts, status, now)


def rename(
    workspace: Workspace, channel_id: str, thread_ts: str, title: str, user_id: str, now: float
) -> Change:
    """Colons become underscores, as seen on Slack; the app is told of its own renames too."""
    session = workspace.sessions.get((channel_id, thread_ts))
    if session is None:
        raise SlackError("not_authorized")
    channel, previous = workspace.channels[channel_id], session.title
    session.title = title.replace(":", "_")
    ts = workspace.tick(channel, now)
    event = events.session_renamed(session, previous, user_id, channel.team_id, ts)
    return Change(workspace.heard(channel, event)) + _redrawn(session)


def entitle(workspace: Workspace, channel_id: str, thread_ts: str, title: str) -> Change:
    """The legacy assistant.threads.setTitle: it makes an idle session if there is none."""
    session = _found_or_made(workspace, channel_id, thread_ts, "active", None, None)
    session.title = title.replace(":", "_")
    return _redrawn(session)


def stop(workspace: Workspace, user_id: str, channel_id: str, thread_ts: str, now: float) -> Change:
    """A person presses Slack's own Stop: it ends the streams and tells the app. The status stays:
    setting it is the app's part."""
    channel = workspace.channel_seen_by(user_id, channel_id)
    session = workspace.sessions.get((channel_id, thread_ts))
    if session is None or session.whole != "processing":
        raise SlackError("session_not_processing")
    ended, change = streams.halt(workspace, channel_id, thread_ts, now)
    event = events.session_stopped(session, user_id, ended, workspace.tick(channel, now))
    return change + Change(workspace.heard(channel, event))


def expire(workspace: Workspace, now: float) -> Change:
    """Break streams that took too long, and let statuses that were not renewed fall back."""
    over, change = streams.expire(workspace, now)
    left = {(stream.channel, stream.thread_ts) for stream in over}
    for place, session in workspace.sessions.items():
        ran_out = session.until is not None and session.until <= now
        if ran_out or (place in left and session.status == "processing"):
            change += _fall_back(session)
    return change


def end_legacy_status(workspace: Workspace, message: Message) -> Change:
    """A post of the app in the thread ends what assistant.threads.setStatus showed there."""
    session = workspace.sessions.get((message.channel, message.thread_ts or ""))
    if session is None or not session.legacy or session.until is None:
        return Change()
    return _fall_back(session)


def session_record(session: Session) -> Json:
    """A session as the page knows it."""
    return {
        "channel": session.channel,
        "thread_ts": session.thread_ts,
        "status": session.whole,
        "title": session.title,
    }


def _found_or_made(
    workspace: Workspace,
    channel_id: str,
    thread_ts: str,
    status: Status,
    title: str | None,
    initiator: str | None,
) -> Session:
    """Who wrote the root has begun the session, unless the app names somebody else."""
    workspace.require_root(channel_id, thread_ts)
    found = workspace.sessions.get((channel_id, thread_ts))
    if found is not None:
        return found
    begun_by = initiator or workspace.messages[channel_id][thread_ts].user
    named = title.replace(":", "_") if title else None
    made = Session(channel_id, thread_ts, status, named, initiator=begun_by)
    workspace.sessions[(channel_id, thread_ts)] = made
    return made


def _fall_back(session: Session) -> Change:
    session.status, session.until = "active", None
    return _redrawn(session)


def _redrawn(session: Session) -> Change:
    return Change(redraw=({"type": "session", "session": session_record(session)},))
