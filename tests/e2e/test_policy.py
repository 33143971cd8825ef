"""An operator's `approvals` at work: what rules decide, and how people are asked."""

from __future__ import annotations

import pytest

from bot.playground import Person, Thread
from bot.slack.render.asks import ALWAYS
from bot.store import audit
from bot.store.database import Database
from tests.databases import sqlite_config
from tests.e2e.conftest import Held, Stage
from tests.e2e.reading import at_rest, blocks_of, ours, said
from tests.e2e.test_places import OPS, cards_in, privately

pytestmark = pytest.mark.slow

DEPLOY = {"tool": "deploy"}


def expires(minutes: float) -> dict[str, object]:
    return {"deadline_minutes": minutes, "at_deadline": "deny"}


def reminders(thread: Thread) -> list[str]:
    return [line for line in said(thread).splitlines() if "Still waiting for" in line]


async def test_what_a_rule_allows_is_told_in_the_progress_and_asks_nobody_E44(
    stage: Stage,
) -> None:
    async with stage.bot(speed=1.0, approvals={"rules": [{**DEPLOY, "decision": "allow"}]}):
        thread = await stage.slack.person("ana").mention("#dev", "deploy")
        await thread.until(lambda t: "allowed by rule 1 of the workspace" in said(t))
        await thread.until(at_rest)
        assert "1 decided by rules" in said(thread)
        assert "make rollback" in said(thread)
        assert "Permission for" not in said(thread)
        assert len(ours(thread)) == 1


async def test_what_a_rule_denies_in_a_channel_does_not_run_and_the_agent_hears_why_E46(
    stage: Stage,
) -> None:
    ana = stage.slack.person("ana")
    dev = (await ana.post("#dev", "hi")).channel
    frozen = {**DEPLOY, "decision": "deny", "reason": "Frozen."}
    async with stage.bot(
        speed=0.0,
        approvals={"rules": [{**DEPLOY, "decision": "allow"}]},
        channels={dev: {"approvals": {"rules": [frozen]}}},
    ):
        thread = await ana.mention("#dev", "deploy")
        await thread.until(at_rest)
        assert f"Denied by rule 1 of the channel {dev}" in said(thread)
        assert "Frozen." in said(thread)
        assert "make rollback" not in said(thread) and "Permission for" not in said(thread)
        elsewhere = await ana.mention("#general", "deploy")
        await elsewhere.until(at_rest)
        assert "make rollback" in said(elsewhere)


async def test_two_others_have_to_agree_and_every_card_says_who_and_where_E37_E48_E42(
    stage: Stage,
) -> None:
    slack = stage.slack
    ana, ben = slack.person("ana"), slack.person("ben")
    dee = slack.team.add_person("dee")
    two = {
        "who": ["owner", ben.id, dee.id],
        "need": 2,
        "not_requester": True,
        "ask_in": ["thread", "private", OPS],
    }
    async with stage.bot(speed=0.0, approvals={"rules": [{**DEPLOY, **two}]}):
        thread = await ana.mention("#dev", "deploy")

        def cards() -> list[Thread]:
            return [thread, *cards_in(slack, OPS), *privately(slack, ben), *privately(slack, dee)]

        await slack.until(
            lambda: len(cards()) == 4 and all("Allow" in c.buttons() for c in cards())
        )
        assert privately(slack, ana) == []
        assert f"but not <@{ana.id}>" in blocks_of(thread)
        assert await ana.click(thread, "Allow")
        await slack.until(lambda: slack.whispers(ana))
        assert "somebody else has to decide it" in slack.whispers(ana)[0]
        assert await ben.click(privately(slack, ben)[0], "Allow")
        agreed = f"2 people have to agree. So far: <@{ben.id}>."
        await slack.until(lambda: all(agreed in blocks_of(card) for card in cards()))
        assert await ben.click(thread, "Allow")
        await slack.until(lambda: slack.whispers(ben))
        assert "You have agreed already. It takes 1 more." in slack.whispers(ben)[0]
        assert await dee.click(cards_in(slack, OPS)[0], "Allow")
        await slack.until(lambda: all("Allowed" in card.text() for card in cards()))
        await thread.until(at_rest)
        for card in cards():
            shown = blocks_of(card)
            assert f"by <@{dee.id}> and <@{ben.id}> · in <#{OPS}>" in shown
            assert "Allow" not in card.buttons()
        assert "make rollback" in said(thread)


async def test_what_ends_is_announced_first_and_then_denied_on_every_card_E43_E42(
    stage: Stage, held: Held
) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot(speed=0.0, approvals={**expires(0.03), "ask_in": ["thread", OPS]}):
        thread = await ana.mention("#dev", "deploy")
        await thread.until(lambda t: "without a decision it is denied then" in said(t))
        held.at += 1.5
        await thread.until(reminders)
        [line] = reminders(thread)
        assert f"<@{ana.id}>" in blocks_of(thread)
        assert "Without one it is denied in" in line
        assert "Allow" in thread.buttons(), "reminded while there is still time"
        held.at += 0.5
        await thread.until(at_rest)
        assert "Expired: nobody answered in time" in said(thread)
        assert "stays as it is" in said(thread) and "make rollback" not in said(thread)
        assert len(reminders(thread)) == 1
        [copy] = cards_in(stage.slack, OPS)
        await copy.until(lambda t: "Expired" in t.text() and not t.buttons())


