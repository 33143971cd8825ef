"""Several workspaces in one local Slack: nobody in one knows of another."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground, PlaygroundConfig, Refused, SlackTeam
from bot.playground.seed import DEFAULT_SCOPES

DEV, GENERAL = "C0DEV00002", "C0GENERAL1"
SCOPES = (*DEFAULT_SCOPES, "channels:manage", "users:read.email", "mpim:write")


@pytest.fixture
async def slack() -> AsyncIterator[Playground]:
    async with Playground(PlaygroundConfig(limits="off"), scopes=SCOPES) as running:
        yield running


@pytest.fixture
def second(slack: Playground) -> SlackTeam:
    return slack.add_workspace("Second")


def client_of(slack: Playground, token: str) -> Any:
    return AsyncWebClient(token=token, base_url=slack.base_url)


async def code_of(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_each_workspace_has_people_channels_and_a_token_of_its_own(
    slack: Playground, second: SlackTeam
) -> None:
    assert sorted(slack.people) == ["ana", "ben", "cho"]
    assert sorted(second.people) == ["dana", "eli"]
    there = client_of(slack, second.bot_token)
    who = await there.auth_test()
    assert (who["team"], who["team_id"], who["user_id"]) == (
        "Second",
        second.id,
        second.app.user_id,
    )
    listed = await there.conversations_list()
    assert [(c["name"], c["context_team_id"]) for c in listed["channels"]] == [
        ("general", second.id)
    ]
    members = (await there.users_list())["members"]
    assert {m["name"] for m in members} == {"dana", "eli", "threadline"}
    here = client_of(slack, slack.bot_token)
    assert len((await here.conversations_list())["channels"]) == 2
    assert {m["team_id"] for m in (await here.users_list())["members"]} == {slack.team.id}


async def test_what_is_said_in_one_is_told_for_that_one(
    slack: Playground, second: SlackTeam
) -> None:
    dana = second.person("dana")
    thread = await dana.mention("#general", "hello")
    bodies = [d.body for d in slack.journal.deliveries]
    assert [b["event"]["type"] for b in bodies] == ["app_mention", "message"]
    assert {b["team_id"] for b in bodies} == {second.id}
    assert {b["authorizations"][0]["user_id"] for b in bodies} == {second.app.user_id}
    assert thread.channel != GENERAL
    there = client_of(slack, second.bot_token)
    await there.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text="hi")
    assert thread.messages()[-1].user == second.app.user_id


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        ("chat.postMessage", {"channel": DEV, "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "U0ANA00001", "text": "x"}, "channel_not_found"),
        ("conversations.info", {"channel": GENERAL}, "channel_not_found"),
        ("conversations.history", {"channel": GENERAL}, "channel_not_found"),
        ("conversations.open", {"users": "U0ANA00001"}, "user_not_found"),
        ("conversations.open", {"users": "U0ANA00001,U0BEN00002"}, "user_not_found"),
        ("conversations.invite", {"channel": "#general", "users": "U0ANA00001"}, "user_not_found"),
        ("users.info", {"user": "U0ANA00001"}, "user_not_found"),
        ("users.conversations", {"user": "U0ANA00001"}, "user_not_found"),
        ("users.lookupByEmail", {"email": "ana@playground.test"}, "users_not_found"),
        ("bots.info", {"bot": "B0THREADLN"}, "bot_not_found"),
        ("team.info", {"team": "T0PLAYGRND"}, "team_not_found"),
        (
            "chat.postEphemeral",
            {"channel": "#general", "user": "U0ANA00001", "text": "x"},
            "user_not_found",
        ),
        (
            "views.publish",
            {"user_id": "U0ANA00001", "view": {"type": "home", "blocks": []}},
            "user_not_found",
        ),
    ],
    ids=str,
)
async def test_ids_of_another_workspace_are_unknown(
    slack: Playground, second: SlackTeam, method: str, arguments: dict[str, Any], code: str
) -> None:
    second.app.install.scopes[:] = SCOPES
    [own] = [c.id for c in slack.workspace.channels.values() if c.team_id == second.id]
    given = {name: own if value == "#general" else value for name, value in arguments.items()}
    there = client_of(slack, second.bot_token)
    assert await code_of(there.api_call(method, json=given)) == code


async def test_people_cannot_reach_into_another_workspace(
    slack: Playground, second: SlackTeam
) -> None:
    dana, ana = second.person("dana"), slack.person("ana")
    for where in (DEV, "#dev"):
        with pytest.raises(Refused):
            await dana.post(where, "hello?")
    with pytest.raises(Refused, match="user_not_found"):
        await dana.invite(ana, "#general")
    with pytest.raises(Refused, match="user_not_found"):
        await dana.message_group([ana], "hello?")
    named = await dana.post("#general", "@ana and #dev are words here")
    assert named.text() == "@ana and #dev are words here"


async def test_a_file_is_shown_in_its_workspace_only(slack: Playground, second: SlackTeam) -> None:
    await slack.person("ana").upload("#dev", "a.txt", "hello")
    [file_id] = slack.workspace.files
    there = client_of(slack, second.bot_token)
    assert await code_of(there.files_info(file=file_id)) == "file_not_found"


async def test_limits_are_those_of_one_workspace() -> None:
    config = PlaygroundConfig(limits="strict")
    async with Playground(config, now=lambda: 1_800_000_000.0) as slack:
        second = slack.add_workspace("Second")
        here, there = (client_of(slack, token) for token in (slack.bot_token, second.bot_token))
        await here.team_info()
        assert await code_of(here.team_info()) == "ratelimited"
        assert (await there.team_info())["team"]["name"] == "Second"


async def test_a_workspace_grows(slack: Playground, second: SlackTeam) -> None:
    fay = second.add_person("fay", guest=True)
    plans = second.add_channel("plans", private=True)
    assert second.app.user_id not in slack.workspace.channels[plans].members
    thread = await fay.post("#plans", "mine")
    assert await code_of(
        client_of(slack, second.bot_token).conversations_info(channel=thread.channel)
    ) == ("channel_not_found")
    with pytest.raises(Refused, match="user_is_restricted"):
        await fay.create_channel("more")
    await fay.invite_app("#plans")
    body = [d.body for d in slack.journal.deliveries][-1]
    assert (body["event"]["type"], body["team_id"]) == ("member_joined_channel", second.id)
