"""The Web API as the real slack_sdk client calls it: arguments, errors, semantics."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import MethodFault, Misused, Person, Playground, Thread
from bot.playground.coverage import METHODS
from bot.playground.web_api import APP_FUNCTIONS, FUNCTIONS

# Answers are read as plain JSON: slack_sdk says of every field that it may be None.
Client = Any

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}


@pytest.fixture
def ana(slack: Playground) -> Person:
    return slack.person("ana")


@pytest.fixture
async def thread(ana: Person) -> Thread:
    return await ana.post("#dev", "a thread")


async def refusal(call: Any) -> Any:
    """The body of the answer Slack refused with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response.data


def test_the_coverage_table_is_the_method_table() -> None:
    assert FUNCTIONS.keys() | APP_FUNCTIONS.keys() == METHODS.keys()


async def test_who_am_i(slack: Playground, client: Client) -> None:
    me = await client.auth_test()
    assert (me["user"], me["team_id"]) == ("threadline", "T0PLAYGRND")
    assert "chat:write" in me.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "error"),
    [(None, "not_authed"), ("xoxb-nonsense", "invalid_auth"), ("app", "not_allowed_token_type")],
)
async def test_the_wrong_token_is_refused(slack: Playground, token: str | None, error: str) -> None:
    given = slack.app_token if token == "app" else token
    stranger = AsyncWebClient(token=given, base_url=slack.base_url)
    assert (await refusal(stranger.auth_test()))["error"] == error


async def test_a_missing_scope_is_named() -> None:
    async with Playground(scopes=["chat:write", "channels:history"]) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        answer = await refusal(client.users_list())
        assert answer["error"] == "missing_scope"
        assert answer["needed"] == "users:read"
        assert answer["provided"] == "chat:write,channels:history"
        thread = await slack.person("ana").message_bot("hi")
        answer = await refusal(client.conversations_history(channel=thread.channel))
        assert answer["needed"] == "im:history"


async def test_unknown_methods_and_missing_arguments(slack: Playground, client: Client) -> None:
    assert (await refusal(client.api_call("chat.shout")))["error"] == "unknown_method"
    answer = await refusal(client.api_call("chat.delete", params={"channel": "C0DEV00002"}))
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: ts"]


@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_arguments_may_come_in_the_query_or_a_form(slack: Playground, verb: str) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    url = f"{slack.base_url}users.info"
    async with aiohttp.ClientSession(headers=headers) as http:
        async with http.request(verb, url, params={"user": "U0ANA00001"}) as response:
            assert (await response.json())["user"]["name"] == "ana"
        async with http.request(verb, url, data={"user": "U0CHO00003"}) as response:
            assert (await response.json())["user"]["is_restricted"] is True


async def test_a_body_that_is_no_json_is_refused(slack: Playground) -> None:
    headers = {
        "Authorization": f"Bearer {slack.bot_token}",
        "Content-Type": "application/json;charset=utf-8",
    }
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(f"{slack.base_url}auth.test", data=b"{nonsense") as response,
    ):
        assert (await response.json())["error"] == "invalid_arguments"


async def test_metadata_is_read_back_only_when_asked_for(client: Client, thread: Thread) -> None:
    metadata = {"event_type": "part", "event_payload": {"slot": "turn:1", "part": 0}}
    posted = await client.chat_postMessage(
        channel=thread.channel, thread_ts=thread.ts, text="one", metadata=metadata
    )
    place = {"channel": thread.channel, "ts": thread.ts}
    with_all = await client.conversations_replies(**place, include_all_metadata=True)
    assert [m.get("metadata") for m in with_all["messages"]] == [None, metadata]
    assert with_all["messages"][1]["ts"] == posted["ts"]
    without = await client.conversations_replies(**place)
    assert "metadata" not in without["messages"][1]


async def test_an_update_keeps_what_is_left_out(client: Client, thread: Thread) -> None:
    metadata = {"event_type": "part", "event_payload": {}}
    posted = await client.chat_postMessage(
        channel=thread.channel, text="one", blocks=[SECTION], metadata=metadata
    )
    place = {"channel": posted["channel"], "ts": posted["ts"]}
    same_text = await client.chat_update(**place, text="one")
    assert "edited" not in same_text["message"]
    assert same_text["message"]["blocks"] == posted["message"]["blocks"]
    assert same_text["message"]["metadata"] == metadata
    changed = await client.chat_update(**place, text="two", blocks=[])
    assert "blocks" not in changed["message"]
    assert changed["message"]["edited"]["user"] == "U0THREADLN"
    cleared = await client.chat_update(**place, text="two", metadata={})
    assert "metadata" not in cleared["message"]


