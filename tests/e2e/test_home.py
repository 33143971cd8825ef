"""The Home tab: it follows what happens, and its buttons work."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from bot.core.approvals import Grant
from bot.core.inbound import Person as Someone
from bot.playground import Person, Thread
from bot.store import audit, grants
from bot.store.database import Database
from tests.databases import sqlite_config
from tests.e2e.conftest import Stage
from tests.e2e.reading import said

pytestmark = pytest.mark.slow


def home(person: Person) -> str:
    return json.dumps(person.home(), ensure_ascii=False)


def buttons(person: Person) -> list[str]:
    return person.home_tab().buttons() if person.home() else []


def link(thread: Thread) -> str:
    return f"/archives/{thread.channel}/p{thread.ts.replace('.', '')}"


async def test_home_shows_what_waits_and_what_runs_and_stops_it_E90(stage: Stage) -> None:
    async with stage.bot(speed=4.0):
        ana = stage.slack.person("ana")
        await ana.open_home()
        await stage.slack.until(lambda: "You have no sessions yet" in home(ana))
        asking = await ana.mention("#dev", "deploy the shop")
        await asking.until(lambda t: "Allow" in t.buttons())
        working = await ana.mention("#general", "work for 400 seconds")
        await stage.slack.until(lambda: "Stop" in buttons(ana))
        seen = home(ana)
        assert "*Needs you*" in seen and "*Running*" in seen
        assert link(asking) in seen and link(working) in seen
        assert await ana.click(ana.home_tab(), "Stop")
        await working.until(lambda t: "Stopped by" in said(t))
        # By itself it follows within some seconds, as it did above; who opens it sees it at once.
        await ana.open_home()
        await stage.slack.until(lambda: "*Running*" not in home(ana))
        await ana.click(asking, "Deny")
        await asking.until(lambda t: "Denied" in said(t))
        await ana.open_home()
        await stage.slack.until(lambda: "*Needs you*" not in home(ana))


async def test_a_standing_rule_is_listed_on_home_and_revoked_by_one_click_E44(
    stage: Stage,
) -> None:
    async with stage.bot(), Database.open(sqlite_config(stage.database), shared=True) as database:
        ana, ben = stage.slack.person("ana"), stage.slack.person("ben")
        team = stage.slack.workspace.installs[0].team_id
        grant = Grant(
            id="g1", scope="workspace", place=team, agent="demo", tool="deploy",
            input=(("target", "staging-*"),), by=Someone(ana.id, "ana"),
            made_at=time.time(), until=time.time() + 3600,
        )  # fmt: skip
        async with database.transaction() as tx:
            await grants.add(tx, team, grant)
            await grants.add(tx, team, replace(grant, id="g2", by=Someone(ben.id, "ben")))
        await ana.open_home()
        await stage.slack.until(lambda: "Revoke" in buttons(ana))
        assert buttons(ana) == ["Revoke"]
        assert "staging-*" in home(ana)
        assert await ana.click(ana.home_tab(), "Revoke")
        await stage.slack.until(lambda: "is revoked" in home(ana))
        assert buttons(ana) == []
        async with database.transaction() as tx:
            assert [one.id for one in await grants.active(tx, team, time.time())] == ["g2"]
        kinds = [row.kind async for row in audit.export(database)]
        assert kinds == ["revoked"]
        assert (await audit.verify(database, team)).broken_at is None


async def test_home_is_there_after_a_restart_E90(stage: Stage) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot():
        thread = await ana.mention("#dev", "echo hello")
        await thread.until(lambda t: any("hello" in m.text for m in t.messages()[1:]))
        await ana.open_home()
        await stage.slack.until(lambda: link(thread) in home(ana))
    stage.slack.workspace.homes.clear()
    async with stage.bot():
        await stage.slack.until(lambda: link(thread) in home(ana))
