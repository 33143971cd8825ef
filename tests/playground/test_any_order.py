"""Laws of the running local Slack: whatever people, the app and mishaps do, in any order."""

import asyncio
import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.playground.apps import install, new_app
from bot.playground.clock import Clock
from bot.playground.local_slack import LocalSlack
from bot.playground.mishaps import Unknown, befall
from bot.playground.model import (
    SLACKBOT,
    STATUSES,
    Channel,
    Install,
    Json,
    Message,
    User,
    microseconds,
)
from bot.playground.seed import DEFAULT_SCOPES, TEAM, new_team, seeded
from bot.playground.stored import from_json, to_json
from bot.playground.stream_content import DEFAULT_RULES, require_room
from bot.playground.workspace import Workspace

TOKEN = "xoxb-1"
START = 1_800_000_000.0
# What an app is told of places it is not in, or no longer.
ANNOUNCED = frozenset(
    ("app_home_opened", "channel_archive", "channel_unarchive", "channel_left", "group_left")
)
# What the app does where it is no member, or nobody may write, must be refused.
WRITING = frozenset(
    ("chat.postMessage", "chat.startStream", "chat.appendStream", "chat.stopStream")
)

DANA, THERE = "U0DANA0001", "C0THERE001"
SCOPES = (*DEFAULT_SCOPES, "pins:read")
# Mostly the same ones, or acts would hardly ever meet.
people = st.sampled_from(("U0ANA00001", "U0BEN00002", "U0CHO00003", "U0ANA00001", DANA))
channels = st.sampled_from(("C0DEV00002", "C0DEV00002", "C0DEV00002", "G0OPS00003", THERE))
installs = st.sampled_from(("first", "first", "second", "there"))
texts = st.sampled_from(("", "hello", "<@U0THREADLN> do it", "**é** <!here>", "x" * 4_000))
# Which message an act is about: the n-th last written in the channel.
choices = st.integers(0, 4)
chunks = st.one_of(
    st.builds(lambda text: {"type": "markdown_text", "text": text}, texts.filter(bool)),
    st.builds(
        lambda name, status, details: {
            "type": "task_update",
            "id": name,
            "title": name,
            "status": status,
            "details": details,
        },
        st.sampled_from(("one", "two")),
        st.sampled_from(("pending", "complete")),
        texts,
    ),
    st.just({"type": "plan_update", "title": "Plan"}),
    st.just({"type": "blocks", "blocks": [{"type": "divider"}]}),
)
contents = st.one_of(
    st.builds(lambda text: {"markdown_text": text}, texts),
    st.builds(lambda given: {"chunks": given}, st.lists(chunks, max_size=3)),
)


def two_workspaces() -> tuple[Workspace, dict[str, Install]]:
    """The first workspace with two apps, and a second one with the first app; installs by name."""
    workspace = seeded(TOKEN, "xapp-1", SCOPES)
    [first] = workspace.installs
    reporter = new_app(workspace.new_id("A"), "reporter")
    workspace.apps[reporter.id] = reporter
    second = install(workspace, reporter, TEAM, SCOPES)
    workspace.channels["C0DEV00002"].members.append(second.user_id)
    team = new_team(workspace, "Second")
    there = install(workspace, workspace.apps[first.app_id], team.id, SCOPES)
    workspace.users[DANA] = User(DANA, team.id, "dana", "Dana", "8f4a2b")
    members = [DANA, there.user_id]
    workspace.channels[THERE] = Channel(THERE, team.id, "general", "channel", members)
    return workspace, {"first": first, "second": second, "there": there}


