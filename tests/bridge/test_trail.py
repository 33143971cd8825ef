"""What a session's state says was decided is in the audit trail once, whatever happens."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from pydantic import JsonValue
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from bot.bridge.audit_keeping import DAY, AuditKeeping
from bot.bridge.bridge import bucket_of
from bot.bridge.stored_session import StoredSession
from bot.bridge.trail import content_of, with_made
from bot.core.approvals import Grant
from bot.core.asks import Confirmation
from bot.core.errors import LeaseLost, StoreUnavailable
from bot.core.events import AskOpened, TurnStarted
from bot.core.policy import Rules
from bot.core.records import Record
from bot.core.state import STATE_VERSION, SessionState
from bot.core.stored import dump_state
from bot.slack.render.secrets import mask
from bot.store import audit, grants, sessions
from bot.store.audit import AuditRow
from bot.store.database import Database, StoreConfig, now
from bot.store.tables import sessions as sessions_table
from tests.bridge.house import ANA, BEN, TEAM, THREAD, running
from tests.bridge.listed import Listed
from tests.bridge.scripted import ScriptedAgent
from tests.waiting import until

GRANT = Grant(
    id="g1", scope="thread", place=THREAD.session, agent="demo", tool="Bash",
    input=(("command", "git *"),), by=BEN, made_at=1.0, until=4e9,
)  # fmt: skip
ASKED = Record(kind="asked", at=1.0, ask="a1", tool="Bash", where="agent")
DECIDED = Record(kind="decided", at=2.0, by=ANA, ask="a1", verb="allow", where="thread")
GRANTED = Record(kind="granted", at=3.0, by=BEN, grant=GRANT)
STATE = SessionState(thread=THREAD, agent="demo", owner=ANA)


async def seeded(database: Database, state: SessionState = STATE, epoch: int = 0) -> None:
    """A session whose owner left it like this."""
    async with database.transaction() as tx:
        await sessions.get_or_create(
            tx, THREAD.session, TEAM, THREAD.channel, THREAD.thread_ts, bucket_of(TEAM), "demo"
        )
        stored = {"state": dump_state(state), "state_version": STATE_VERSION, "epoch": epoch}
        stored |= {"status": "active", "updated_at": now(tx)}
        await tx.execute(update(sessions_table).values(**stored))


async def recorded(database: Database) -> list[AuditRow]:
    return [row async for row in audit.export(database)]


async def stored_records(database: Database) -> list[JsonValue]:
    async with database.transaction() as tx:
        text = (await tx.execute(select(sessions_table.c.state))).scalar_one()
    return json.loads(text)["records"]


class Unconfirmed:
    """A database whose commits are made, and some of them never confirmed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.unconfirmed = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        async with self._database.transaction() as tx:
            yield tx
        if self.unconfirmed:
            self.unconfirmed -= 1
            raise StoreUnavailable()


def owned(database: Database | Unconfirmed, epoch: int = 1) -> StoredSession:
    return StoredSession(cast(Database, database), THREAD.session, epoch, Rules(), mask)


async def test_records_go_into_the_trail_with_the_state_they_come_from_E49(
    database: Database,
) -> None:
    await seeded(database)
    stored = owned(database)
    await stored.adopt()
    await stored.save(replace(STATE, records=(ASKED, DECIDED)))
    await stored.save(replace(STATE, records=(GRANTED,)))
    rows = await recorded(database)
    assert [(row.seq, row.kind, row.session) for row in rows] == [
        (1, "asked", THREAD.session), (2, "decided", THREAD.session),
        (3, "granted", THREAD.session),
    ]  # fmt: skip
    said = json.loads(rows[1].content or "")
    assert (said["person"], said["verb"], said["where"]) == ("U1", "allow", "thread")
    assert await stored_records(database) == []
    assert await stored.grants(5.0) == [GRANT]
    await stored.save(replace(STATE, records=(replace(GRANTED, kind="revoked", at=6.0),)))
    assert await stored.grants(7.0) == []


