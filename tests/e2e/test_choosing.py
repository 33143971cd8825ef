"""Several agents, of which people choose one for a thread."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, said
from tests.waiting import until

pytestmark = pytest.mark.slow


async def test_a_thread_says_who_answers_and_an_unknown_name_is_declined_privately(
    stage: Stage,
) -> None:
    ana = stage.slack.person("ana")
    agents = {
        name: {"kind": "demo", "data_dir": str(stage.data / name), "speed": 0}
        for name in ("demo", "second")
    }
    async with stage.bot(agents=agents):
        thread = await ana.mention("#dev", "with second echo hello")
        await thread.until(lambda t: at_rest(t) and "hello" in said(t))
        assert "second answers in this thread." in said(thread)
        assert "with second" not in said(thread)
        await ana.mention("#dev", "with third echo nobody")

        async def told() -> bool:
            return "no agent called third" in str(stage.slack.whispers(ana))

        await until(told)
        assert len(stage.slack.whispers(ana)) == 1
    assert (stage.data / "second" / "demo.db").exists()
