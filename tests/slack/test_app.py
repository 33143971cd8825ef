"""Connecting, staying connected, leaving."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import SecretStr, ValidationError

from bot.core.errors import ConfigError
from bot.playground import MethodFault, Playground
from bot.slack.app import connect
from bot.slack.config import SlackConfig
from tests.slack.fragile import FragileSlack
from tests.slack.joined import QUICK, config_of, joined, soon
from tests.slack.remembering import RememberingBridge


@pytest.fixture
async def fragile() -> AsyncIterator[FragileSlack]:
    async with FragileSlack().serving() as slack:
        yield slack


async def test_the_tokens_say_who_we_are(local: Playground) -> None:
    async with connect(config_of(local)) as slack:
        assert (slack.me.team, slack.me.user) == ("T0PLAYGRND", "U0THREADLN")
        assert not slack.connected and slack.last_frame_age is None
        assert not slack.caught_up


@pytest.mark.parametrize(
    ("bot_token", "app_token", "key", "problem"),
    [
        ("", "xapp-1", "SLACK_BOT_TOKEN", "is missing"),
        ("xoxb-1", "", "SLACK_APP_TOKEN", "is missing"),
    ],
)
async def test_a_missing_token_is_named_with_its_remedy(
    bot_token: str, app_token: str, key: str, problem: str
) -> None:
    config = SlackConfig(bot_token=SecretStr(bot_token), app_token=SecretStr(app_token))
    with pytest.raises(ConfigError) as refused:
        async with connect(config):
            pass
    assert (refused.value.key, refused.value.problem) == (key, problem)
    assert "settings" in refused.value.hint


@pytest.mark.parametrize("bot_is_wrong", [True, False])
async def test_a_token_slack_refuses_is_named(fragile: FragileSlack, bot_is_wrong: bool) -> None:
    if bot_is_wrong:
        fragile.bot_error = "invalid_auth"
    else:
        fragile.app_error = "not_allowed_token_type"
    with pytest.raises(ConfigError) as refused:
        async with connect(fragile.config):
            pass
    assert refused.value.key == ("SLACK_BOT_TOKEN" if bot_is_wrong else "SLACK_APP_TOKEN")
    assert (fragile.bot_error or fragile.app_error) in refused.value.problem
    assert "xoxb-1" not in str(refused.value) and "xapp-1" not in str(refused.value)


async def test_a_start_waits_for_a_slack_that_is_not_well(
    local: Playground, bridge: RememberingBridge
) -> None:
    local.faults.methods["auth.test"] = MethodFault(status=500, times=2)
    async with joined(config_of(local), bridge) as slack:
        assert slack.connected


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://slack.com/api", True),
        ("http://127.0.0.1:8080/api/", True),
        ("http://localhost/api/", True),
        ("http://[::1]:1/api/", True),
        ("http://slack.example/api/", False),
        ("ftp://127.0.0.1/", False),
        ("slack.com", False),
    ],
)
def test_tokens_travel_encrypted_or_stay_on_this_machine(url: str, fits: bool) -> None:
    if fits:
        assert SlackConfig(api_url=url).api_url.endswith("/")
    else:
        with pytest.raises(ValidationError):
            SlackConfig(api_url=url)


def test_a_configuration_does_not_show_its_tokens() -> None:
    """E88"""
    config = SlackConfig(bot_token=SecretStr("xoxb-1"), app_token=SecretStr("xapp-1"))
    assert "xoxb-1" not in repr(config) and "xapp-1" not in repr(config)


async def test_the_environment_cannot_turn_on_oauth_or_a_proxy(
    local: Playground, bridge: RememberingBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.setenv(name, "wrong")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with joined(config_of(local), bridge):
        await local.person("ana").mention("#dev", "hello")
        await soon(lambda: bridge.texts == ["hello"])


async def test_leaving_lets_what_came_in_be_stored_and_acked(
    local: Playground, bridge: RememberingBridge
) -> None:
    bridge.gate.clear()
    async with joined(config_of(local), bridge) as slack:
        await local.person("ana").message_bot("last words")
        await soon(lambda: bridge.attempts)
        asyncio.get_running_loop().call_later(0.1, bridge.gate.set)
    assert bridge.texts == ["last words"]
    await local.until(lambda: local.journal.delivered("message")[0].outcome == "acked")
    assert not slack.connected


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_slack_may_ask_for_a_new_connection(
    local: Playground, bridge: RememberingBridge, reason: str
) -> None:
    async with joined(config_of(local), bridge) as slack:
        await local.disconnect(reason)  # pyright: ignore[reportArgumentType] - a literal, above
        await soon(lambda: len(local.journal.called("apps.connections.open")) >= 3)
        await soon(lambda: slack.connected and slack.caught_up)
        await local.person("ana").mention("#dev", "still there?")
        await soon(lambda: bridge.texts == ["still there?"])


async def test_a_cut_connection_comes_back(local: Playground, bridge: RememberingBridge) -> None:
    """E73"""
    async with joined(config_of(local), bridge, QUICK) as slack:
        links = len(local.journal.called("apps.connections.open"))
        local.drop_sockets()
        await soon(lambda: len(local.journal.called("apps.connections.open")) > links)
        await soon(lambda: slack.connected)
        await local.person("ana").mention("#dev", "hello")
        await soon(lambda: bridge.texts == ["hello"])


async def test_a_socket_that_answers_nothing_is_not_called_connected_and_is_replaced(
    fragile: FragileSlack, bridge: RememberingBridge
) -> None:
    """E73"""
    fragile.mute = True
    async with joined(fragile.config, bridge, QUICK) as slack:
        await soon(lambda: not slack.connected)
        fragile.mute = False
        await soon(lambda: slack.connected)
        assert len(fragile.sockets) > 1


async def test_a_client_stuck_on_a_spent_ticket_is_replaced(
    fragile: FragileSlack, bridge: RememberingBridge
) -> None:
    """The SDK tries one address for ever once a handshake failed: tickets are good for one."""
    async with joined(fragile.config, bridge, replace(QUICK, ping=0.1)) as slack:
        fragile.refusals = 1
        given = fragile.links_given
        await fragile.drop()
        await soon(lambda: fragile.handshakes > given + 1)  # the spent one again
        await soon(lambda: slack.connected and fragile.open_sockets == 1)


async def test_an_unreachable_slack_is_tried_until_it_is_back(
    fragile: FragileSlack, bridge: RememberingBridge
) -> None:
    async with joined(fragile.config, bridge, replace(QUICK, longest_wait=0.1)) as slack:
        fragile.app_error = "internal_error"
        await fragile.drop()
        await soon(lambda: not slack.connected)
        fragile.app_error = ""
        await soon(lambda: slack.connected)


async def test_a_handshake_that_fails_at_the_start_is_tried_with_a_new_ticket(
    fragile: FragileSlack, bridge: RememberingBridge
) -> None:
    fragile.refusals = 2
    pace = replace(QUICK, opening=0.5, longest_wait=0.05)
    async with joined(fragile.config, bridge, pace) as slack:
        await soon(lambda: slack.connected and fragile.open_sockets == 1)
    assert fragile.refusals == 0
