"""Agent sessions: the status a thread shows, its title, and Slack's own Stop."""

from bot.playground import events
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
    legacy: bool = False,
) -> Change:
    """Set a session's status, making the session if needed; `title` counts only then.

    `processing` falls back to `active` after an hour, or two minutes if the legacy method set it.
    """
    workspace.require_root(channel_id, thread_ts)
    session = workspace.sessions.setdefault(
        (channel_id, thread_ts), Session(channel_id, thread_ts, status, title)
    )
    hold = LEGACY_STATUS_SECONDS if legacy else PROCESSING_SECONDS
    session.status, session.legacy = status, legacy
    session.until = now + hold if status == "processing" else None
    return _redrawn(session)


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


def stop(workspace: Workspace, user_id: str, channel_id: str, thread_ts: str, now: float) -> Change:
    """A person presses Slack's own Stop. The status stays: setting it is the app's part."""
    channel = workspace.channel_seen_by(user_id, channel_id)
    session = workspace.sessions.get((channel_id, thread_ts))
    if session is None or session.status != "processing":
        raise SlackError("session_not_processing")
    event = events.session_stopped(session, user_id, workspace.tick(channel, now))
    return Change(workspace.heard(channel, event))


def expire(workspace: Workspace, now: float) -> Change:
    """Let statuses that were not renewed fall back to `active`."""
    change = Change()
    for session in workspace.sessions.values():
        if session.until is not None and session.until <= now:
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
        "status": session.status,
        "title": session.title,
    }


def _fall_back(session: Session) -> Change:
    session.status, session.until = "active", None
    return _redrawn(session)


def _redrawn(session: Session) -> Change:
    return Change(redraw=({"type": "session", "session": session_record(session)},))
