"""What becomes of channels, as people do it and apps hear of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Person, Playground, PlaygroundConfig, Refused
from bot.playground.model import Json
from bot.playground.seed import BOT_USER, DEFAULT_SCOPES
from bot.playground.slack_app import SlackApp

Client = Any

DEV, GENERAL = "C0DEV00002", "C0GENERAL1"
SCOPES = (
    *DEFAULT_SCOPES,
    *("channels:manage", "groups:write", "pins:read", "pins:write", "mpim:write"),
    *("chat:write.customize",),
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


def told(slack: Playground, app: SlackApp | None = None) -> list[Json]:
    """The inner events an app was told, the first app if none is named; without messages."""
    app_id = (app or slack.app).id
    bodies = [d.body for d in slack.journal.deliveries if d.body["api_app_id"] == app_id]
    return [b["event"] for b in bodies if b["event"]["type"] != "message"]


def kinds(events: list[Json]) -> list[str]:
    return [event["type"] for event in events]


def notes(slack: Playground, channel: str) -> list[tuple[str | None, str]]:
    return [(m.subtype, m.text) for m in slack.workspace.timeline(channel)]


async def test_a_person_makes_names_and_closes_a_channel(slack: Playground, ana: Person) -> None:
    stranger = slack.add_app("reporter", scopes=("channels:read",))
    made = await ana.create_channel("release")
    await ana.rename_channel("#release", "release-2")
    await ana.set_topic("#release-2", "on friday")
    await ana.archive("#release-2")
    await ana.unarchive("#release-2")
    heard = told(slack)
    assert kinds(heard) == [
        "channel_created",
        "channel_rename",
        "channel_archive",
        "channel_unarchive",
    ]
    assert kinds(told(slack, stranger)) == kinds(heard)
    assert heard[0]["channel"]["creator"] == ana.id
    assert heard[1]["channel"]["name"] == "release-2"
    assert notes(slack, made) == [
        ("channel_name", f'<@{ana.id}> has renamed the channel from "release" to "release-2"'),
        ("channel_topic", f"<@{ana.id}> set the channel topic: on friday"),
        ("channel_archive", f"<@{ana.id}> archived the channel"),
        ("channel_unarchive", f"<@{ana.id}> unarchived the channel"),
    ]


async def test_what_becomes_of_a_private_channel_only_its_members_hear(
    slack: Playground, ana: Person
) -> None:
    await ana.create_channel("secret", private=True)
    await ana.rename_channel("#secret", "secret-2")
    assert told(slack) == []
    await ana.invite_app("#secret-2")
    await ana.rename_channel("#secret-2", "secret-3")
    assert kinds(told(slack)) == ["member_joined_channel", "group_rename"]


async def test_a_topic_is_told_as_a_message_nobody_can_change(
    slack: Playground, client: Client, ana: Person
) -> None:
    await ana.set_topic("#dev", "deploys")
    [message] = [d.body["event"] for d in slack.journal.delivered("message")]
    assert (message["subtype"], message["topic"]) == ("channel_topic", "deploys")
    await client.conversations_setTopic(channel=DEV, topic="")
    mine = slack.workspace.timeline(DEV)[-1]
    assert (mine.user, mine.text) == (BOT_USER, f"<@{BOT_USER}> cleared the channel topic")
    for refused in (client.chat_update, client.chat_delete):
        with pytest.raises(SlackApiError, match=r"cant_(update|delete)_message"):
            await refused(channel=DEV, ts=mine.ts, text="no")


async def test_people_come_and_go(slack: Playground, ana: Person) -> None:
    ben = slack.person("ben")
    await ben.leave("#dev")
    with pytest.raises(Refused, match="not_in_channel"):
        await ben.post("#dev", "still here?")
    await ben.join("#dev")
    await ben.leave("#dev")
    await ana.invite(ben, "#dev")
    heard = told(slack)
    assert [(e["type"], e["user"], e.get("inviter")) for e in heard] == [
        ("member_left_channel", ben.id, None),
        ("member_joined_channel", ben.id, None),
        ("member_left_channel", ben.id, None),
        ("member_joined_channel", ben.id, ana.id),
    ]
    assert [subtype for subtype, _ in notes(slack, DEV)] == ["channel_leave", "channel_join"] * 2
    with pytest.raises(Refused, match="cant_leave_general"):
        await ben.leave("#general")


async def test_an_app_that_leaves_is_told_so(slack: Playground, client: Client) -> None:
    await client.conversations_leave(channel=DEV)
    assert kinds(told(slack)) == ["channel_left"]
    again = await client.conversations_leave(channel=DEV)
    assert again["not_in_channel"] is True
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.chat_postMessage(channel=DEV, text="still here?")


async def test_a_name_is_taken_once_in_a_workspace(client: Client, ana: Person) -> None:
    with pytest.raises(Refused, match="name_taken"):
        await ana.create_channel("dev")
    with pytest.raises(SlackApiError, match="name_taken"):
        await client.conversations_rename(channel=DEV, name="general")
    renamed = await client.conversations_rename(channel=DEV, name="develop")
    assert renamed["channel"]["name"] == "develop"
    with pytest.raises(Refused, match="user_is_restricted"):
        await Person(ana.slack, "U0CHO00003", "cho").create_channel("guests")


async def test_pins_are_told(slack: Playground, client: Client, ana: Person) -> None:
    thread = await ana.post("#dev", "read this")
    await ana.pin(thread)
    with pytest.raises(Refused, match="already_pinned"):
        await ana.pin(thread)
    [item] = (await client.pins_list(channel=DEV))["items"]
    assert item["message"]["text"] == "read this"
    await client.pins_remove(channel=DEV, timestamp=thread.ts)
    with pytest.raises(SlackApiError, match="no_pin"):
        await client.pins_remove(channel=DEV, timestamp=thread.ts)
    heard = told(slack)
    assert [(e["type"], e["user"], e["item_user"], e["pin_count"]) for e in heard] == [
        ("pin_added", ana.id, ana.id, "1"),
        ("pin_removed", BOT_USER, ana.id, "0"),
    ]
    assert heard[0]["item"]["message"]["ts"] == thread.ts


async def test_a_shared_file_is_told_by_its_ids(slack: Playground, ana: Person) -> None:
    await ana.upload("#dev", "a.txt", "hello", "look")
    [heard] = told(slack)
    file_id = heard["file_id"]
    assert (heard["type"], heard["user_id"], heard["channel_id"]) == ("file_shared", ana.id, DEV)
    assert heard["file"] == {"id": file_id} and slack.workspace.files[file_id].name == "a.txt"


async def test_an_app_without_the_scope_is_not_told(slack: Playground, ana: Person) -> None:
    other = slack.add_app("poster", scopes=("chat:write",), channels=("#dev",))
    thread = await ana.post("#dev", "hello")
    await ana.pin(thread)
    await ana.set_topic("#dev", "deploys")
    assert [d for d in slack.journal.deliveries if d.body["api_app_id"] == other.id] == []


async def test_a_group_message_is_one_conversation_with_the_app(
    slack: Playground, client: Client, ana: Person
) -> None:
    ben = slack.person("ben")
    thread = await ana.message_group([ben], f"<@{BOT_USER}> hello")
    await ben.reply(thread, "hi")
    events = [d.body["event"] for d in slack.journal.delivered("message")]
    assert [(e["channel_type"], e["text"]) for e in events][-1] == ("mpim", "hi")
    info = (await client.conversations_info(channel=thread.channel))["channel"]
    assert (info["is_mpim"], info["is_private"], info["name"]) == (
        True,
        True,
        "mpdm-ana--ben--threadline-1",
    )
    opened = await client.conversations_open(users=[ben.id, ana.id])
    assert (opened["channel"]["id"], opened["already_open"]) == (thread.channel, True)
    listed = await client.users_conversations(types="mpim")
    assert [c["id"] for c in listed["channels"]] == [thread.channel]
    await client.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text="hello both")
    assert "hello both" in thread.text()
    for refused in (client.conversations_archive, client.conversations_leave):
        with pytest.raises(SlackApiError, match="method_not_supported_for_channel_type"):
            await refused(channel=thread.channel)
    with pytest.raises(Refused, match="channel_not_found"):
        await slack.person("cho").post(thread.channel, "me too")


async def test_opening_a_conversation_asks_for_people_and_scope(
    slack: Playground, client: Client
) -> None:
    nobody = await client.conversations_open(users="U0ANA00001")
    assert nobody["already_open"] is False
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.conversations_open(users="U0ANA00001,U0BEN00002", prevent_creation=True)
    with pytest.raises(SlackApiError, match="user_not_found"):
        await client.conversations_open(users="U0ANA00001,U0NOBODY01")
    slack.app.install.scopes.remove("mpim:write")
    with pytest.raises(SlackApiError, match="missing_scope") as caught:
        await client.conversations_open(users="U0ANA00001,U0BEN00002")
    assert caught.value.response["needed"] == "mpim:write"


async def test_a_person_renames_a_session(slack: Playground, client: Client, ana: Person) -> None:
    one, two = await ana.post("#dev", "one"), await ana.post("#dev", "two")
    for thread in (one, two):
        await client.agents_sessions_setStatus(
            channel_id=DEV, thread_ts=thread.ts, status="processing"
        )
    await ana.rename_session(one, "Fix: the build")
    [heard] = told(slack)
    assert (heard["type"], heard["title"], heard["user"], heard["thread_ts"]) == (
        "agent_session_title_changed",
        "Fix_ the build",
        ana.id,
        one.ts,
    )
    with pytest.raises(SlackApiError, match="name_taken"):
        await client.agents_sessions_rename(
            channel_id=DEV, thread_ts=two.ts, title="Fix: the build"
        )
    await client.agents_sessions_setStatus(channel_id=DEV, thread_ts=one.ts, status="closed")
    await client.agents_sessions_rename(channel_id=DEV, thread_ts=two.ts, title="Fix: the build")
    with pytest.raises(Refused, match="invalid_name"):
        await ana.rename_session(two, "x" * 201)


async def test_a_forced_invitation_passes_over_who_cannot_come(
    slack: Playground, client: Client
) -> None:
    await slack.person("ben").leave("#dev")
    users = ["U0ANA00001", "U0BEN00002", "U0NOBODY01"]
    with pytest.raises(SlackApiError, match="already_in_channel"):
        await client.conversations_invite(channel=DEV, users=users)
    assert "U0BEN00002" not in slack.workspace.channels[DEV].members
    done = await client.conversations_invite(channel=DEV, users=users, force=True)
    assert [(e["user"], e["error"]) for e in done["errors"]] == [
        ("U0ANA00001", "already_in_channel"),
        ("U0NOBODY01", "user_not_found"),
    ]
    assert "U0BEN00002" in slack.workspace.channels[DEV].members


async def test_a_message_looks_like_somebody_elses_only_with_the_scope(
    slack: Playground, client: Client
) -> None:
    sent = await client.chat_postMessage(
        channel=DEV, text="x", username="robot", icon_emoji=":robot_face:"
    )
    assert (sent["message"]["username"], sent["message"]["icons"]) == (
        "robot",
        {"emoji": ":robot_face:"},
    )
    slack.app.install.scopes.remove("chat:write.customize")
    with pytest.raises(SlackApiError, match="missing_scope"):
        await client.chat_postMessage(channel=DEV, text="x", username="robot")


async def test_a_person_gives_so_many_reactions(
    slack: Playground, client: Client, ana: Person
) -> None:
    slack.workspace.custom_emoji = frozenset(["one_more", *(f"emoji_{i}" for i in range(51))])
    thread = await ana.post("#dev", "hello")
    for i in range(23):
        await ana.react(thread, f"emoji_{i}")
    with pytest.raises(Refused, match="too_many_reactions"):
        await ana.react(thread, "one_more")
    place = {"channel": DEV, "timestamp": thread.ts}
    for i in range(23, 46):
        await client.reactions_add(**place, name=f"emoji_{i}")
    ben = slack.person("ben")
    for i in range(46, 50):
        await ben.react(thread, f"emoji_{i}")
    with pytest.raises(Refused, match="too_many_emoji"):
        await ben.react(thread, "emoji_50")
    await ben.react(thread, "emoji_1")
    with pytest.raises(SlackApiError, match="bad_timestamp"):
        await client.reactions_add(channel=DEV, timestamp="now", name="eyes")


async def test_a_reaction_is_an_emoji_of_slacks_or_of_the_workspace(
    client: Client, slack: Playground, ana: Person
) -> None:
    thread = await ana.post("#dev", "hello")
    place = {"channel": DEV, "timestamp": thread.ts}
    slack.workspace.custom_emoji = frozenset(["shipit"])
    for name in ("thumbsup", "wave::skin-tone-3", "shipit"):
        await client.reactions_add(**place, name=name)
    for name in (":eyes:", "stop_sign", "wave::skin-tone-9", "shipit::skin-tone-2", "Eyes", ""):
        with pytest.raises(SlackApiError, match=r"invalid_name|invalid_arguments"):
            await client.reactions_add(**place, name=name)
    assert thread.reactions() == ["thumbsup", "wave::skin-tone-3", "shipit"]


async def test_an_app_posts_where_it_is_no_member_only_with_the_scope(
    slack: Playground, client: Client
) -> None:
    made = await slack.person("ana").create_channel("open")
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.chat_postMessage(channel=made, text="hello")
    slack.app.install.scopes.append("chat:write.public")
    await client.chat_postMessage(channel=made, text="hello")
    secret = await slack.person("ana").create_channel("closed", private=True)
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.chat_postMessage(channel=secret, text="hello")
    await slack.person("ana").archive("#open")
    with pytest.raises(SlackApiError, match="is_archived"):
        await client.chat_postMessage(channel=made, text="hello")


async def test_only_the_text_of_an_update_is_short(client: Client) -> None:
    sent = await client.chat_postMessage(channel=DEV, text="hello")
    place = {"channel": DEV, "ts": sent["ts"]}
    with pytest.raises(SlackApiError, match="msg_too_long"):
        await client.chat_update(**place, text="x" * 4001)
    with pytest.raises(SlackApiError, match="msg_too_long"):
        await client.chat_update(**place, markdown_text="x" * 12_001)
    updated = await client.chat_update(**place, markdown_text="x" * 12_000)
    assert len(updated["text"]) == 12_000
