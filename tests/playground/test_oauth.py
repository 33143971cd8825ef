"""OAuth with the real Bolt and slack_sdk: the install page, and codes for who asked."""

import html
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncSay
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Playground, PlaygroundConfig, Refused, SlackTeam
from bot.playground.model import Json
from bot.playground.seed import DEFAULT_SCOPES
from tests.playground.bolt import NEVER, serving
from tests.playground.installing import HOME, SCOPES, asking, code_of, install, sent_back

# slack_sdk's own way to send client id and secret.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")


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


# ---- Bolt, from its own install page to an answer


@asynccontextmanager
async def distributed(slack: Playground, directory: Path) -> AsyncGenerator[tuple[AsyncApp, str]]:
    """Bolt's OAuth flow with files as stores, told by Socket Mode; the app and its base URL."""
    client = AsyncWebClient(base_url=slack.base_url)
    store = FileInstallationStore(base_dir=str(directory), client_id=slack.app.client_id)
    states = FileOAuthStateStore(expiration_seconds=600, base_dir=str(directory))
    bolt = AsyncApp(
        client=client,
        signing_secret=slack.app.signing_secret,
        installation_store=store,
        oauth_settings=AsyncOAuthSettings(
            client_id=slack.app.client_id,
            client_secret=slack.app.client_secret,
            scopes=SCOPES,
            authorization_url=slack.authorization_url,
            install_page_rendering_enabled=False,
            installation_store=store,
            state_store=states,
        ),
    )
    handler = AsyncSocketModeHandler(bolt, slack.app_token, ping_interval=NEVER)
    await handler.connect_async()
    try:
        async with serving(bolt.server(host="127.0.0.1").web_app) as base:
            slack.app.config.redirect_urls.append(f"{base}/slack/oauth_redirect")
            yield bolt, base
    finally:
        await handler.close_async()


@asynccontextmanager
async def browser(slack: Playground) -> AsyncGenerator[aiohttp.ClientSession]:
    """One that has opened the page of the local Slack."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(slack.page_url) as opened:
            assert opened.status == 200
        yield session


def form_in(page: str) -> dict[str, str]:
    """What the hidden fields of the page send."""
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {html.unescape(name): html.unescape(value) for name, value in fields}


async def answer_by_hand(
    slack: Playground, session: aiohttp.ClientSession, base: str, person: str, answer: str
) -> tuple[int, str]:
    """From the app's own link through the form to what the app shows at the end."""
    async with session.get(f"{base}/slack/install", allow_redirects=False) as began:
        page, state = began.headers["Location"], began.headers["Set-Cookie"].partition(";")[0]
    async with session.get(page) as shown:
        text = await shown.text()
        assert shown.status == 200 and "<script" not in text
    data = {**form_in(text), "as": person, "answer": answer}
    where = slack.authorization_url
    async with session.post(where, data=data, allow_redirects=False) as sent:
        back = sent.headers["Location"]
    # The state's cookie is for https only; browsers make an exception for this machine.
    async with session.get(back, headers={"Cookie": state}) as ended:
        return ended.status, await ended.text()


async def test_bolt_is_installed_in_a_second_workspace_and_answers_there(
    slack: Playground, other: SlackTeam, tmp_path: Path
) -> None:
    dana = other.person("dana")
    async with distributed(slack, tmp_path) as (bolt, base), browser(slack) as session:

        @bolt.event("app_mention")
        async def _(event: Json, say: AsyncSay) -> None:
            await say(text=f"hello {event['user']}", thread_ts=event["ts"])

        @bolt.event("message")
        async def _() -> None: ...

        status, shown = await answer_by_hand(slack, session, base, dana.id, "allow")
        assert status == 200 and "Thank you" in shown
        assert other.app.install.scopes == list(SCOPES)
        await dana.invite_app("#general")
        thread = await dana.mention("#general", "are you there?")
        await thread.until(lambda t: f"hello {dana.id}" in t.text())
        [posted] = slack.journal.called("chat.postMessage")
        assert thread.messages()[-1].user == other.app.user_id != slack.app.user_id
        assert posted.result["ok"] is True


async def test_who_cancels_is_sent_back_with_nothing(
    slack: Playground, other: SlackTeam, tmp_path: Path
) -> None:
    async with distributed(slack, tmp_path) as (_, base), browser(slack) as session:
        dana = other.person("dana").id
        _, shown = await answer_by_hand(slack, session, base, dana, "cancel")
        assert "access_denied" in shown
    assert len(slack.workspace.installs) == 1


# ---- the page


async def test_the_page_is_for_who_has_the_key_and_comes_from_here(slack: Playground) -> None:
    page = slack.base_url.replace("/api/", "") + asking(slack.app)
    async with aiohttp.ClientSession() as stranger, stranger.get(page) as shown:
        assert shown.status == 403
    async with browser(slack) as session:
        async with session.get(page) as shown:
            policy = shown.headers["Content-Security-Policy"]
            assert "form-action 'self' http://127.0.0.1:9" in policy and "'none'" in policy
        forged = {"Origin": "http://127.0.0.1:1"}
        data = {**sent_back(page), "as": slack.person("ana").id, "answer": "allow"}
        where = page.partition("?")[0]
        async with session.post(where, data=data, headers=forged) as sent:
            assert sent.status == 403
    assert slack.local.codes.given == {}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"redirect_uri": "https://elsewhere.test/back"}, "bad_redirect_uri"),
        ({"redirect_uri": "javascript:alert(1)"}, "bad_redirect_uri"),
        ({"scope": "", "user_scope": ""}, "no_scopes"),
    ],
    ids=str,
)
async def test_a_wrong_request_sends_nobody_anywhere(
    slack: Playground, asked: dict[str, str], code: str
) -> None:
    with pytest.raises(Refused, match=code):
        slack.person("ana").approve(asking(slack.app, **asked))
    async with browser(slack) as session:
        page = slack.base_url.replace("/api/", "") + asking(slack.app, **asked)
        async with session.get(page, allow_redirects=False) as shown:
            assert shown.status == 400 and code in await shown.text()