async def test_what_ended_while_the_bot_was_away_is_denied_when_it_is_back_E43(
    stage: Stage, held: Held
) -> None:
    async with stage.bot(speed=0.0, approvals=expires(10)):
        thread = await stage.slack.person("ana").mention("#dev", "deploy")
        await thread.until(lambda t: "Allow" in t.buttons())
    held.at += 601
    async with stage.bot(speed=0.0, approvals=expires(10)):
        await thread.until(at_rest)
    assert "Expired: nobody answered in time" in said(thread)
    assert "stays as it is" in said(thread) and "make rollback" not in said(thread)


async def test_by_default_it_is_still_open_after_the_deadline_E43(stage: Stage) -> None:
    ana = stage.slack.person("ana")
    late = {"deadline_minutes": 0.001, "remind_minutes": 0.01}
    async with stage.bot(speed=0.0, approvals=late):
        thread = await ana.mention("#dev", "deploy")
        await thread.until(lambda t: "after that it stays open" in said(t))
        await thread.until(reminders)
        assert "denied" not in reminders(thread)[0]
        assert await ana.click(thread, "Allow")
        await thread.until(at_rest)
        assert "make rollback" in said(thread)


async def test_what_the_agent_could_not_wait_for_is_allowed_late_and_runs_once_E43(
    stage: Stage,
) -> None:
    ana = stage.slack.person("ana")
    demo = {"kind": "demo", "data_dir": stage.data, "speed": 0.0, "max_hold": 0.8}
    async with stage.bot(agents={"demo": demo}, approvals=expires(10)):
        thread = await ana.mention("#dev", "deploy")
        await thread.until(lambda t: "The agent no longer waits for this" in said(t))
        await thread.until(lambda t: "stays as it is" in said(t) and t.status() != "processing")
        assert "make rollback" not in said(thread)
        assert await ana.click(thread, "Allow")
        await thread.until(lambda t: at_rest(t) and "make rollback" in said(t))
        assert "it may do exactly this once" in said(thread)
        assert said(thread).count("Permission for") == 1, "not asked for what was allowed"
        await ana.reply(thread, "deploy")
        await thread.until(lambda t: "Deny" in t.buttons())
        assert said(thread).count("Permission for") == 2, "allowed for one call alone"
        assert await ana.click(thread, "Deny")
        await thread.until(at_rest)
        assert said(thread).count("make rollback") == 1


async def test_a_standing_rule_is_made_listed_and_revoked_where_people_are_E44_E90(
    stage: Stage,
) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot(speed=0.0):
        thread = await ana.mention("#dev", "deploy")
        await thread.until(lambda t: "Allow" in t.buttons())
        await _always(ana, thread)
        await thread.until(at_rest)
        await ana.reply(thread, "deploy the website to staging")
        await thread.until(lambda t: said(t).count("make rollback") == 2 and at_rest(t))
        assert said(thread).count("Permission for") == 1
        assert "1 decided by rules" in said(thread)
        await ana.open_home()
        await stage.slack.until(lambda: ana.home() and "Revoke" in ana.home_tab().buttons())
        assert "make deploy *" in ana.home_tab().text()
        assert await ana.click(ana.home_tab(), "Revoke")
        await stage.slack.until(lambda: "Revoke" not in ana.home_tab().buttons())
        await ana.reply(thread, "deploy")
        await thread.until(lambda t: "Deny" in t.buttons())
        assert said(thread).count("Permission for") == 2
        assert await ana.click(thread, "Deny")
        await thread.until(at_rest)


async def test_a_rule_for_a_channel_outlives_a_restart_and_allows_only_what_its_maker_could_E44(
    stage: Stage,
) -> None:
    ana, ben = stage.slack.person("ana"), stage.slack.person("ben")
    async with stage.bot(speed=0.0):
        thread = await ana.mention("#dev", "deploy")
        await thread.until(lambda t: "Allow" in t.buttons())
        await _always(ana, thread, "In this channel")
        await thread.until(at_rest)
    async with stage.bot(speed=0.0):
        again = await ana.mention("#dev", "deploy")
        await again.until(lambda t: at_rest(t) and "make rollback" in said(t))
        assert "Permission for" not in said(again)
        for other in (await ben.mention("#dev", "deploy"), await ana.mention("#general", "deploy")):
            await other.until(lambda t: "Allow" in t.buttons())
    async with Database.open(sqlite_config(stage.database)) as database:
        rows = [row async for row in audit.export(database)]
        assert (await audit.verify(database, rows[0].team)).broken_at is None
    ours = [row for row in rows if row.session.endswith(again.ts)]
    assert [row.kind for row in ours] == ["automatic", "taken"]
    assert ours[0].content is not None and "of ana" in ours[0].content


async def _always(person: Person, thread: Thread, where: str = "In this thread") -> None:
    assert await person.click(thread, ALWAYS)
    view = await person.until_modal("Always allow")
    assert view.holds()["command is like"] == "make deploy *"
    await person.fill_modal({"Where": where, "For how long": "1 day"})
    assert await person.submit() == {}