async def test_updates_have_limits_of_their_own(client: Client, thread: Thread) -> None:
    posted = await client.chat_postMessage(channel=thread.channel, text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000
    place = {"channel": posted["channel"], "ts": posted["ts"]}
    for error, update in {
        "msg_too_long": client.chat_update(**place, text="x" * 4_001),
        "no_text": client.api_call("chat.update", json=place),
        "message_not_found": client.chat_update(channel=thread.channel, ts="1.000001", text="x"),
        "cant_update_message": client.chat_update(
            channel=thread.channel, ts=thread.ts, text="not mine"
        ),
    }.items():
        assert (await refusal(update))["error"] == error


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE1", "text": "x"}, "channel_not_found"),
        ({"channel": "G0OPS00003", "text": "x"}, "channel_not_found"),
        ({"channel": "C0DEV00002", "text": ""}, "no_text"),
        ({"channel": "C0DEV00002", "blocks": "nonsense"}, "invalid_blocks_format"),
        ({"channel": "C0DEV00002", "blocks": [{"type": "sction"}]}, "invalid_blocks"),
        ({"channel": "C0DEV00002", "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"channel": "C0DEV00002", "text": "x", "markdown_text": "x"}, "markdown_text_conflict"),
        (
            {"channel": "C0DEV00002", "text": "x", "metadata": {"event_type": 1}},
            "invalid_metadata_format",
        ),
    ],
)
async def test_posts_are_refused_with_slacks_codes(
    client: Client, arguments: dict[str, Any], error: str
) -> None:
    assert (await refusal(client.api_call("chat.postMessage", json=arguments)))["error"] == error


async def test_membership_and_archives_are_enforced(
    slack: Playground, client: Client, thread: Thread
) -> None:
    channel = slack.workspace.channels[thread.channel]
    channel.members.remove("U0THREADLN")
    for call in (
        client.chat_postMessage(channel=channel.id, text="x"),
        client.conversations_history(channel=channel.id),
        client.reactions_add(channel=channel.id, timestamp=thread.ts, name="eyes"),
    ):
        assert (await refusal(call))["error"] == "not_in_channel"
    channel.members.append("U0THREADLN")
    channel.is_archived = True
    answer = await refusal(client.chat_postMessage(channel=channel.id, text="x"))
    assert answer["error"] == "is_archived"


async def test_posting_to_a_person_opens_the_direct_message(client: Client, ana: Person) -> None:
    posted = await client.chat_postMessage(channel=ana.id, text="psst")
    opened = await client.conversations_open(users=[ana.id], return_im=True)
    assert posted["channel"] == opened["channel"]["id"]
    assert opened["already_open"] is True
    info = await client.conversations_info(channel=posted["channel"])
    assert (info["channel"]["is_im"], info["channel"]["user"]) == (True, ana.id)


async def test_an_update_may_put_a_reply_into_the_channel(client: Client, thread: Thread) -> None:
    channel = thread.channel
    reply = await client.chat_postMessage(channel=channel, thread_ts=thread.ts, text="done")
    place = {"channel": channel, "text": "all done", "reply_broadcast": True}
    await client.chat_update(ts=reply["ts"], **place)
    found = await client.conversations_history(channel=channel)
    newest = found["messages"][0]
    assert (newest["text"], newest["root"]["ts"]) == ("all done", thread.ts)
    alone = await client.chat_postMessage(channel=channel, text="alone")
    refused = await refusal(client.chat_update(ts=alone["ts"], **place))
    assert refused["error"] == "cant_broadcast_message"


async def test_a_deleted_root_leaves_a_tombstone(
    client: Client, ana: Person, thread: Thread
) -> None:
    await client.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text="reply")
    await ana.delete(thread)
    found = await client.conversations_replies(channel=thread.channel, ts=thread.ts)
    assert [m.get("subtype") for m in found["messages"]] == ["tombstone", None]
    await client.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text="still here")


async def test_a_reply_to_a_message_deleted_meanwhile_is_no_mistake(
    slack: Playground, client: Client, ana: Person, thread: Thread
) -> None:
    await ana.delete(thread)
    post = client.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text="reply")
    assert (await refusal(post))["error"] == "cannot_reply_to_message"
    assert slack.journal.misuses == []


async def test_a_reply_to_a_reply_fails_the_test_loudly() -> None:
    with pytest.raises(Misused, match=r"chat\.postMessage: .* names a reply"):
        async with Playground() as slack:
            client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
            ana = slack.person("ana")
            thread = await ana.post("#dev", "root")
            reply = await ana.reply(thread, "reply")
            post = client.chat_postMessage(channel=reply.channel, thread_ts=reply.ts, text="x")
            assert (await refusal(post))["error"] == "fatal_error"