class AnyOrder(RuleBasedStateMachine):
    """A local Slack without HTTP, on a clock that only `time_passes` moves."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.workspace, self.installs = two_workspaces()
        self.slack = LocalSlack(self.workspace, Clock(lambda: START), limits="off")

    def teardown(self) -> None:
        self.loop.run_until_complete(self.slack.close())
        self.loop.close()

    # ---- doing, and what holds of each act

    def chosen(self, channel: str, choice: int) -> str:
        written = list(self.workspace.messages.get(channel, {}))
        return written[-1 - choice % len(written)] if written else "1.000001"

    def root(self, channel: str, choice: int) -> str:
        """A message that may have a thread, if there is one; else any."""
        roots = [m.ts for m in self.workspace.timeline(channel) if m.subtype != "tombstone"]
        return roots[-1 - choice % len(roots)] if roots else self.chosen(channel, 0)

    def opened(self, choice: int) -> dict[str, str]:
        places = list(self.workspace.streams)
        channel, ts = places[choice % len(places)]
        return {"channel": channel, "ts": ts}

    def snapshot(self) -> str:
        """All but ids used up, times used up, and that a stream is known to be full."""
        state: Json = to_json(self.workspace)
        state["serial"] = 0
        state["channels"] = [c | {"last_us": 0} for c in state["channels"]]
        state["streams"] = [s | {"full": False} for s in state["streams"]]
        return json.dumps(state)

    async def _call(self, method: str, token: str, arguments: Json) -> Json:
        body = json.dumps(arguments).encode()
        reply = self.slack.call(method, f"Bearer {token}", {}, "application/json", body)
        return reply.body

    def app(self, by: str, method: str, **arguments: Any) -> Json:
        """A call by one of the installs."""
        before, heard = self.snapshot(), len(self.slack.journal.deliveries)
        caller = self.installs[by]
        answer = self.loop.run_until_complete(self._call(method, caller.bot_token, arguments))
        if not answer["ok"]:
            assert self.snapshot() == before, f"{method} was refused and did something"
            assert len(self.slack.journal.deliveries) == heard
        elif method in WRITING:
            channel = self.workspace.channels[arguments["channel"]]
            assert caller.user_id in channel.members and not channel.is_archived
        self.require_hearers(heard)
        return answer

    def require_hearers(self, since: int) -> None:
        """Every app that was told is in the place it was told of, or has just left it."""
        for delivery in list(self.slack.journal.deliveries)[since:]:
            body, event = delivery.body, delivery.body["event"]
            if event["type"] in ANNOUNCED:
                continue
            place = event.get("channel") or event.get("channel_id") or event["item"]["channel"]
            channel = self.workspace.channels[place]
            told = self.workspace.install_ever(body["team_id"], body["api_app_id"])
            assert told is not None and channel.team_id == told.team_id
            assert told.user_id in channel.members

    def owner(self, place: dict[str, str]) -> str:
        """The install whose stream it is."""
        author = self.workspace.message(place["channel"], place["ts"]).user
        return next(name for name, made in self.installs.items() if made.user_id == author)

    def person(self, who: str, word: str, **fields: str) -> None:
        before = self.snapshot()
        heard = len(self.slack.journal.deliveries)
        wanted = {"as": who, "do": word, **fields}
        answer = self.loop.run_until_complete(self.slack.act(wanted))
        if not answer["ok"]:
            assert self.snapshot() == before, f"{word} was refused and did something"
        self.require_hearers(heard)

    # ---- people

    @initialize()
    def there_is_a_thread(self) -> None:
        self.person("U0ANA00001", "post", channel="C0DEV00002", text="hello")

    @rule(who=people, channel=channels, text=texts)
    def somebody_posts(self, who: str, channel: str, text: str) -> None:
        self.person(who, "post", channel=channel, text=text)

    @rule(who=people, channel=channels, choice=choices, text=texts)
    def somebody_replies(self, who: str, channel: str, choice: int, text: str) -> None:
        root = self.root(channel, choice)
        self.person(who, "post", channel=channel, text=text, thread_ts=root)

    @rule(who=people, channel=channels, choice=choices, text=texts)
    def somebody_edits(self, who: str, channel: str, choice: int, text: str) -> None:
        self.person(who, "edit", channel=channel, ts=self.chosen(channel, choice), text=text)

    @rule(who=people, channel=channels, choice=choices)
    def somebody_deletes(self, who: str, channel: str, choice: int) -> None:
        self.person(who, "delete", channel=channel, ts=self.chosen(channel, choice))

    @rule(who=people, channel=channels, choice=choices)
    def somebody_reacts(self, who: str, channel: str, choice: int) -> None:
        ts = self.chosen(channel, choice)
        self.person(who, "react", channel=channel, ts=ts, name="eyes")

    @rule(who=people, channel=channels, choice=choices)
    def somebody_presses_stop(self, who: str, channel: str, choice: int) -> None:
        self.person(who, "stop", channel=channel, thread_ts=self.root(channel, choice))

    @precondition(lambda self: self.workspace.streams)
    @rule(who=people, choice=choices)
    def somebody_stops_a_stream(self, who: str, choice: int) -> None:
        place = self.opened(choice)
        stream = self.workspace.streams[(place["channel"], place["ts"])]
        self.person(who, "stop", channel=stream.channel, thread_ts=stream.thread_ts)
        session = self.workspace.sessions.get((stream.channel, stream.thread_ts))
        if session is not None and session.whole == "processing":
            seen = self.workspace.channels[stream.channel]
            left = (stream.channel, stream.ts) in self.workspace.streams
            is_seen = who in seen.members or (
                seen.kind == "channel" and self.workspace.is_of(who, seen.team_id)
            )
            assert left is not is_seen

    @rule(who=people, channel=channels)
    def somebody_invites_the_app(self, who: str, channel: str) -> None:
        home = self.workspace.user(who).team_id
        bot = self.workspace.install_of(home).user_id
        self.person(who, "invite", channel=channel, user=bot)

    @rule(
        who=people,
        channel=channels,
        choice=choices,
        word=st.sampled_from(
            ("pin", "unpin", "leave", "join_channel", "set_topic", "rename_session")
        ),
    )
    def somebody_arranges(self, who: str, channel: str, choice: int, word: str) -> None:
        root = self.root(channel, choice)
        names = {"topic": "soon", "title": "the build"}
        self.person(who, word, channel=channel, ts=root, thread_ts=root, **names)

    # ---- the apps

    @rule(by=installs, channel=channels, choice=choices, text=texts)
    def the_app_replies(self, by: str, channel: str, choice: int, text: str) -> None:
        root = self.root(channel, choice)
        self.app(by, "chat.postMessage", channel=channel, thread_ts=root, text=text)

    @rule(by=installs, channel=channels, choice=choices, text=texts)
    def the_app_updates(self, by: str, channel: str, choice: int, text: str) -> None:
        ts = self.chosen(channel, choice)
        answer = self.app(by, "chat.update", channel=channel, ts=ts, text=text)
        assert not (answer["ok"] and (channel, ts) in self.workspace.streams)

    @rule(by=installs, channel=channels, choice=choices)
    def the_app_deletes(self, by: str, channel: str, choice: int) -> None:
        ts = self.chosen(channel, choice)
        was_open = (channel, ts) in self.workspace.streams
        answer = self.app(by, "chat.delete", channel=channel, ts=ts)
        assert not (answer["ok"] and was_open)

    @rule(by=installs, channel=channels, choice=choices, status=st.sampled_from(STATUSES))
    def the_app_sets_a_status(self, by: str, channel: str, choice: int, status: str) -> None:
        root = self.root(channel, choice)
        self.app(by, "agents.sessions.setStatus", channel_id=channel, thread_ts=root, status=status)

    @rule(by=installs, channel=channels, choice=choices, content=contents, plan=st.booleans())
    def the_app_starts_a_stream(
        self, by: str, channel: str, choice: int, content: Json, plan: bool
    ) -> None:
        answer = self.app(
            by,
            "chat.startStream",
            channel=channel,
            thread_ts=self.root(channel, choice),
            recipient_user_id=DANA if by == "there" else "U0ANA00001",
            recipient_team_id=self.installs[by].team_id,
            task_display_mode="plan" if plan else "timeline",
            **content,
        )
        assert answer["ok"] is ((channel, answer.get("ts", "")) in self.workspace.streams)

    @rule(who=people, content=contents, further=st.lists(contents, max_size=2))
    def the_app_answers_a_question(self, who: str, content: Json, further: list[Json]) -> None:
        self.somebody_posts(who, "C0DEV00002", "why?")
        self.the_app_starts_a_stream("first", "C0DEV00002", 0, content, plan=False)
        for more in further:
            if self.workspace.streams:
                self.the_app_appends(-1, more)

    @precondition(lambda self: self.workspace.streams)
    @rule(choice=choices, content=contents)
    def the_app_appends(self, choice: int, content: Json) -> None:
        place = self.opened(choice)
        self.app(self.owner(place), "chat.appendStream", **place, **content)

    @precondition(lambda self: self.workspace.streams)
    @rule(choice=choices, content=contents, status=st.sampled_from(STATUSES))
    def the_app_stops_a_stream(self, choice: int, content: Json, status: str) -> None:
        place = self.opened(choice)
        owner = self.owner(place)
        answer = self.app(owner, "chat.stopStream", **place, **content, session_status=status)
        is_open = (place["channel"], place["ts"]) in self.workspace.streams
        assert answer["ok"] is not is_open

    @rule(by=installs, channel=channels, choice=choices, content=contents)
    def the_app_appends_to_anything(
        self, by: str, channel: str, choice: int, content: Json
    ) -> None:
        place = (channel, self.chosen(channel, choice))
        was_open = place in self.workspace.streams
        answer = self.app(by, "chat.appendStream", channel=place[0], ts=place[1], **content)
        if answer["ok"]:
            assert was_open and self.owner({"channel": place[0], "ts": place[1]}) == by

    # ---- time and mishaps

    @rule(seconds=st.sampled_from((0.5, 1.0, 100.0, 300.0, 3600.0)))
    def time_passes(self, seconds: float) -> None:
        async def advance() -> None:
            self.slack.now.advance(seconds)

        self.loop.run_until_complete(advance())

    @rule(
        word=st.sampled_from(("archive", "remove_app", "delete_message", "delete_message")),
        channel=channels,
        choice=choices,
        undone=st.booleans(),
    )
    def something_happens(self, word: str, channel: str, choice: int, undone: bool) -> None:
        request: Json = {"do": word, "channel": channel, "ts": self.chosen(channel, choice)}
        try:
            self.loop.run_until_complete(befall(self.slack, request))
        except Unknown as refusal:
            assert str(refusal) in ("not_in_channel", "message_not_found")
        if undone:
            again: Json = {"do": "unarchive", "channel": channel}
            self.loop.run_until_complete(befall(self.slack, again))
            team = self.workspace.channels[channel].team_id
            here = {"U0ANA00001": TEAM, DANA: self.installs["there"].team_id}
            self.somebody_invites_the_app(next(u for u in here if here[u] == team), channel)

    @precondition(lambda self: self.workspace.streams)
    @rule(choice=choices)
    def somebody_deletes_what_streams(self, choice: int) -> None:
        request: Json = {"do": "delete_message", **self.opened(choice)}
        self.loop.run_until_complete(befall(self.slack, request))

    # ---- what always holds

    def messages(self) -> list[Message]:
        return [m for posted in self.workspace.messages.values() for m in posted.values()]

    @invariant()
    def ts_are_unique_and_ordered(self) -> None:
        for channel, posted in self.workspace.messages.items():
            ts = [microseconds(ts) for ts in posted]
            assert ts == sorted(set(ts))
            assert all((m.channel, m.ts) == (channel, ts) for ts, m in posted.items())
            assert max(ts) <= self.workspace.channels[channel].last_us

    @invariant()
    def it_survives_its_json(self) -> None:
        stored = json.dumps(to_json(self.workspace))
        again = from_json(json.loads(stored))
        assert again == self.workspace
        assert json.dumps(to_json(again)) == stored

    @invariant()
    def a_message_streams_if_and_only_if_its_stream_is_open(self) -> None:
        streaming = {
            (m.channel, m.ts) for m in self.messages() if m.streaming_state == "in_progress"
        }
        assert streaming == set(self.workspace.streams)
        for (channel, ts), stream in self.workspace.streams.items():
            message = self.workspace.messages[channel][ts]
            assert (stream.ts, stream.thread_ts) == (ts, message.thread_ts)
            assert message.user in {made.user_id for made in self.installs.values()}
            assert self.slack.now() < stream.until <= self.slack.now() + DEFAULT_RULES.lifetime
            assert (channel, stream.thread_ts) in self.workspace.sessions
            require_room(stream, DEFAULT_RULES)

    @invariant()
    def what_processes_will_fall_back(self) -> None:
        for session in self.workspace.sessions.values():
            assert session.agents
            for agent in session.agents.values():
                if agent.status == "processing":
                    assert agent.until is not None and agent.until > self.slack.now()
                else:
                    assert agent.until is None

    @invariant()
    def nobody_is_in_another_workspace(self) -> None:
        for channel in self.workspace.channels.values():
            assert all(self.workspace.is_of(user, channel.team_id) for user in channel.members)
        for message in self.messages():
            team = self.workspace.channels[message.channel].team_id
            assert message.user == SLACKBOT or self.workspace.is_of(message.user, team)

    @invariant()
    def replies_hang_on_their_roots(self) -> None:
        for channel, posted in self.workspace.messages.items():
            threads = [
                self.workspace.thread(channel, m.ts) for m in self.workspace.timeline(channel)
            ]
            assert sorted(m.ts for thread in threads for m in thread) == sorted(posted)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
