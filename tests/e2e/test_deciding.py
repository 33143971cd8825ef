"""Who decides a request, how, once, and what is told of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground, Thread
from bot.slack.render.asks import EDIT
from tests.agents.servers.webkit import TOKEN, FakeWebkit, serving
from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, blocks_of, ours, said
from tests.e2e.test_places import OPS, cards_in
from tests.test_cli import command

pytestmark = pytest.mark.slow

ANYONE = {"who": ["anyone"], "ask_in": ["thread", OPS]}


@pytest.fixture
def server() -> FakeWebkit:
    return FakeWebkit()


@pytest.fixture
async def agents(server: FakeWebkit) -> AsyncIterator[dict[str, object]]:
    """An agent behind a server, for what the embedded one does not do."""
    async with serving(server) as url:
        yield {"demo": {"kind": "agent_webkit", "url": url, "token": TOKEN, "silence": 0.2}}


async def asked(slack: Playground, what: str = "deploy") -> Thread:
    thread = await slack.person("ana").mention("#dev", what)
    return await thread.until(lambda t: "Allow" in t.buttons())


async def test_a_card_tells_what_runs_with_what_for_whom_and_until_when_E34_E36(
    stage: Stage,
) -> None:
    ana, ben = stage.slack.person("ana"), stage.slack.person("ben")
    policy = {"who": ["owner", ben.id], "deadline_minutes": 240, "at_deadline": "deny"}
    async with stage.bot(speed=0.0, approvals=policy):
        thread = await asked(stage.slack, "deploy the shop to staging")
        shown = blocks_of(thread)
        for part in (
            "Permission for deploy",
            "Deploy the shop to staging",
            "make deploy APP=shop ENV=staging",
            "4f2a9c1",
            f"<@{ana.id}> or <@{ben.id}> can decide · asked for by <@{ana.id}>",
            "Until <!date^",
        ):
            assert part in shown
        verbs = thread.buttons()[:3]
        assert verbs == ["Allow", "Allow for this session", "Deny"]
        assert await ben.click(thread, "Allow for this session")
        await thread.until(at_rest)
        await ana.reply(thread, "deploy the shop to production")
        await thread.until(lambda t: said(t).count("make rollback") == 2 and at_rest(t))
        assert said(thread).count("Permission for") == 1


async def test_a_yes_of_somebody_else_or_within_a_sentence_allows_nothing_E38(
    stage: Stage,
) -> None:
    slack = stage.slack
    ana, ben = slack.person("ana"), slack.person("ben")
    async with stage.bot(speed=0.0):
        thread = await asked(slack)
        await ben.reply(thread, "yes", mention=True)
        await slack.until(lambda: slack.whispers(ben))
        assert f"Only <@{ana.id}> can decide this" in slack.whispers(ben)[0]
        await ana.reply(thread, "yes, but tell me first what it changes", mention=True)
        await thread.until(
            lambda t: any("hourglass_flowing_sand" in m.reactions for m in t.messages())
        )
        assert "Allow" in thread.buttons()
        await ana.reply(thread, "yes", mention=True)
        await thread.until(lambda t: "make rollback" in said(t))
        await thread.until(at_rest)
        assert f"by <@{ana.id}>" in blocks_of(thread)


async def test_a_bot_s_yes_allows_nothing_even_where_anyone_may_E38(stage: Stage) -> None:
    slack = stage.slack
    ana = slack.person("ana")
    helper = slack.add_app("helper", channels=["#dev"])
    access = {"bots": [helper.user_id]}
    async with stage.bot(speed=0.0, approvals={"who": ["anyone"]}, access=access):
        thread = await asked(slack)
        web = AsyncWebClient(token=helper.bot_token, base_url=slack.base_url)
        for text in ("yes", f"<@{slack.app.user_id}> yes"):
            await web.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text=text)
        waits = "hourglass_flowing_sand"
        await thread.until(lambda t: any(waits in m.reactions for m in t.messages()))
        assert "Allow" in thread.buttons()
        assert await ana.click(thread, "Deny")
        await thread.until(at_rest)
        assert "make rollback" not in said(thread)


async def test_a_no_with_its_reason_is_enough_in_words_E38_E46(stage: Stage) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot(speed=0.0):
        thread = await asked(stage.slack)
        await ana.reply(thread, "deny: not on a Friday")
        await thread.until(at_rest)
        assert "Reason: not on a Friday" in said(thread)
        assert "You said: “not on a Friday”" in said(thread)


async def test_a_press_counts_after_the_bot_came_back_E39(stage: Stage) -> None:
    async with stage.bot(speed=0.0):
        thread = await asked(stage.slack)
    async with stage.bot(speed=0.0):
        assert await stage.slack.person("ana").click(thread, "Allow", until_acked=True)
        await thread.until(at_rest)
    assert said(thread).count("make rollback") == 1
    assert len(ours(thread)) == 3


async def test_allowed_is_said_only_once_the_agent_s_server_has_it_E40(
    stage: Stage, server: FakeWebkit, agents: dict[str, object]
) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot(agents=agents):
        thread = await asked(stage.slack, "trace:claude-rich-tool-allowed")
        server.faults.status = 503
        assert await ana.click(thread, "Allow")
        await thread.until(lambda t: "Sending:" in said(t))
        assert "Allow" not in thread.buttons()
        assert ":white_check_mark:" not in said(thread)
        server.faults.status = None
        await thread.until(lambda t: at_rest(t) and "The tool said: hello-from-tool" in said(t))
        assert ":white_check_mark:" in said(thread)


async def test_the_second_of_two_is_told_privately_who_was_first_E41(stage: Stage) -> None:
    slack = stage.slack
    ana, ben = slack.person("ana"), slack.person("ben")
    async with stage.bot(speed=0.0, approvals=ANYONE):
        thread = await asked(slack)
        await slack.until(lambda: any("Allow" in c.buttons() for c in cards_in(slack, OPS)))
        [copy] = cards_in(slack, OPS)
        await asyncio.gather(ana.click(thread, "Allow"), ben.click(copy, "Deny"))
        await slack.until(lambda: slack.whispers(ana) or slack.whispers(ben))
        await thread.until(at_rest)
        late, first = (ben, ana) if slack.whispers(ben) else (ana, ben)
        [told] = slack.whispers(late)
        assert told.startswith("Too late: ") and f"<@{first.id}> has already decided" in told
        assert slack.whispers(first) == []
        assert ("make rollback" in said(thread)) == (first is ana)
        outcome = "Allowed" if first is ana else "Denied"
        await copy.until(lambda t: outcome in t.text() and not t.buttons())


async def test_who_comes_after_somebody_on_the_agent_s_side_is_told_E41_E42(
    stage: Stage, server: FakeWebkit, agents: dict[str, object]
) -> None:
    slack = stage.slack
    ana = slack.person("ana")
    async with stage.bot(agents=agents):
        thread = await asked(slack, "trace:claude-rich-tool-allowed")
        server.sessions["session-1"].pending.clear()
        assert await ana.click(thread, "Deny")
        await slack.until(lambda: slack.whispers(ana))
        assert slack.whispers(ana) == [
            "Too late: it was answered elsewhere. Your answer was not used."
        ]
        await thread.until(lambda t: "Answered elsewhere" in said(t) and "Allow" not in t.buttons())
        assert "Denied" not in said(thread)
        assert "echo hello-from-tool" in said(thread), "what was asked stays"


async def test_a_double_click_is_one_decision_E41(stage: Stage) -> None:
    slack = stage.slack
    ana = slack.person("ana")
    async with stage.bot(speed=0.0):
        thread = await asked(slack)
        await asyncio.gather(*(ana.click(thread, "Allow") for _ in range(3)))
        await thread.until(at_rest)
        assert said(thread).count("make rollback") == 1
        assert slack.whispers(ana) == []


def ask_for(server: FakeWebkit, *commands: str) -> None:
    """The agent wants to run them all at once."""
    for number, command_line in enumerate(commands):
        name = f"call-{number}"
        server.sessions["session-1"].pending[name] = True
        call = {"tool_name": "Bash", "input": {"command": command_line}}
        server.say(
            "session-1",
            "permission_request",
            {"correlation_id": name, **call, "context": {"tool_use_id": name}},
        )


async def test_a_yes_decides_nothing_where_it_could_mean_two_requests_E38(
    stage: Stage, server: FakeWebkit, agents: dict[str, object]
) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot(agents=agents):
        thread = await ana.mention("#dev", "hello")
        await thread.until(at_rest)
        ask_for(server, "make one", "make two")
        await thread.until(lambda t: t.buttons().count("Allow") == 2)
        await ana.reply(thread, "yes")
        waits = "hourglass_flowing_sand"
        await thread.until(lambda t: any(waits in m.reactions for m in t.messages()))
        assert thread.buttons().count("Allow") == 2
        assert len(server.sessions["session-1"].pending) == 2


async def test_several_requests_of_a_turn_are_allowed_together_E47(
    stage: Stage, server: FakeWebkit, agents: dict[str, object]
) -> None:
    slack = stage.slack
    ana = slack.person("ana")
    async with stage.bot(agents=agents):
        thread = await ana.mention("#dev", "hello")
        await thread.until(at_rest)
        session = server.sessions["session-1"]
        ask_for(server, "make one", "make two", "make three")
        await thread.until(lambda t: "Allow all 3" in t.buttons())
        assert "on the other cards in this thread" in ana.question(thread, "Allow all 3")
        assert await ana.click(thread, "Deny")
        await thread.until(lambda t: "Allow all 2" in t.buttons())
        assert await ana.click(thread, "Allow all 2")
        await slack.until(lambda: not session.pending)
        decided = [said["behavior"] for said in session.inputs if "behavior" in said]
        assert sorted(decided) == ["allow", "allow", "deny"]
        server.say("session-1", "result", {"subtype": "success"})
        await thread.until(lambda t: at_rest(t) and said(t).count("Allowed") == 2)
        assert said(thread).count("Denied") == 1
        assert said(thread).count("Done") == 1, "a part above a card is not done"


async def test_whoever_tries_it_out_sees_several_requests_and_allows_them_together_E47(
    slack: Playground,
) -> None:
    ana = slack.person("ana")
    thread = await ana.mention("#dev", "several")
    await thread.until(lambda t: "Allow all 3" in t.buttons())
    assert await ana.click(thread, "Allow all 3")
    await thread.until(lambda t: at_rest(t) and "3 of 3 things are done" in said(t))
    assert said(thread).count("Allowed") == 3


async def test_what_was_decided_can_be_proved_E49(stage: Stage) -> None:
    slack = stage.slack
    ana, ben = slack.person("ana"), slack.person("ben")
    async with stage.bot(speed=0.0, approvals=ANYONE):
        thread = await ana.mention("#dev", "ticket")
        await thread.until(lambda t: EDIT in t.buttons())
        await slack.until(lambda: any(EDIT in c.buttons() for c in cards_in(slack, OPS)))
        assert await ben.click(cards_in(slack, OPS)[0], EDIT)
        await ben.fill_modal({"priority": "1"})
        assert await ben.submit() == {}
        await thread.until(at_rest)
    database = f"sqlite:///{stage.database}"
    export = await asyncio.to_thread(command, stage.data, "audit", "export", DATABASE_URL=database)
    rows = [json.loads(line) for line in export.stdout.splitlines()]
    assert [row["kind"] for row in rows] == ["asked", "decided", "taken"]
    row, content = rows[1], rows[1]["content"]
    assert row["session"].endswith(f"{thread.channel}/{thread.ts}") and row["time"]
    assert (content["person"], content["name"]) == (ben.id, "ben")
    assert (content["tool"], content["verb"]) == ("create_ticket", "allow")
    assert OPS in content["where"]
    assert content["proposed"]["priority"] == 2 and content["effective"]["priority"] == 1
    assert content["rule"] == "no rule: people are asked"
    checked = await asyncio.to_thread(command, stage.data, "audit", "verify", DATABASE_URL=database)
    assert checked.returncode == 0
    assert "3 records" in checked.stdout
