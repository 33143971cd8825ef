"""A database that an earlier version left in the middle of work: upgraded, the work goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bot.core.asks import Answer
from bot.core.events import Attached, TextDelta, TurnEnded
from bot.core.ids import ask_uid
from bot.core.inbound import Reply
from bot.store import audit, migrate
from bot.store.database import Database, StoreConfig
from bot.store.tables import metadata
from tests.bridge.house import ANA, TEAM, THREAD, running
from tests.bridge.listed import Listed
from tests.bridge.scripted import Remote, ScriptedAgent

LEFT = Path(__file__).parent / "recordings" / "revision_0001.json"
"""The rows of a database of revision 0001 whose bot was killed while a request was open and a
message waited. What the columns hold as JSON stands there as it is."""


async def _left(config: StoreConfig) -> None:
    await migrate.upgrade(config)
    await migrate.downgrade(config, "0001")
    tables: dict[str, list[dict[str, Any]]] = json.loads(LEFT.read_text("utf-8"))
    async with Database.open(config) as database, database.transaction() as tx:
        for name, rows in tables.items():
            for row in rows:
                stored = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in row.items()}
                await tx.execute(insert(metadata.tables[name]).values(stored))


async def test_a_request_that_was_open_before_an_upgrade_is_decided_after_it_E79(
    empty_config: StoreConfig, tmp_path: Path
) -> None:
    await _left(empty_config)
    assert await migrate.current(empty_config) == "0001"
    await migrate.upgrade(empty_config)
    agent, listed = ScriptedAgent(), Listed(posted=2)
    agent.sessions["r1"] = remote = Remote(events=[Attached()] * 3)  # what happened before
    async with running(empty_config, tmp_path, listed, connector=agent) as house:
        known = await house.bridge.find_ask(ask_uid(THREAD.session, "a1"))
        assert known is not None
        assert (known.view.status, known.where.owner) == ("open", ANA)
        allowed = Answer(verb="allow")
        await house.accept(Reply(key="act:1", thread=THREAD, by=ANA, ask="a1", answer=allowed))
        await listed.until(lambda seen: "ask settled answered Allowed by=U1" in seen.text())
        assert remote.answers == [("a1", allowed)]
        agent.does(
            TextDelta(turn="t1", item="t1.2", at=0, text="Deployed."),
            TurnEnded(turn="t1", outcome="done"),
        )
        await listed.until(lambda seen: "done: Deployed." in seen.text())
        assert await agent.until_prompted("tell me when it is done")
    async with Database.open(empty_config) as database:
        chain = await audit.verify(database, TEAM)
        kinds = [row.kind async for row in audit.export(database)]
    assert (chain.broken_at, kinds) == (None, ["decided", "taken"])