async def test_history_is_paged_newest_first_without_replies(client: Client, ana: Person) -> None:
    threads = [await ana.post("#general", f"number {i}") for i in range(5)]
    await ana.reply(threads[0], "a reply")
    channel = threads[0].channel
    seen: list[str] = []
    async for page in await client.conversations_history(channel=channel, limit=2):
        assert page["has_more"] == (len(page["messages"]) == 2)
        seen += [message["text"] for message in page["messages"]]
    assert seen == [f"number {i}" for i in (4, 3, 2, 1, 0)]
    edges = {"oldest": threads[1].ts, "latest": threads[3].ts}
    between = await client.conversations_history(channel=channel, **edges)
    assert [m["text"] for m in between["messages"]] == ["number 2"]
    within = await client.conversations_history(channel=channel, **edges, inclusive=True)
    assert [m["text"] for m in within["messages"]] == ["number 3", "number 2", "number 1"]


async def test_every_page_of_replies_begins_with_the_root(
    client: Client, ana: Person, thread: Thread
) -> None:
    for word in ("one", "two", "three"):
        await ana.reply(thread, word)
    place = {"channel": thread.channel, "ts": thread.ts}
    seen: list[list[str]] = []
    async for page in await client.conversations_replies(**place, limit=2):
        seen.append([message["text"] for message in page["messages"]])
        assert page["messages"][0]["reply_count"] == 3
    assert seen == [["a thread", "one", "two"], ["a thread", "three"]]
    missing = client.conversations_replies(channel=thread.channel, ts="1.000001")
    assert (await refusal(missing))["error"] == "thread_not_found"


async def test_reactions(client: Client, thread: Thread) -> None:
    place = {"channel": thread.channel, "timestamp": thread.ts}
    await client.reactions_add(**place, name="eyes")
    again = client.reactions_add(**place, name="eyes")
    assert (await refusal(again))["error"] == "already_reacted"
    got = await client.reactions_get(**place)
    expected = [{"name": "eyes", "users": ["U0THREADLN"], "count": 1}]
    assert got["message"]["reactions"] == expected
    await client.reactions_remove(**place, name="eyes")
    assert (await refusal(client.reactions_remove(**place, name="eyes")))["error"] == "no_reaction"


async def test_facts_about_team_people_and_channels(client: Client) -> None:
    assert (await client.team_info())["team"]["domain"] == "threadline-playground"
    assert (await client.bots_info(bot="B0THREADLN"))["bot"]["user_id"] == "U0THREADLN"
    names = [
        user["name"] async for page in await client.users_list(limit=3) for user in page["members"]
    ]
    assert names == ["ana", "ben", "cho", "threadline"]
    listed = await client.conversations_list(types="public_channel,private_channel")
    assert [c["name"] for c in listed["channels"]] == ["general", "dev"]
    mine = await client.users_conversations(user="U0ANA00001")
    assert [c["name"] for c in mine["channels"]] == ["general", "dev"]
    members = await client.conversations_members(channel="C0DEV00002")
    assert "U0CHO00003" in members["members"]
    missing = client.users_info(user="U0NOBODY00")
    assert (await refusal(missing))["error"] == "user_not_found"


async def test_a_permalink_of_a_reply_names_its_thread(
    client: Client, ana: Person, thread: Thread
) -> None:
    reply = await ana.reply(thread, "here")
    got = await client.chat_getPermalink(channel=reply.channel, message_ts=reply.ts)
    assert got["permalink"].endswith(
        f"/archives/{reply.channel}/p{reply.ts.replace('.', '')}"
        f"?thread_ts={thread.ts}&cid={reply.channel}"
    )


async def test_sessions_and_their_refusals(
    slack: Playground, client: Client, thread: Thread
) -> None:
    place = {"channel_id": thread.channel, "thread_ts": thread.ts}
    early = client.agents_sessions_rename(**place, title="too early")
    assert (await refusal(early))["error"] == "not_authorized"
    made = await client.agents_sessions_setStatus(**place, status="suspended", title="first")
    assert (made["status"], made["title"]) == ("suspended", "first")
    renamed = await client.agents_sessions_rename(**place, title="12:30")
    assert renamed["title"] == "12_30"
    for error, call in {
        "invalid_status": client.agents_sessions_setStatus(**place, status="busy"),
        "thread_ts_required": client.agents_sessions_setStatus(
            channel_id=thread.channel, status="active"
        ),
    }.items():
        assert (await refusal(call))["error"] == error
    slack.faults.feature_disabled = True
    off = client.agents_sessions_setStatus(**place, status="active")
    assert (await refusal(off))["error"] == "feature_disabled"


