"""Questions of the agent: until somebody answers, and what is seen of the answer."""

from __future__ import annotations

import pytest

from bot.playground import Thread
from bot.slack.render.asks import ANSWER, MOST_FIELDS, OTHER
from tests.agents.servers.webkit import TOKEN, FakeWebkit, serving
from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, blocks_of, ours, said

pytestmark = pytest.mark.slow


async def question(stage: Stage, what: str = "ask me something", button: str = OTHER) -> Thread:
    thread = await stage.slack.person("ana").mention("#dev", what)
    return await thread.until(lambda t: button in t.buttons())


async def test_an_answer_of_one_s_own_is_given_in_a_form_and_shown_with_who_gave_it_E50_E53(
    stage: Stage,
) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot(speed=0.0):
        thread = await question(stage)
        assert thread.buttons()[:4] == ["PostgreSQL", "SQLite", "DuckDB", OTHER]
        assert await ana.click(thread, OTHER)
        await ana.fill_modal({"Or your own answer": "MariaDB"})
        assert await ana.submit() == {}
        await thread.until(at_rest)
        assert "MariaDB it is" in said(thread)
        card = next(m for m in ours(thread) if "Which database shall I use?" in str(m.blocks))
        assert "'MariaDB'" in str(card.blocks) and f"by <@{ana.id}>" in str(card.blocks)
        assert "PostgreSQL" in str(card.blocks), "what was asked stays"


async def test_a_form_that_is_answered_after_a_restart_is_answered_once_E54(stage: Stage) -> None:
    ana = stage.slack.person("ana")
    filled = {
        "In which form?": "A table",
        "What belongs in it?": ["Orders"],
        "Anything to say on top of it?": "No",
    }
    async with stage.bot(speed=0.0):
        thread = await question(stage, "form", ANSWER)
        assert await ana.click(thread, ANSWER)
        await ana.fill_modal(filled)
    async with stage.bot(speed=0.0):
        assert await ana.submit() == {}
        await thread.until(at_rest)
    assert said(thread).count("The report is set up") == 1
    assert "format: table" in said(thread)
    assert f"by <@{ana.id}>" in blocks_of(thread)


async def test_while_it_is_open_people_are_waited_for_and_reminded_once_E55(
    stage: Stage,
) -> None:
    slack = stage.slack
    ana = slack.person("ana")
    async with stage.bot(speed=0.0, approvals={"remind_minutes": 0.01}):
        thread = await question(stage)
        await thread.until(lambda t: t.status() == "suspended")
        reminder = "Still waiting for an answer: Which database shall I use?"
        await thread.until(lambda t: reminder in said(t))
        [told] = [m for m in ours(thread) if reminder in m.text]
        assert f"<@{ana.id}>" in told.text
    async with stage.bot(speed=0.0, approvals={"remind_minutes": 0.01}):
        assert await ana.click(thread, "SQLite", until_acked=True)
        await thread.until(at_rest)
    assert said(thread).count(reminder) == 1
    assert "SQLite it is" in said(thread)


async def test_a_line_of_somebody_else_answers_nothing_E51(stage: Stage) -> None:
    slack = stage.slack
    ana, ben = slack.person("ana"), slack.person("ben")
    async with stage.bot(speed=0.0):
        thread = await question(stage)
        await ben.reply(thread, "duckdb")
        await ana.reply(thread, "sqlite", mention=True)
        await thread.until(at_rest)
        assert "SQLite it is" in said(thread)
        assert "DuckDB it is" not in said(thread)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        pytest.param({}, "Answer it where the agent runs.", id="nowhere said"),
        pytest.param(
            {"web_url": "https://agent.example/ui"},
            "Answer it at https://agent.example/ui",
            id="with a link",
        ),
    ],
)
async def test_what_no_form_can_hold_is_announced_and_waits_where_the_agent_runs_E52(
    stage: Stage, settings: dict[str, str], where: str
) -> None:
    ana = stage.slack.person("ana")
    server = FakeWebkit()
    async with serving(server) as url:
        given = {"kind": "agent_webkit", "url": url, "token": TOKEN, "silence": 0.2, **settings}
        async with stage.bot(agents={"demo": given}):
            thread = await ana.mention("#dev", "hello")
            await thread.until(at_rest)
            session = server.sessions["session-1"]
            session.pending["many"] = True
            asked = [
                {"question": f"Question {n}?", "header": f"Q{n}", "options": []}
                for n in range(MOST_FIELDS + 1)
            ]
            server.say(
                "session-1",
                "ask_user_question",
                {"correlation_id": "many", "questions": {"questions": asked}},
            )
            await thread.until(lambda t: "This cannot be answered in Slack." in said(t))
            assert where in said(thread)
            assert f"<@{ana.id}> can answer it there" in blocks_of(thread)
            assert ANSWER not in thread.buttons()
            assert session.pending == {"many": True}, "never declined for anybody"