async def test_a_save_whose_commit_was_not_confirmed_records_once_E49(database: Database) -> None:
    await seeded(database)
    flaky = Unconfirmed(database)
    stored = owned(flaky)
    await stored.adopt()
    for record in (ASKED, DECIDED):
        flaky.unconfirmed = 2
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await stored.save(replace(STATE, records=(record,)))
        await stored.save(replace(STATE, records=(record,)))
    assert [row.kind for row in await recorded(database)] == ["asked", "decided"]


async def test_an_owner_that_was_replaced_records_nothing(database: Database) -> None:
    await seeded(database)
    old, new = owned(database, 1), owned(database, 2)
    await old.adopt()
    await new.adopt()
    with pytest.raises(LeaseLost):
        await old.save(replace(STATE, records=(ASKED, GRANTED)))
    assert await recorded(database) == []
    assert await new.grants(5.0) == []


async def test_what_a_dead_owner_did_not_record_its_successor_does_once_E49(
    store_config: StoreConfig, tmp_path: Path
) -> None:
    async with Database.open(store_config) as database:
        await seeded(database, replace(STATE, records=(ASKED, DECIDED)))
    listed = Listed()
    for drain in (False, True, True):
        async with running(store_config, tmp_path, listed, drain=drain) as house:
            await house.mention("echo hello", ts="1700000001.000100")
            await listed.until(lambda seen: "done: hello" in seen.text())
    async with Database.open(store_config) as database:
        assert [row.kind for row in await recorded(database)][:2] == ["asked", "decided"]
        assert sum(row.kind == "asked" for row in await recorded(database)) == 1
        assert await stored_records(database) == []
        assert (await audit.verify(database, TEAM)).broken_at is None


async def test_standing_rules_are_known_as_they_are_when_the_agent_asks_E44(
    store_config: StoreConfig, tmp_path: Path
) -> None:
    listed, agent = Listed(), ScriptedAgent()
    async with running(store_config, tmp_path, listed, connector=agent) as house:
        database = house.supervisor._database
        async with database.transaction() as tx:
            await grants.add(tx, TEAM, GRANT)
        await house.mention("work")
        await agent.until_prompted("work")
        agent.does(TurnStarted(turn="t1"))
        known = await _asked(house.supervisor, agent, "a1")
        assert known.grants == (GRANT,)
        assert known.able == agent.capabilities
        await house.bridge.revoke(TEAM, "g1", BEN, "press-1")
        assert (await _asked(house.supervisor, agent, "a2")).grants == ()


async def _asked(supervisor: object, agent: ScriptedAgent, ask: str) -> Rules:
    """What the actor decides by once it has taken this ask in."""
    call = Confirmation(id=ask, turn="t1", tool="Bash", title="Run it", input={"command": "ls"})
    agent.does(AskOpened(ask=call))
    [owned] = supervisor._owned.values()  # type: ignore[attr-defined]
    [one] = owned.sessions.values()

    async def taken() -> bool:
        return any(known.ask.id == ask for known in one.actor._state.asks)

    await until(taken)
    return one.actor._rules


def test_rules_made_and_taken_back_count_before_they_are_stored() -> None:
    taken_back = replace(GRANTED, kind="revoked")
    assert with_made((), (GRANTED,)) == (GRANT,)
    assert with_made((GRANT,), (ASKED, taken_back)) == ()
    assert with_made((), (GRANTED, taken_back)) == ()


TOKEN = "xoxb-" + "1234567890-abcdefghijkl"


