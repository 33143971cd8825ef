"""What an app does to channels, and whom it finds, with the real slack_sdk."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Person, Playground, PlaygroundConfig
from bot.playground.coverage import CODE_CHANNEL_METHODS
from bot.playground.model import Usergroup
from bot.playground.seed import DEFAULT_SCOPES

Client = Any

DEV, OPS, GENERAL = "C0DEV00002", "G0OPS00003", "C0GENERAL1"
SCOPES = (
    *DEFAULT_SCOPES,
    *("channels:manage", "channels:join", "groups:write", "bookmarks:write", "pins:write"),
    *("usergroups:read", "users:read.email", "code_channels:manage", "pins:read", "mpim:write"),
)


@pytest.fixture
async def slack() -> AsyncIterator[Playground]:
    async with Playground(PlaygroundConfig(limits="off"), scopes=SCOPES) as running:
        yield running


@pytest.fixture
def client(slack: Playground) -> Client:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)


@pytest.fixture
def ana(slack: Playground) -> Person:
    return slack.person("ana")


async def code_of(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_a_channel_is_made_filled_named_and_closed(
    slack: Playground, client: Client, ana: Person
) -> None:
    made = (await client.conversations_create(name="session-1"))["channel"]
    assert (made["is_member"], made["is_private"], made["name"]) == (True, False, "session-1")
    place = {"channel": made["id"]}
    await client.conversations_invite(**place, users=[ana.id, "U0BEN00002"])
    joined = [d.body["event"] for d in slack.journal.delivered("member_joined_channel")]
    assert [(event["user"], event["inviter"]) for event in joined] == [
        (ana.id, "U0THREADLN"),
        ("U0BEN00002", "U0THREADLN"),
    ]
    topic = await client.conversations_setTopic(**place, topic="deploys")
    assert topic["channel"]["topic"]["value"] == "deploys"
    thread = await ana.post("#session-1", "hello")
    await client.pins_add(**place, timestamp=thread.ts)
    mark = await client.bookmarks_add(
        channel_id=made["id"], title="Run", type="link", link="https://x.y/1"
    )
    assert mark["bookmark"]["id"].startswith("Bk")
    channel = slack.workspace.channels[made["id"]]
    assert (channel.pins, [b["link"] for b in channel.bookmarks]) == (
        [thread.ts],
        ["https://x.y/1"],
    )
    await client.conversations_archive(**place)
    assert await code_of(client.conversations_archive(**place)) == "already_archived"
    assert await code_of(client.conversations_setTopic(**place, topic="x")) == "is_archived"


async def test_a_private_channel_is_its_members_only(
    slack: Playground, client: Client, ana: Person
) -> None:
    made = (await client.conversations_create(name="secret", is_private=True))["channel"]
    assert made["is_private"] is True
    assert slack.workspace.channels[made["id"]].members == ["U0THREADLN"]
    assert await code_of(client.conversations_join(channel=made["id"])) == (
        "method_not_supported_for_channel_type"
    )


async def test_the_app_joins_public_channels_by_itself(
    slack: Playground, client: Client, ana: Person
) -> None:
    slack.workspace.channels[DEV].members.remove("U0THREADLN")
    assert await code_of(client.conversations_invite(channel=DEV, users=[ana.id])) == (
        "not_in_channel"
    )
    joined = await client.conversations_join(channel=DEV)
    assert joined["channel"]["is_member"] is True
    [event] = [d.body["event"] for d in slack.journal.delivered("member_joined_channel")]
    assert (event["user"], "inviter" in event) == ("U0THREADLN", False)
    again = await client.conversations_join(channel=DEV)
    assert again["warning"] == "already_in_channel"
    assert await code_of(client.conversations_join(channel=OPS)) == "channel_not_found"
    slack.workspace.channels[DEV].is_archived = True
    assert await code_of(client.conversations_join(channel=DEV)) == "is_archived"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("dev", "name_taken"),
        (" ", "invalid_name_required"),
        ("x" * 81, "invalid_name_maxlength"),
        ("-.-", "invalid_name_punctuation"),
        ("Session", "invalid_name_specials"),
        ("a b", "invalid_name_specials"),
    ],
)
async def test_names_of_channels_have_rules(client: Client, name: str, error: str) -> None:
    assert await code_of(client.conversations_create(name=name)) == error


async def test_refusals(slack: Playground, client: Client, ana: Person) -> None:
    thread = await ana.post("#dev", "hello")
    pin = {"channel": DEV, "timestamp": thread.ts}
    link = {"channel_id": DEV, "title": "x", "type": "link"}
    await client.pins_add(**pin)
    for error, call in {
        "already_in_channel": client.conversations_invite(channel=DEV, users=[ana.id]),
        "cant_invite_self": client.conversations_invite(channel=DEV, users=["U0THREADLN"]),
        "user_not_found": client.conversations_invite(channel=DEV, users=["U0NOBODY00"]),
        "no_user": client.conversations_invite(channel=DEV, users=","),
        "too_many_users": client.conversations_invite(channel=DEV, users=["U1"] * 101),
        "cant_archive_general": client.conversations_archive(channel=GENERAL),
        "too_long": client.conversations_setTopic(channel=DEV, topic="x" * 251),
        "already_pinned": client.pins_add(**pin),
        "no_item_specified": client.pins_add(channel=DEV),
        "message_not_found": client.pins_add(channel=DEV, timestamp="1.000001"),
        "invalid_link": client.bookmarks_add(**link, link="javascript:alert(1)"),
        "invalid_bookmark_type": client.bookmarks_add(**{**link, "type": "file"}),
        "channel_not_found": client.conversations_setTopic(channel=OPS, topic="x"),
    }.items():
        assert await code_of(call) == error
    channel = slack.workspace.channels[DEV]
    channel.pins, channel.bookmarks = ["1.000001"] * 100, [{}] * 100
    reply = await ana.reply(thread, "more")
    many = client.pins_add(channel=DEV, timestamp=reply.ts)
    assert await code_of(many) == "too_many_pins"
    assert await code_of(client.bookmarks_add(**link, link="https://x.y")) == "too_many_bookmarks"
    im = await ana.message_bot("hello")
    assert await code_of(client.conversations_archive(channel=im.channel)) == (
        "method_not_supported_for_channel_type"
    )


async def test_the_scope_must_be_of_the_channels_kind() -> None:
    async with Playground(scopes=["channels:write.topic", "groups:write"]) as slack:
        client: Client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        await client.conversations_setTopic(channel=DEV, topic="narrow is enough")
        assert await code_of(client.conversations_archive(channel=DEV)) == "missing_scope"
        assert await code_of(client.conversations_create(name="public")) == "missing_scope"
        await client.conversations_create(name="private", is_private=True)


async def test_people_are_found_by_address_and_group(slack: Playground, client: Client) -> None:
    slack.workspace.usergroups["S0DEVS0001"] = Usergroup(
        "S0DEVS0001", "T0PLAYGRND", "devs", "Developers", ["U0ANA00001", "U0BEN00002"]
    )
    found = await client.users_lookupByEmail(email="Ana@playground.test")
    assert (found["user"]["id"], found["user"]["profile"]["email"]) == (
        "U0ANA00001",
        "ana@playground.test",
    )
    nobody = client.users_lookupByEmail(email="threadline@playground.test")
    assert await code_of(nobody) == "users_not_found"
    [group] = (await client.usergroups_list())["usergroups"]
    assert (group["handle"], group["user_count"], "users" in group) == ("devs", 2, False)
    [group] = (await client.usergroups_list(include_users=True))["usergroups"]
    assert group["users"] == ["U0ANA00001", "U0BEN00002"]
    users = await client.usergroups_users_list(usergroup="S0DEVS0001")
    assert users["users"] == group["users"]
    assert await code_of(client.usergroups_users_list(usergroup="S0")) == "no_such_subteam"


@pytest.mark.parametrize("method", CODE_CHANNEL_METHODS)
async def test_code_channels_are_not_there(client: Client, method: str) -> None:
    assert await code_of(client.api_call(method, json={"name": "x"})) == "feature_disabled"
