"""What Slack says of a session when one turn ends and another begins."""

from __future__ import annotations

import pytest

from bot.playground import Playground
from bot.slack.lane import STOP
from tests.e2e.reading import at_rest, said

pytestmark = pytest.mark.slow


async def test_the_session_is_never_said_to_rest_while_a_next_message_waits(
    calm_slack: Playground,
) -> None:
    ana = calm_slack.person("ana")
    thread = await ana.message_bot("essay 900")
    await thread.until(lambda t: len(said(t)) > 100)
    await ana.reply(thread, "essay 500")
    await thread.until(lambda t: len(calm_slack.journal.called(STOP)) == 2 and at_rest(t), 30)
    ends = [call.arguments["session_status"] for call in calm_slack.journal.called(STOP)]
    assert ends == ["processing", "active"]
