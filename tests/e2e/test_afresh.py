"""An agent that lost its memory of a thread, in Slack."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, said

pytestmark = pytest.mark.slow


async def test_a_forgotten_session_is_begun_afresh_by_a_button_E58(stage: Stage) -> None:
    ana = stage.slack.person("ana")
    async with stage.bot():
        thread = await ana.mention("#dev", "echo the first")
        await thread.until(at_rest)
    with closing(sqlite3.connect(stage.data / "demo.db")) as journal, journal:
        journal.execute("DELETE FROM journal")
        journal.execute("DELETE FROM sessions")
    async with stage.bot():
        await ana.reply(thread, "echo the second")
        await thread.until(lambda t: "Start afresh" in t.buttons())
        assert "The agent no longer knows this session." in said(thread)
        await thread.until(lambda t: t.status() == "suspended")
        assert await ana.click(thread, "Start afresh")
        await thread.until(lambda t: at_rest(t) and not t.buttons())
        await thread.until(lambda t: "the second" in said(t))
    with closing(sqlite3.connect(stage.data / "demo.db")) as journal:
        (told,) = journal.execute(
            "SELECT json_extract(body, '$.text') FROM journal WHERE kind = 'prompted'"
        ).fetchone()
    assert "You: the first" in told
    assert told.endswith("echo the second")
