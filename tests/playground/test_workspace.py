"""Laws of the workspace: whatever people and the app do, in any order, at any time."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.playground import agent_sessions, posting
from bot.playground.channels import join
from bot.playground.homes import open_home
from bot.playground.model import STATUSES, Change, Misuse, SlackError, Status, microseconds
from bot.playground.seed import seeded
from bot.playground.stored import from_json, to_json
from bot.playground.whispers import whisper
from bot.playground.workspace import Workspace

USERS = ("U0ANA00001", "U0BEN00002", "U0CHO00003", "U0THREADLN")
CHANNELS = ("C0GENERAL1", "C0DEV00002", "G0OPS00003")
TEXTS = ("", "hello", "<@U0THREADLN> do it", "<!channel> &amp; co", "😀", "x" * 41_000)

users = st.sampled_from(USERS)
channels = st.sampled_from(CHANNELS)
texts = st.sampled_from(TEXTS)
statuses: st.SearchStrategy[Status] = st.sampled_from(STATUSES)
# Which earlier message an act is about: the n-th last written in the channel.
choices = st.integers(0, 5)
names = st.sampled_from(("eyes", "wave", "no such name"))
times = st.floats(1_700_000_000, 1_700_000_010)

acts = st.lists(
    st.one_of(
        st.tuples(st.just("post"), users, channels, texts),
        st.tuples(st.just("reply"), users, channels, choices, texts),
        st.tuples(st.just("edit"), users, channels, choices, texts),
        st.tuples(st.just("delete"), users, channels, choices),
        st.tuples(st.just("react"), users, channels, choices, names),
        st.tuples(st.just("unreact"), users, channels, choices, names),
        st.tuples(st.just("whisper"), users, channels, users, texts),
        st.tuples(st.just("status"), channels, choices, statuses),
        st.tuples(st.just("stop"), users, channels, choices),
        st.tuples(st.just("open_home"), users),
        st.tuples(st.just("join"), users, channels, users),
    ),
    max_size=30,
)


def chosen(workspace: Workspace, channel: str, choice: int) -> str:
    written = list(workspace.messages.get(channel, {}))
    return written[-1 - choice % len(written)] if written else "1.000001"


def perform(workspace: Workspace, act: tuple[Any, ...], now: float) -> Change:
    """Do one act; what Slack refuses changes nothing."""
    word, who, *rest = act
    match word:
        case "post":
            return posting.post(workspace, who, rest[0], rest[1], now)
        case "reply":
            root = chosen(workspace, rest[0], rest[1])
            return posting.post(workspace, who, rest[0], rest[2], now, thread_ts=root)
        case "edit":
            ts = chosen(workspace, rest[0], rest[1])
            return posting.edit(workspace, who, rest[0], ts, now, text=rest[2])
        case "delete":
            return posting.delete(workspace, who, rest[0], chosen(workspace, *rest), now)
        case "react" | "unreact":
            ts = chosen(workspace, rest[0], rest[1])
            method: Callable[..., Change] = getattr(posting, word)
            return method(workspace, who, rest[0], ts, rest[2], now)
        case "whisper":
            return whisper(workspace, who, rest[1], rest[0], rest[2], now)
        case "status":
            root = chosen(workspace, who, rest[0])
            return agent_sessions.set_status(workspace, "U0THREADLN", who, root, rest[1], now)
        case "stop":
            return agent_sessions.stop(workspace, who, rest[0], chosen(workspace, *rest), now)
        case "open_home":
            return open_home(workspace, who, now)
        case _:
            return join(workspace, rest[1], rest[0], who, now)


def played(script: list[tuple[tuple[Any, ...], float]]) -> tuple[Workspace, list[Change]]:
    workspace = seeded("xoxb-1", "xapp-1")
    changes: list[Change] = []
    for act, now in script:
        before = json.dumps(to_json(workspace))
        try:
            changes.append(perform(workspace, act, now))
        except (SlackError, Misuse):
            assert json.dumps(to_json(workspace)) == before
    return workspace, changes


scripts = acts.flatmap(lambda done: st.tuples(*(st.tuples(st.just(a), times) for a in done))).map(
    list
)


@given(scripts)
@settings(deadline=None)
def test_ts_are_unique_and_ordered_in_each_channel(
    script: list[tuple[tuple[Any, ...], float]],
) -> None:
    workspace, _ = played(script)
    for posted in workspace.messages.values():
        ts = [microseconds(ts) for ts in posted]
        assert ts == sorted(set(ts))
        assert all(message.ts == ts for ts, message in posted.items())


@given(scripts)
@settings(deadline=None)
def test_a_workspace_survives_its_json(script: list[tuple[tuple[Any, ...], float]]) -> None:
    workspace, _ = played(script)
    stored = json.dumps(to_json(workspace))
    again = from_json(json.loads(stored))
    assert again == workspace
    assert json.dumps(to_json(again)) == stored


@given(scripts)
@settings(deadline=None)
def test_every_reply_hangs_on_its_root(script: list[tuple[tuple[Any, ...], float]]) -> None:
    workspace, _ = played(script)
    for channel, posted in workspace.messages.items():
        threads = [workspace.thread(channel, m.ts) for m in workspace.timeline(channel)]
        assert sorted(m.ts for thread in threads for m in thread) == sorted(posted)
        for root, *replies in threads:
            assert workspace.shown(root).get("reply_count", 0) == len(replies)


@given(scripts)
@settings(deadline=None)
def test_the_app_is_told_only_of_what_it_may_hear(
    script: list[tuple[tuple[Any, ...], float]],
) -> None:
    workspace, changes = played(script)
    for event in (event.inner for change in changes for event in change.events):
        place = event.get("channel") or event["item"]["channel"]
        assert "U0THREADLN" in workspace.channels[place].members


@given(users, channels, texts, times)
@settings(deadline=None)
def test_a_mention_is_told_twice(user: str, channel: str, text: str, now: float) -> None:
    workspace = seeded("xoxb-1", "xapp-1")
    try:
        change = posting.post(workspace, user, channel, text, now)
    except SlackError:
        return
    kinds = [event.inner["type"] for event in change.events]
    if channel == "G0OPS00003":
        assert kinds == []
    elif "<@U0THREADLN>" in text and user != "U0THREADLN":
        assert kinds == ["app_mention", "message"]
    else:
        assert kinds == ["message"]


def test_processing_falls_back_after_an_hour_unless_renewed() -> None:
    workspace = seeded("xoxb-1", "xapp-1")
    root = posting.post(workspace, "U0ANA00001", "C0DEV00002", "hello", 0.0).message
    assert root is not None
    place = (workspace, "U0THREADLN", root.channel, root.ts)
    agent_sessions.set_status(*place, "processing", 0.0)
    agent_sessions.set_status(*place, "processing", 1800.0)
    assert agent_sessions.expire(workspace, 3600.0).redraw == ()
    [redrawn] = agent_sessions.expire(workspace, 5400.0).redraw
    assert redrawn["session"]["status"] == "active"
