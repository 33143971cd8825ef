"""Slack's refusals by what can be done about them."""

from __future__ import annotations

import pytest

from bot.core.errors import (
    ChannelClosed,
    ContentRejected,
    RateLimited,
    SlotGone,
    SurfaceError,
    SurfaceUnavailable,
)
from bot.slack.calls import Refused
from bot.slack.refusals import meaning


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("rate_limited", RateLimited),
        ("message_limit_exceeded", RateLimited),
        ("update_failed", SurfaceUnavailable),
        ("message_not_found", SlotGone),
        ("cant_update_message", SlotGone),
        ("is_archived", ChannelClosed),
        ("is_inactive", ChannelClosed),
        ("channel_not_found", ChannelClosed),
        ("not_in_channel", ChannelClosed),
        ("token_revoked", ChannelClosed),
        ("invalid_blocks", ContentRejected),
        ("msg_too_long", ContentRejected),
        ("msg_blocks_too_long", ContentRejected),
        ("something_new", Refused),
    ],
)
def test_each_refusal_has_a_meaning(code: str, means: type[SurfaceError]) -> None:
    assert type(meaning(Refused("chat.update", code))) is means
