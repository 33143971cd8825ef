"""An agent server that holds a request only briefly, with the embedded agent behaving so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.agents.demo.connector import DemoConfig, DemoConnector
from bot.core.approvals import Approvals, Layer, Wanted
from bot.store.database import StoreConfig
from tests.bridge.house import QUICK, running
from tests.bridge.listed import Listed

ENDS = Approvals(workspace=Layer(wanted=Wanted(deadline=600.0, at_deadline="deny")))
RULES = replace(QUICK, approvals=ENDS)


@pytest.fixture
def listed() -> Listed:
    return Listed()


def said(seen: Listed) -> str:
    return "\n".join(["", *seen.outline()])


async def test_what_is_approved_too_late_is_done_at_the_next_try(
    store_config: StoreConfig, tmp_path: Path, listed: Listed
) -> None:
    agent = DemoConnector(DemoConfig(data_dir=tmp_path, speed=0, max_hold=2.0))
    async with running(store_config, tmp_path, listed, connector=agent, rules=RULES) as house:
        await house.mention("deploy the shop to production")
        await listed.until(lambda seen: "copy of the database" in said(seen))
        await listed.until(lambda seen: "\nask open" in said(seen))
        await house.decide("allow")
        await listed.until(lambda seen: "Deployed. This is what ran" in said(seen))
    assert "Allowed for the next try by=U1" in said(listed)
    assert said(listed).count("\nask ") == 1
