"""What Slack says of a session when one turn ends and another begins."""

from __future__ import annotations

import pytest

from bot.slack.lane import STOP
from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, said

pytestmark = pytest.mark.slow


async def test_the_session_is_never_said_to_rest_while_a_next_message_waits(
    stage: Stage,
) -> None:
    slack = stage.slack
    ana = slack.person("ana")
    async with stage.bot(speed=0.1):
        thread = await ana.message_bot("essay 900")
        await thread.until(lambda t: len(said(t)) > 100)
        await ana.reply(thread, "essay 100")
        await thread.until(lambda t: len(slack.journal.called(STOP)) == 2 and at_rest(t), 60)
    ends = [call.arguments["session_status"] for call in slack.journal.called(STOP)]
    assert ends == ["processing", "active"]