def test_credentials_are_masked_before_they_are_recorded_E88() -> None:
    own = "acme-0123456789"

    def hide(text: str) -> str:
        return mask(text).replace(own, "•••secret")

    record = Record(
        kind="decided", at=1.0, by=ANA, detail=f"because {TOKEN}",
        proposed={"command": f"curl -H {TOKEN}", "env": [{"x": own}], "n": 3},
        effective={"headers": {"Authorization": "Bearer abcdefgh12345678"}},
        grant=replace(GRANT, input=(("command", f"curl {TOKEN} *"),)),
    )  # fmt: skip
    said = json.dumps(content_of(record, hide), ensure_ascii=False)
    assert TOKEN not in said
    assert own not in said
    assert "abcdefgh12345678" not in said
    assert said.count("•••Slack-token") == 3
    assert '"n": 3' in said


async def test_who_made_a_rule_or_owns_its_thread_revokes_it_and_nobody_else_E44(
    store_config: StoreConfig, tmp_path: Path
) -> None:
    async with Database.open(store_config) as database:
        await seeded(database)
        async with database.transaction() as tx:
            for grant in (GRANT, replace(GRANT, id="g2"), replace(GRANT, id="g3", scope="channel",
                                                                  place="C1")):  # fmt: skip
                await grants.add(tx, TEAM, grant)
    async with running(store_config, tmp_path, Listed()) as house:
        bridge = house.bridge
        assert "is revoked" in await bridge.revoke(TEAM, "g1", BEN, "p1")
        assert "ended already" in await bridge.revoke(TEAM, "g1", BEN, "p2")
        assert "is revoked" in await bridge.revoke(TEAM, "g2", ANA, "p3")
        assert "Only <@U2>" in await bridge.revoke(TEAM, "g3", ANA, "p4")
        assert "do not know" in await bridge.revoke(TEAM, "g4", ANA, "p5")
        assert "do not know" in await bridge.revoke("T2", "g3", BEN, "p6")
        assert "is revoked" in await bridge.revoke(TEAM, "g3", BEN, "p7")
    async with Database.open(store_config) as database:
        told = [(row.kind, json.loads(row.content or "")) for row in await recorded(database)]
    assert [(kind, said["person"], said["grant"]["id"], said["where"]) for kind, said in told] == [
        ("revoked", "U2", "g1", "home"),
        ("revoked", "U1", "g2", "home"),
        ("refused", "U1", "g3", "home"),
        ("revoked", "U2", "g3", "home"),
    ]


async def test_once_a_day_the_head_is_logged_and_what_is_old_is_erased_E102(
    database: Database,
) -> None:
    await seeded(database)
    stored = owned(database)
    await stored.adopt()
    await stored.save(replace(STATE, records=(ASKED, replace(DECIDED, at=20 * DAY))))
    at = [30 * DAY]
    keeping = AuditKeeping(database, lambda: [bucket_of(TEAM)], 15, lambda: at[0])
    other = AuditKeeping(database, list, 15, lambda: at[0])
    with capture_logs() as logs:
        for later in (0.0, DAY / 2, DAY + 1, DAY + 2):
            at[0] = 30 * DAY + later
            await keeping.look()
            await other.look()
    heads = [log for log in logs if log["event"] == "audit.head"]
    assert [(log["team"], log["seq"]) for log in heads] == [(TEAM, 2), (TEAM, 3)]
    chain = await audit.verify(database, TEAM, [heads[0]["digest"]])
    assert (chain.erased, chain.broken_at, chain.found) == (1, None, {heads[0]["digest"]})
    assert [log["contents"] for log in logs if log["event"] == "audit.erased"] == [1]
    assert (chain.unexplained, chain.erased_before) == (0, 15 * DAY)
    told = [row for row in await recorded(database) if row.kind == "erased"]
    assert [json.loads(row.content or "")["rule"] for row in told] == ["audit.keep_days = 15"]


async def test_nothing_is_erased_where_it_is_to_be_kept_for_ever(database: Database) -> None:
    await seeded(database)
    stored = owned(database)
    await stored.adopt()
    await stored.save(replace(STATE, records=(ASKED,)))
    await AuditKeeping(database, lambda: [bucket_of(TEAM)], 0, lambda: 1e6 * DAY).look()
    assert (await audit.verify(database, TEAM)).erased == 0
