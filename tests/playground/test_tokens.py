"""Tokens that expire, are renewed and taken away, with the real slack_sdk."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground, PlaygroundConfig, Refused, SlackTeam
from bot.playground.model import Json
from tests.playground.installing import code_of, install

# slack_sdk's own way to send client id and secret.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

TWELVE_HOURS = 43_200


@pytest.fixture
async def slack() -> AsyncIterator[Playground]:
    async with Playground(PlaygroundConfig(limits="off")) as running:
        yield running


@pytest.fixture
def other(slack: Playground) -> SlackTeam:
    """A workspace that the app is not in."""
    return slack.add_workspace("Second", installed=False)


@pytest.fixture
def client(slack: Playground) -> AsyncWebClient:
    return AsyncWebClient(base_url=slack.base_url)


# ---- rotation


async def rotating(slack: Playground, other: SlackTeam) -> Installation:
    """The app with a token that expires, as slack_sdk stores it."""
    slack.app.config.rotates_tokens = True
    answer = await install(slack, other)
    assert answer["expires_in"] == TWELVE_HOURS
    return Installation(
        app_id=answer["app_id"],
        team_id=other.id,
        user_id=answer["authed_user"]["id"],
        bot_token=answer["access_token"],
        bot_user_id=answer["bot_user_id"],
        bot_refresh_token=answer["refresh_token"],
        bot_token_expires_in=answer["expires_in"],
    )


async def test_slack_sdk_rotates_a_token_and_the_old_one_is_good_for_its_time(
    slack: Playground, other: SlackTeam, client: AsyncWebClient
) -> None:
    installation = await rotating(slack, other)
    rotator = AsyncTokenRotator(
        client_id=slack.app.client_id, client_secret=slack.app.client_secret, client=client
    )
    assert await rotator.perform_token_rotation(installation=installation) is None
    slack.clock.advance(11 * 3600)
    rotated = await rotator.perform_token_rotation(
        installation=installation, minutes_before_expiration=13 * 60
    )
    assert rotated is not None and rotated.bot_token != installation.bot_token
    assert str(rotated.bot_token).startswith("xoxe.xoxb-1-")
    for token in (installation.bot_token, rotated.bot_token):
        assert (await client.auth_test(token=token))["team_id"] == other.id
    slack.clock.advance(2 * 3600)
    assert await code_of(client.auth_test(token=installation.bot_token)) == "token_expired"
    assert (await client.auth_test(token=rotated.bot_token))["ok"] is True
    slack.clock.advance(10 * 3600)
    assert await code_of(client.auth_test(token=rotated.bot_token)) == "token_expired"


async def test_a_refresh_token_is_good_once_and_two_tokens_live(
    slack: Playground, other: SlackTeam, client: AsyncWebClient
) -> None:
    installation = await rotating(slack, other)

    async def renew(refresh_token: str | None) -> Any:
        return await client.oauth_v2_access(
            client_id=slack.app.client_id,
            client_secret=slack.app.client_secret,
            grant_type="refresh_token",
            refresh_token=refresh_token,
        )

    second = await renew(installation.bot_refresh_token)
    assert await code_of(renew(installation.bot_refresh_token)) == "invalid_refresh_token"
    assert await code_of(renew("xoxe-1-guess")) == "invalid_refresh_token"
    third = await renew(second["refresh_token"])
    assert await code_of(client.auth_test(token=installation.bot_token)) == "token_revoked"
    for answer in (second, third):
        assert (await client.auth_test(token=answer["access_token"]))["ok"] is True
    assert other.bot_token == third["access_token"]


async def test_a_long_lived_token_is_exchanged_once(
    slack: Playground, client: AsyncWebClient
) -> None:
    app, old = slack.app, slack.bot_token

    async def exchange(token: str) -> Any:
        return await client.oauth_v2_exchange(
            token=token, client_id=app.client_id, client_secret=app.client_secret
        )

    assert await code_of(exchange(old)) == "token_rotation_not_enabled"
    app.config.rotates_tokens = True
    answer = await exchange(old)
    assert (await client.auth_test(token=answer["access_token"]))["user_id"] == app.user_id
    assert await code_of(client.auth_test(token=old)) == "token_revoked"
    assert await code_of(exchange(old)) == "token_already_exchanged"
    assert await code_of(exchange(answer["access_token"])) == "invalid_token"
    assert await code_of(exchange("xoxb-guess")) == "invalid_token"


# ---- the end


def told(slack: Playground) -> list[Json]:
    return [d.body["event"] for d in slack.journal.deliveries]


async def test_with_its_last_token_an_app_is_gone(
    slack: Playground, other: SlackTeam, client: AsyncWebClient
) -> None:
    answer = await install(slack, other, user_scope="search:read")
    bot, person = answer["access_token"], answer["authed_user"]["access_token"]
    dana = other.person("dana")
    await dana.invite_app("#general")
    slack.journal.deliveries.clear()
    assert (await client.auth_revoke(token=bot, test=True))["revoked"] is False
    assert (await client.auth_revoke(token=bot))["revoked"] is True
    assert await code_of(client.auth_test(token=bot)) == "token_revoked"
    assert [e["type"] for e in told(slack)] == ["tokens_revoked"]
    assert told(slack)[0]["tokens"] == {"oauth": [], "bot": [answer["bot_user_id"]]}
    await client.auth_revoke(token=person)
    assert [e["type"] for e in told(slack)][1:] == ["tokens_revoked", "app_uninstalled"]
    assert told(slack)[1]["tokens"] == {"oauth": [dana.id], "bot": []}
    with pytest.raises(Refused, match="app_not_installed"):
        await dana.open_home()
    slack.journal.deliveries.clear()
    await dana.post("#general", f"<@{answer['bot_user_id']}> still here?")
    assert told(slack) == []
    assert (await client.auth_test(token=slack.bot_token))["ok"] is True, "elsewhere it stays"


async def test_an_uninstalled_app_comes_back_with_its_bot_user(
    slack: Playground, other: SlackTeam, client: AsyncWebClient
) -> None:
    first = await install(slack, other)
    secrets = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}
    token = first["access_token"]
    wrong = client.apps_uninstall(token=token, **(secrets | {"client_secret": "guess"}))
    assert await code_of(wrong) == "bad_client_secret"
    mixed = client.apps_uninstall(token=token, **(secrets | {"client_id": "1.2"}))
    assert await code_of(mixed) == "client_id_token_mismatch"
    await client.apps_uninstall(token=token, **secrets)
    assert [e["type"] for e in told(slack)] == ["tokens_revoked", "app_uninstalled"]
    assert await code_of(client.auth_test(token=token)) == "account_inactive"
    again = await install(slack, other, scope="chat:write")
    assert again["bot_user_id"] == first["bot_user_id"]
    assert (again["scope"], again["access_token"] == token) == ("chat:write", False)
    assert (await client.auth_test(token=again["access_token"]))["ok"] is True


async def test_tokens_and_workspaces_outlive_a_restart(tmp_path: Path) -> None:
    config = PlaygroundConfig(state=tmp_path / "slack.json", limits="off")
    async with Playground(config) as slack:
        other = slack.add_workspace("Second", installed=False)
        installation = await rotating(slack, other)
        await AsyncWebClient(base_url=slack.base_url).auth_revoke(token=slack.bot_token)
        before = slack.workspace
    async with Playground(config) as slack:
        assert slack.workspace == before
        client = AsyncWebClient(base_url=slack.base_url)
        assert (await client.auth_test(token=installation.bot_token))["team"] == "Second"
        assert await code_of(client.auth_test(token=slack.bot_token)) == "token_revoked"
        slack.clock.advance(TWELVE_HOURS)
        assert await code_of(client.auth_test(token=installation.bot_token)) == "token_expired"
