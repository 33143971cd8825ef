"""Files: the real upload of slack_sdk, downloads with and without a right, people's uploads."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.playground import Person, Playground, PlaygroundConfig, Refused, Thread
from bot.playground.model import Json
from bot.playground.uploads import MAX_FILE_BYTES
from tests.playground.bolt import client_of
from tests.waiting import PATIENCE

Client = Any


@pytest.fixture
def ana(slack: Playground) -> Person:
    return slack.person("ana")


@pytest.fixture
async def thread(ana: Person) -> Thread:
    return await ana.post("#dev", "the log, please")


async def code_of(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def download(slack: Playground, url: str, token: str | None = None) -> tuple[str, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(headers=headers) as http, http.get(url) as answer:
        assert answer.status == 200
        return answer.content_type, await answer.read()


@pytest.fixture
async def still() -> AsyncIterator[Playground]:
    """A local Slack whose clock moves only when it is driven."""
    async with Playground(now=lambda: 1_800_000_000.0) as slack:
        yield slack


async def test_a_file_is_uploaded_shared_and_downloaded(still: Playground) -> None:
    slack, thread = still, await still.person("ana").post("#dev", "the log, please")
    client: Client = client_of(slack)
    answer = await client.files_upload_v2(
        channel=thread.channel,
        thread_ts=thread.ts,
        filename="run.log",
        content="it ran",
        title="The run",
        initial_comment="here",
    )
    file_id = answer["files"][0]["id"]
    assert answer["files"] == [{"id": file_id, "title": "The run"}]
    assert len(thread.messages()) == 1, "it is shared after the answer"
    fresh = (await client.files_info(file=file_id))["file"]
    assert (fresh["shares"], fresh["channels"]) == ({}, [])
    slack.clock.advance(1)
    await thread.until(lambda t: len(t.messages()) == 2)
    [_, message] = thread.messages()
    assert (message.text, message.subtype) == ("here", "file_share")
    info = (await client.files_info(file=file_id))["file"]
    assert info["shares"] == {"public": {thread.channel: [{"ts": message.ts}]}}
    assert (info["name"], info["size"], info["user"]) == ("run.log", 6, "U0THREADLN")
    for link in ("url_private", "url_private_download"):
        assert await download(slack, info[link], slack.bot_token) == ("text/plain", b"it ran")
        kind, page = await download(slack, info[link])
        assert (kind, b"Sign in" in page) == ("text/html", True)
        assert (await download(slack, info[link], "xoxb-nonsense"))[0] == "text/html"


async def test_several_files_are_one_message(client: Client, thread: Thread) -> None:
    uploads = [{"filename": f"{i}.bin", "content": bytes([i]) * 300} for i in range(3)]
    await client.files_upload_v2(channel=thread.channel, file_uploads=uploads)
    slack = thread.slack
    await slack.until(lambda: len(slack.workspace.timeline(thread.channel)) == 2, PATIENCE)
    message = slack.workspace.timeline(thread.channel)[1]
    shown = slack.workspace.shown(message)["files"]
    assert [file["name"] for file in shown] == ["0.bin", "1.bin", "2.bin"]
    assert {file["mimetype"] for file in shown} == {"application/octet-stream"}


async def test_a_person_uploads_a_file_with_words(
    slack: Playground, client: Client, ana: Person
) -> None:
    post = await ana.upload("#dev", "shot.png", b"\x89PNG", "@threadline what is this?")
    delivered = slack.journal.deliveries
    [mention] = [d.body["event"] for d in delivered if d.event_type == "app_mention"]
    [event] = [d.body["event"] for d in delivered if d.event_type == "message"]
    assert (event["subtype"], event["ts"], event["user"]) == ("file_share", post.ts, ana.id)
    assert mention["files"] == event["files"]
    [file] = event["files"]
    assert (file["mimetype"], file["filetype"], file["size"]) == ("image/png", "png", 4)
    assert await download(slack, file["url_private"], slack.bot_token) == ("image/png", b"\x89PNG")
    reply = await ana.upload(Thread(slack.local, post.channel, post.ts), "notes.md", "# Notes")
    shown = await client.conversations_replies(channel=post.channel, ts=post.ts)
    assert [m["ts"] for m in shown["messages"]] == [post.ts, reply.ts]
    assert shown["messages"][1]["files"][0]["filetype"] == "markdown"
    with pytest.raises(Refused, match="channel_not_found"):
        await slack.person("cho").upload("#ops", "x", "y")


async def test_what_the_app_may_not_see_it_cannot_download(
    slack: Playground, client: Client, ana: Person
) -> None:
    post = await ana.upload("#ops", "secret.txt", "psst")
    message = slack.workspace.messages[post.channel][post.ts]
    [file] = slack.workspace.shown(message)["files"]
    assert await code_of(client.files_info(file=file["id"])) == "file_not_found"
    assert (await download(slack, file["url_private"], slack.bot_token))[0] == "text/html"
    await ana.invite_app("#ops")
    assert (await client.files_info(file=file["id"]))["file"]["groups"] == [post.channel]
    assert (await download(slack, file["url_private"], slack.bot_token))[1] == b"psst"


async def test_a_download_needs_the_scope() -> None:
    async with Playground(scopes=["files:write", "chat:write"]) as slack:
        post = await slack.person("ana").upload("#dev", "a.txt", "a")
        message = slack.workspace.messages[post.channel][post.ts]
        [file] = slack.workspace.shown(message)["files"]
        assert (await download(slack, file["url_private"], slack.bot_token))[0] == "text/html"


async def sent(client: Client, content: bytes, **fields: Any) -> str:
    """The id of a file whose bytes were sent but which is not completed."""
    wanted: Json = {"filename": "a.txt", "length": len(content), **fields}
    url = await client.files_getUploadURLExternal(**wanted)
    async with (
        aiohttp.ClientSession() as http,
        http.post(url["upload_url"], data=content) as answer,
    ):
        assert answer.status == (200 if wanted["length"] == len(content) else 400)
    return url["file_id"]


async def test_uploads_are_completed_once_and_whole(client: Client, thread: Thread) -> None:
    done = await sent(client, b"abc")
    await client.files_completeUploadExternal(files=[{"id": done, "title": "x"}])
    short = await sent(client, b"abc", length=4)
    for file_id in (done, short, "F0NOWHERE"):
        again = client.files_completeUploadExternal(files=[{"id": file_id, "title": "x"}])
        assert await code_of(again) == "file_not_found"
    url = await client.files_getUploadURLExternal(filename="b", length=1)
    async with aiohttp.ClientSession() as http:
        form = aiohttp.FormData({"words": "no file"})
        form.add_field("file", b"b", filename="b")
        async with http.post(url["upload_url"], data=form) as answer:
            assert answer.status == 200
        async with http.post(f"{url['upload_url']}x", data=b"b") as answer:
            assert answer.status == 400
    await client.files_completeUploadExternal(files=[{"id": url["file_id"], "title": "b"}])


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"length": 0}, "invalid_arguments"),
        ({"length": MAX_FILE_BYTES + 1}, "file_upload_size_restricted"),
    ],
    ids=str,
)
async def test_sizes_are_checked_before(client: Client, wanted: Json, error: str) -> None:
    assert await code_of(client.files_getUploadURLExternal(filename="a", **wanted)) == error


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"channel_id": "C0NOWHERE1"}, "channel_not_found"),
        ({"channel_id": "G0OPS00003"}, "channel_not_found"),
        ({"channels": ["C0DEV00002"] * 101}, "channels_limit_exceeded"),
        ({"channel_id": "C0DEV00002", "blocks": [{"type": "sction"}]}, "invalid_blocks"),
        ({"files": []}, "invalid_arguments"),
    ],
    ids=str,
)
async def test_what_cannot_be_shared_is_refused_and_can_be_tried_again(
    client: Client, wanted: Json, error: str
) -> None:
    file_id = await sent(client, b"abc")
    files = {"files": [{"id": file_id, "title": "x"}]}
    if "blocks" in wanted:
        call = client.api_call("files.completeUploadExternal", json=files | wanted)
    else:
        call = client.files_completeUploadExternal(**(files | wanted))
    assert await code_of(call) == error
    await client.files_completeUploadExternal(**files, channel_id="C0DEV00002")


async def test_a_channel_archived_meanwhile_gets_no_file(still: Playground) -> None:
    slack, thread = still, await still.person("ana").post("#dev", "the log, please")
    client: Client = client_of(slack)
    file_id = await sent(client, b"abc")
    await client.files_completeUploadExternal(
        files=[{"id": file_id, "title": "x"}], channel_id=thread.channel
    )
    slack.workspace.channels[thread.channel].is_archived = True
    slack.clock.advance(1)
    await slack.until(lambda: slack.journal.failures)
    assert slack.journal.failures == ["after the answer: is_archived"]
    assert len(slack.workspace.timeline(thread.channel)) == 1


async def test_files_are_kept_between_runs(tmp_path: Any) -> None:
    config = PlaygroundConfig(state=tmp_path / "slack.json")
    async with Playground(config) as slack:
        post = await slack.person("ana").upload("#dev", "shot.png", b"\x89PNG")
        before = slack.workspace
    async with Playground(config) as slack:
        assert slack.workspace == before
        message = slack.workspace.messages[post.channel][post.ts]
        [file] = slack.workspace.shown(message)["files"]
        assert (await download(slack, file["url_private"], slack.bot_token))[1] == b"\x89PNG"
