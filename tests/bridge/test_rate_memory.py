"""A new owner knows what Slack refused to the one before."""

from __future__ import annotations

import asyncio

import pytest

from bot.bridge.rate_memory import RateMemory
from bot.core.views import Priority
from bot.slack.lane import EDIT, POST, Lane
from bot.store.database import Database


async def test_a_new_owner_keeps_the_patience_slack_asked_the_former_for(
    database: Database,
) -> None:
    async with asyncio.TaskGroup() as tasks:
        former = Lane(lambda: True, on_blocked=RateMemory(database, "T1", tasks).keep)
        former.blocked(EDIT, "C1", 500)
        former.blocked(POST, "C1", 300)
    lane = Lane(lambda: True)
    async with asyncio.TaskGroup() as tasks:
        RateMemory(database, "T1", tasks).recall(lane.restore)
    assert lane.room(EDIT) == lane.room(POST, "C1") == 0
    assert lane.pace(EDIT) > 490
    await lane.permit(POST, "C2", Priority.FIRST)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await lane.permit(POST, "C1", Priority.ASK)


async def test_refusals_in_another_workspace_are_no_concern_of_ours(database: Database) -> None:
    told: list[tuple[str, str, float]] = []
    async with asyncio.TaskGroup() as tasks:
        RateMemory(database, "T1", tasks).keep(EDIT, "", 500)
    async with asyncio.TaskGroup() as tasks:
        RateMemory(database, "T2", tasks).recall(lambda *refusal: told.append(refusal))
    assert told == []