async def test_the_legacy_status_ends_with_the_apps_post(client: Client, thread: Thread) -> None:
    await client.assistant_threads_setStatus(
        channel_id=thread.channel, thread_ts=thread.ts, status="is thinking"
    )
    assert thread.status() == "processing"
    await client.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text="so:")
    assert thread.status() == "active"


async def test_prompts_are_suggested_in_a_direct_message(
    slack: Playground, client: Client, ana: Person
) -> None:
    channel = await ana.open_messages()
    prompts = [{"title": "Help", "message": "help"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts)
    assert slack.workspace.channels[channel].prompts == prompts
    many = client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts * 5)
    assert (await refusal(many))["error"] == "invalid_arguments"


async def test_a_home_view_has_a_hash_against_races(client: Client, ana: Person) -> None:
    view = {"type": "home", "blocks": [SECTION]}
    first = await client.views_publish(user_id=ana.id, view=view)
    second = await client.views_publish(user_id=ana.id, view=view, hash=first["view"]["hash"])
    assert second["view"]["id"] == first["view"]["id"]
    stale = client.views_publish(user_id=ana.id, view=view, hash=first["view"]["hash"])
    assert (await refusal(stale))["error"] == "hash_conflict"
    wrong = client.views_publish(user_id=ana.id, view={"type": "home", "blocks": [{"type": "x"}]})
    assert "json-pointer:/view/blocks/0/type" in str(await refusal(wrong))


async def test_faults_strike_as_often_as_told(slack: Playground, client: Client) -> None:
    slack.faults.methods["auth.test"] = MethodFault(status=500, times=1)
    with pytest.raises(SlackApiError):
        await client.auth_test()
    await client.auth_test()
    assert [call.status for call in slack.journal.called("auth.test")] == [500, 200]


@pytest.mark.parametrize(("drop", "posted"), [("before", 0), ("after", 1)])
async def test_a_connection_may_break_before_or_after_the_call_was_applied(
    slack: Playground, thread: Thread, drop: Any, posted: int
) -> None:
    slack.faults.methods["chat.postMessage"] = MethodFault(drop=drop)
    once = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url, retry_handlers=[])
    with pytest.raises(aiohttp.ClientError):
        await once.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text="x")
    assert len(thread.messages()) == 1 + posted


async def test_what_the_app_posted_it_can_delete(client: Client, thread: Thread) -> None:
    posted = await client.chat_postMessage(channel=thread.channel, thread_ts=thread.ts, text="x")
    place = {"channel": posted["channel"], "ts": posted["ts"]}
    await client.chat_delete(**place)
    assert (await refusal(client.chat_delete(**place)))["error"] == "message_not_found"
    not_mine = client.chat_delete(channel=thread.channel, ts=thread.ts)
    assert (await refusal(not_mine))["error"] == "cant_delete_message"


async def test_markdown_text_is_shown_as_a_markdown_block(client: Client, thread: Thread) -> None:
    posted = await client.chat_postMessage(channel=thread.channel, markdown_text="**bold**")
    [block] = posted["message"]["blocks"]
    assert (block["type"], block["text"]) == ("markdown", "**bold**")


async def test_a_modal_needs_a_trigger_of_a_person(client: Client) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Why?"}, "blocks": [SECTION]}
    junk = client.views_open(trigger_id="1.2.3", view=view)
    assert (await refusal(junk))["error"] == "invalid_trigger_id"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"limit": "many"}, "invalid_limit"),
        ({"limit": 1000}, "invalid_limit"),
        ({"cursor": "made up"}, "invalid_cursor"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "today"}, "invalid_ts_latest"),
    ],
)
async def test_bad_pages_and_ranges_are_refused(
    client: Client, arguments: dict[str, Any], error: str
) -> None:
    params = {"channel": "C0DEV00002", **arguments}
    call = client.api_call("conversations.history", http_verb="GET", params=params)
    assert (await refusal(call))["error"] == error


async def test_attachments_are_refused_rather_than_left_out(
    slack: Playground, client: AsyncWebClient
) -> None:
    with pytest.raises(SlackApiError, match="invalid_attachments"):
        await client.chat_postMessage(channel="C0DEV00002", text="x", attachments=[{"text": "y"}])
    sent = await client.chat_postMessage(channel="C0DEV00002", text="x", attachments=[])
    with pytest.raises(SlackApiError, match="invalid_attachments"):
        await client.chat_update(
            channel="C0DEV00002", ts=str(sent["ts"]), text="x", attachments=[{"text": "y"}]
        )