async def test_what_an_app_sends_is_never_markup(slack: Playground) -> None:
    page = slack.base_url.replace("/api/", "") + asking(slack.app, state='"><script>', scope="<b>")
    async with browser(slack) as session, session.get(page) as shown:
        text = await shown.text()
    assert "<script" not in text and "<b>" not in text
    assert form_in(text)["state"] == '"><script>'


async def test_people_are_sent_back_below_a_named_url_only(slack: Playground) -> None:
    ana = slack.person("ana")
    slack.app.config.redirect_urls = ["https://bot.test/slack"]
    for given in ("https://bot.test/slack", "https://bot.test/slack/oauth?team=1"):
        back = ana.approve(asking(slack.app, redirect_uri=given))
        assert back.startswith(given) and sent_back(back)["state"] == "s"
    for given in (
        "https://bot.test/slacker",
        "http://bot.test/slack",
        "https://bot.test/slack/../x",
    ):
        with pytest.raises(Refused, match="bad_redirect_uri"):
            ana.approve(asking(slack.app, redirect_uri=given))
    assert sent_back(ana.decline(asking(slack.app, redirect_uri=""))) == {
        "error": "access_denied",
        "state": "s",
    }


async def test_guests_install_nothing(slack: Playground) -> None:
    with pytest.raises(Refused, match="restricted_action"):
        slack.person("cho").approve(asking(slack.app))


# ---- codes and secrets


async def test_a_code_is_good_once_for_ten_minutes_and_for_its_address(
    slack: Playground, other: SlackTeam, client: AsyncWebClient
) -> None:
    dana, app = other.person("dana"), slack.app

    async def trade(code: str, redirect_uri: str = HOME, secret: str = app.client_secret) -> Any:
        return await client.oauth_v2_access(
            client_id=app.client_id, client_secret=secret, code=code, redirect_uri=redirect_uri
        )

    code = sent_back(dana.approve(asking(app)))["code"]
    assert await code_of(trade(code, secret="guess")) == "bad_client_secret"
    assert await code_of(trade(code, redirect_uri=f"{HOME}/other")) == "bad_redirect_uri"
    answer = await trade(code)
    assert answer["team"] == {"id": other.id, "name": "Second"}
    assert (answer["token_type"], answer["scope"]) == ("bot", ",".join(SCOPES))
    assert (answer["authed_user"], answer.get("expires_in")) == ({"id": dana.id}, None)
    assert await code_of(trade(code)) == "invalid_code"
    late = sent_back(dana.approve(asking(app)))["code"]
    slack.clock.advance(601)
    assert await code_of(trade(late)) == "invalid_code"


async def test_a_code_is_for_the_app_that_asked(slack: Playground, client: AsyncWebClient) -> None:
    thief = slack.add_app("thief")
    code = sent_back(slack.person("ana").approve(asking(slack.app)))["code"]
    stolen = client.oauth_v2_access(
        client_id=thief.client_id,
        client_secret=thief.client_secret,
        code=code,
        redirect_uri=HOME,
    )
    assert await code_of(stolen) == "invalid_code"


async def test_client_id_and_secret_may_stand_among_the_arguments(
    slack: Playground, other: SlackTeam, client: AsyncWebClient
) -> None:
    code = sent_back(other.person("dana").approve(asking(slack.app)))["code"]
    form = {"code": code, "redirect_uri": HOME, "client_id": slack.app.client_id}
    wrong = client.api_call("oauth.v2.access", data={**form, "client_secret": "guess"})
    assert await code_of(wrong) == "bad_client_secret"
    nobody = client.api_call("oauth.v2.access", data={**form, "client_id": "1.2"})
    assert await code_of(nobody) == "invalid_client_id"
    right = {**form, "client_secret": slack.app.client_secret}
    answer = await client.api_call("oauth.v2.access", data=right)
    assert answer["bot_user_id"] == other.app.user_id
    strange = client.api_call("oauth.v2.access", data={**right, "grant_type": "password"})
    assert await code_of(strange) == "invalid_grant_type"


async def test_an_install_adds_scopes_and_keeps_bot_user_and_token(slack: Playground) -> None:
    before = (slack.app.user_id, slack.bot_token)
    answer = await install(slack, slack.team, scope="pins:write")
    assert (answer["bot_user_id"], answer["access_token"]) == before
    assert set(slack.app.install.scopes) == {*DEFAULT_SCOPES, "pins:write"}


async def test_a_persons_token_is_theirs(
    slack: Playground, other: SlackTeam, client: AsyncWebClient
) -> None:
    answer = await install(slack, other, user_scope="search:read")
    own = answer["authed_user"]
    assert (own["token_type"], own["scope"]) == ("user", "search:read")
    who = await client.auth_test(token=own["access_token"])
    assert (who["user_id"], who["team_id"]) == (other.person("dana").id, other.id)
    posting = client.chat_postMessage(token=own["access_token"], channel="C1", text="x")
    assert await code_of(posting) == "not_allowed_token_type"
    again = await install(slack, other, user_scope="search:read")
    assert again["authed_user"]["access_token"] == own["access_token"]
