"""Homes follow what happens, at whatever replica, and not more often than they may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.bridge.bridge import StoreBridge, bucket_of
from bot.bridge.home_views import HomeViews
from bot.bridge.homes import Homes
from bot.core.access import Access
from bot.core.errors import ChannelClosed, SurfaceUnavailable
from bot.core.inbound import Person
from bot.core.routing import Routes
from bot.core.state import SessionState
from bot.core.turn import Turn
from bot.core.views import HomeView
from bot.store import grants, preferences
from bot.store.database import Database
from tests.bridge.house import ANA, BEN, TEAM, THREAD
from tests.bridge.test_trail import GRANT, owned, seeded

IDLE = SessionState(thread=THREAD, agent="demo", title="Build it", owner=ANA)
RUNNING = replace(IDLE, turns=(Turn(number=1, started_at=40.0, phase="working"),))


class Office:
    """A replica that owns the workspace, and people's Homes as Slack shows them."""

    def __init__(
        self, database: Database, *, looks_at: int = 200, open_for: float = 3600.0
    ) -> None:
        self.database = database
        self.at = 1000.0
        self.shown: list[tuple[str, HomeView]] = []
        self.fault: Exception | None = None
        self.held = [bucket_of(TEAM)]
        views = HomeViews(database, Access(), lambda: self.at, looks_at)
        self.homes = Homes(
            database, views, self.publish, lambda: self.held, lambda: self.at, open_for
        )
        self.bridge = StoreBridge(
            database, Routes("demo"), lambda _session, _bucket: None,
            mask=str, look_at_homes=self.homes.wake, now=lambda: self.at,
        )  # fmt: skip

    async def publish(self, user: str, view: HomeView) -> None:
        if self.fault is not None:
            raise self.fault
        self.shown.append((user, view))

    async def opens(self, person: Person) -> None:
        await self.bridge.home_opened(TEAM, person)
        await self.homes.look()

    def states(self) -> list[list[str]]:
        return [[entry.state for entry in view.entries] for _, view in self.shown]


@pytest.fixture
async def office(database: Database) -> Office:
    await seeded(database, IDLE)
    return Office(database)


async def test_a_home_is_made_when_it_is_opened_and_again_when_something_changes_E90(
    office: Office,
) -> None:
    await office.opens(ANA)
    assert office.states() == [["recent"]]
    await office.homes.look()
    assert len(office.shown) == 1
    await seeded(office.database, RUNNING)
    await office.bridge.home_opened(TEAM, BEN)
    office.at += 1
    await office.homes.look()
    assert [user for user, _ in office.shown] == ["U1", "U2"], "she is not told again so soon"
    office.at += 5
    await office.homes.look()
    assert office.states() == [["recent"], [], ["running"]]
    office.at += 60
    await office.homes.look()
    assert len(office.shown) == 3, "nothing has changed"


async def test_opening_again_makes_it_anew_at_once(office: Office) -> None:
    await office.opens(ANA)
    await office.opens(ANA)
    assert len(office.shown) == 2


async def test_a_replica_that_does_not_own_the_workspace_leaves_it_to_the_owner(
    office: Office,
) -> None:
    office.held = []
    await office.opens(ANA)
    assert office.shown == []
    office.held = [bucket_of(TEAM)]
    await office.homes.look()
    assert office.states() == [["recent"]]


async def test_a_revoked_rule_is_gone_from_home_with_a_word_E44(office: Office) -> None:
    async with office.database.transaction() as tx:
        await grants.add(tx, TEAM, GRANT)
    await office.opens(BEN)
    assert [rule.grant for rule in office.shown[-1][1].grants] == [GRANT]
    said = await office.bridge.revoke(TEAM, "g1", BEN, "press")
    await office.bridge.home_opened(TEAM, BEN, said)
    await office.homes.look()
    assert office.shown[-1][1].grants == ()
    assert "is revoked" in office.shown[-1][1].notice
    await office.opens(BEN)
    assert office.shown[-1][1].notice == ""


async def test_a_rule_that_ends_goes_by_itself_E44(office: Office) -> None:
    async with office.database.transaction() as tx:
        await grants.add(tx, TEAM, replace(GRANT, until=1030.0))
    await office.opens(BEN)
    office.at = 1031.0
    await office.homes.look()
    assert [len(view.grants) for _, view in office.shown] == [1, 0]


async def test_a_slack_that_is_away_is_tried_again_and_one_that_refuses_is_not(
    office: Office,
) -> None:
    office.fault = SurfaceUnavailable()
    await office.opens(ANA)
    office.fault = None
    await office.homes.look()
    assert len(office.shown) == 1
    office.fault = ChannelClosed()
    await office.opens(BEN)
    office.fault = None
    await office.homes.look()
    assert len(office.shown) == 1


async def test_who_opened_it_long_ago_is_forgotten(database: Database) -> None:
    office = Office(database, open_for=0.0)
    await office.opens(ANA)
    assert office.shown == []
    async with database.transaction() as tx:
        assert await preferences.all_of(tx, f"home:{TEAM}") == {}


async def test_what_waits_for_long_is_shown_however_much_happened_since(
    database: Database,
) -> None:
    await seeded(database, RUNNING)  # its row says that work is open
    office = Office(database, looks_at=0)
    await office.opens(ANA)
    assert office.states() == [["running"]]


async def test_only_sessions_that_changed_are_read_again(office: Office) -> None:
    views = HomeViews(office.database, Access())
    stored = owned(office.database)
    await stored.adopt()
    await stored.save(RUNNING)
    first = await views.board(TEAM)
    await stored.save(IDLE)
    second = await views.board(TEAM)
    assert first.sessions[THREAD.session].running_since == 40.0
    assert second.sessions[THREAD.session].running_since is None
