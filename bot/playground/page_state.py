"""What the page loads, without any HTTP: its beginning, older messages, what its drawer shows."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice

from bot.playground.agent_sessions import session_record
from bot.playground.coverage import METHODS
from bot.playground.homes import home_item
from bot.playground.invariants import Breach, breaches
from bot.playground.local_slack import LocalSlack
from bot.playground.mishaps import present
from bot.playground.model import Json, Message, microseconds, record
from bot.playground.stages import chosen_item
from bot.playground.supervise import Bot
from bot.playground.traffic import without_secrets
from bot.playground.workspace import Workspace, channel_record, install_record

# Of each channel, and of its threads together: what fills a screen, and some more.
NEWEST = 60
MOST = 200


def first_state(slack: LocalSlack, bot: Bot) -> Json:
    """All but messages whole; of each channel the newest `messages` in it, and the newest `replies`
    in its threads (one that was sent to the channel too is in both).

    `older` are the channels with more messages than that. Of a thread the newest replies are there
    without a gap: its root's `reply_count` says how many there are.
    """
    workspace = slack.workspace
    messages: list[Json] = []
    replies: list[Json] = []
    older: list[str] = []
    for channel_id, posted in workspace.messages.items():
        timeline = workspace.timeline(channel_id)
        if len(timeline) > NEWEST:
            older.append(channel_id)
        messages += [workspace.shown(m) for m in timeline[-NEWEST:]]
        newest = islice((m for m in reversed(posted.values()) if m.is_reply), NEWEST)
        replies += [workspace.shown(m) for m in newest]
    return {
        "seq": slack.feed.seq,
        "now": slack.now(),
        "teams": [record(team) for team in workspace.teams.values()],
        "users": [record(user) for user in workspace.users.values()],
        "bots": [
            {"user_id": i.user_id, "app_id": i.app_id, "name": i.name, "team": i.team_id}
            for i in workspace.installs
            if i.is_active
        ],
        "channels": [channel_record(channel) for channel in workspace.channels.values()],
        "messages": messages,
        "replies": replies,
        "older": older,
        "ephemerals": [workspace.shown_ephemeral(e) for e in workspace.ephemerals],
        "sessions": [session_record(session) for session in workspace.sessions.values()],
        "homes": [home_item(user, view) for (_, user), view in workspace.homes.items()],
        "modals": slack.interactivity.screens.as_json(),
        "chosen": [
            chosen_item(*place, values)
            for place, values in slack.interactivity.screens.chosen.items()
        ],
        "apps": [install_record(workspace, i) for i in workspace.installs if i.is_active],
        "bot": bot.as_json() | {"log": list(bot.log)},
    }


def earlier(workspace: Workspace, channel_id: str, thread_ts: str | None, before: str) -> Json:
    """The messages of a channel, or of a thread with its root, that came just before a ts.

    `before` empty begins at the newest; `older` says whether there are still earlier ones. A
    channel or thread that is not there has none. ValueError if `before` is no ts.
    """
    if thread_ts is None:
        found: Sequence[Message] = workspace.timeline(channel_id)
        root: list[Message] = []
    else:
        thread = workspace.thread(channel_id, thread_ts)
        root, found = thread[:1], thread[1:]
    end = len(found)
    if before:
        end = bisect_left(found, microseconds(before), key=lambda m: microseconds(m.ts))
    begin = max(0, end - MOST)
    return {
        "messages": [workspace.shown(message) for message in [*root, *found[begin:end]]],
        "older": begin > 0,
    }


def oversight(slack: LocalSlack) -> Json:
    """The methods there are and what befalls them, what is left of each limit, and what must never
    happen but did.

    A page cannot know whom an app may mention: only `@here` and its like count as pings.
    """
    people = {user.id for user in slack.workspace.users.values()}
    broken = (breach for breach in breaches(slack, people) if not _is_growing(breach))
    return {
        "methods": list(METHODS),
        "faults": present(slack),
        "limits": [asdict(level) for level in slack.limits.levels(slack.now())],
        "breaches": [without_secrets({"rule": b.rule, "facts": b.facts}) for b in broken],
    }


def _is_growing(breach: Breach) -> bool:
    """A stream that may still be ended: only at the end of a test it was forgotten."""
    return breach.facts.get("streaming_state") == "in_progress"
