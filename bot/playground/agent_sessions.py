"""Agent sessions: the status a thread shows, its title, and Slack's own Stop."""

from bot.playground import events, streams
from bot.playground.model import Agent, Change, Event, Json, Message, Session, SlackError, Status
from bot.playground.workspace import Workspace

TITLE_LIMIT = 200
PROCESSING_SECONDS = 3600.0
LEGACY_STATUS_SECONDS = 120.0


def set_status(
    workspace: Workspace,
    agent: str,
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
    """Set the status of an app, by its bot user, in a session, making the session if needed;
    `title` and `initiator` count only then. `look` replaces what there was.

    `processing` falls back to `active` after an hour, or two minutes if the legacy method set it.
    """
    session = _found_or_made(workspace, channel_id, thread_ts, title, initiator)
    hold = LEGACY_STATUS_SECONDS if legacy else PROCESSING_SECONDS
    until = now + hold if status == "processing" else None
    before = session.agents.get(agent)
    kept = before.look if before is not None else {}
    session.agents[agent] = Agent(status, until, legacy, kept if look is None else look)
    return _redrawn(session)


def begin_stream(workspace: Workspace, message: Message, now: float) -> Change:
    """A stream makes its app an agent of the session, as `processing`; one that is stays as it
    is."""
    place = (message.channel, message.thread_ts or "")
    session = workspace.sessions.get(place)
    if session is not None and message.user in session.agents:
        return Change()
    return set_status(workspace, message.user, *place, "processing", now)


def end_stream(workspace: Workspace, message: Message, status: Status, now: float) -> Change:
    """The end of a stream sets the status of its app, if it is an agent of a session."""
    place = (message.channel, message.thread_ts or "")
    session = workspace.sessions.get(place)
    if session is None or message.user not in session.agents:
        return Change()
    return set_status(workspace, message.user, *place, status, now)


def rename(
    workspace: Workspace,
    channel_id: str,
    thread_ts: str,
    title: str,
    user_id: str,
    now: float,
    *,
    unique: bool = True,
) -> Change:
    """By the app or by a person. Colons become underscores, as seen on Slack; the app is told of
    its own renames too.

    `name_taken` if titles are `unique` and another session of the channel, one that is not closed,
    has this one: what Slack means by the code is not documented, this is the stricter reading.
    """
    if not 1 <= len(title) <= TITLE_LIMIT:
        raise SlackError("invalid_name")
    session = workspace.sessions.get((channel_id, thread_ts))
    if session is None or (workspace.user(user_id).is_bot and user_id not in session.agents):
        raise SlackError("not_authorized")
    channel, previous, named = workspace.channels[channel_id], session.title, _as_title(title)
    others = (s for place, s in workspace.sessions.items() if place != (channel_id, thread_ts))
    if unique and any(
        s.channel == channel_id and s.title == named and s.whole != "closed" for s in others
    ):
        raise SlackError("name_taken")
    session.title = named
    ts = workspace.tick(channel, now)
    event = events.session_renamed(session, previous, user_id, channel.team_id, ts)
    return Change(workspace.heard(channel, event)) + _redrawn(session)


def entitle(
    workspace: Workspace, agent: str, channel_id: str, thread_ts: str, title: str
) -> Change:
    """The legacy assistant.threads.setTitle: it makes an idle session if there is none."""
    session = _found_or_made(workspace, channel_id, thread_ts, None, None)
    session.agents.setdefault(agent, Agent("active"))
    session.title = _as_title(title)
    return _redrawn(session)


def stop(workspace: Workspace, user_id: str, channel_id: str, thread_ts: str, now: float) -> Change:
    """A person presses Slack's own Stop: it ends the streams and tells every agent that works.
    The status stays: setting it is the app's part."""
    channel = workspace.channel_seen_by(user_id, channel_id)
    session = workspace.sessions.get((channel_id, thread_ts))
    if session is None or session.whole != "processing":
        raise SlackError("session_not_processing")
    ended, change = streams.halt(workspace, channel_id, thread_ts, now)
    ts = workspace.tick(channel, now)
    for install in workspace.installed_in(channel):
        agent = session.agents.get(install.user_id)
        mine = [
            each for each in ended if workspace.message(channel_id, each).user == install.user_id
        ]
        if mine or (agent is not None and agent.status == "processing"):
            event = events.session_stopped(session, user_id, mine, ts)
            change += Change((Event(install.app_id, install.team_id, event),))
    return change


def expire(workspace: Workspace, now: float) -> Change:
    """Break streams that took too long, and let statuses that were not renewed fall back."""
    over, change = streams.expire(workspace, now)
    left = {(s.channel, s.thread_ts, workspace.message(s.channel, s.ts).user) for s in over}
    for place, session in workspace.sessions.items():
        for name, agent in session.agents.items():
            ran_out = agent.until is not None and agent.until <= now
            if ran_out or ((*place, name) in left and agent.status == "processing"):
                change += _fall_back(session, agent)
    return change


def end_legacy_status(workspace: Workspace, message: Message) -> Change:
    """A post of the app in the thread ends what assistant.threads.setStatus showed there."""
    session = workspace.sessions.get((message.channel, message.thread_ts or ""))
    agent = session.agents.get(message.user) if session is not None else None
    if session is None or agent is None or not agent.legacy or agent.until is None:
        return Change()
    return _fall_back(session, agent)


def session_record(session: Session) -> Json:
    """A session as the page knows it."""
    return {
        "channel": session.channel,
        "thread_ts": session.thread_ts,
        "status": session.whole,
        "agents": session.pressing,
        "title": session.title,
    }


def _found_or_made(
    workspace: Workspace,
    channel_id: str,
    thread_ts: str,
    title: str | None,
    initiator: str | None,
) -> Session:
    """Who wrote the root has begun the session, unless the app names somebody else."""
    workspace.require_root(channel_id, thread_ts)
    found = workspace.sessions.get((channel_id, thread_ts))
    if found is not None:
        return found
    begun_by = initiator or workspace.messages[channel_id][thread_ts].user
    named = _as_title(title) if title else None
    made = Session(channel_id, thread_ts, {}, named, initiator=begun_by)
    workspace.sessions[(channel_id, thread_ts)] = made
    return made


def _as_title(text: str) -> str:
    return text.replace(":", "_")


def _fall_back(session: Session, agent: Agent) -> Change:
    agent.status, agent.until = "active", None
    return _redrawn(session)


def _redrawn(session: Session) -> Change:
    return Change(redraw=({"type": "session", "session": session_record(session)},))
