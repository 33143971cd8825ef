"""Modals: a real Bolt app opens them, people fill, submit and close them."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.playground import Misused, Person, Playground, Refused, Thread
from bot.playground.model import Json
from tests.playground.bolt import always_answering, bolt_app

Client = Any


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


def field(block_id: str, label: str, **element: Any) -> Json:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": block_id, **element},
    }


WHY = field("why", "Why?", type="plain_text_input", min_length=3)


def modal(title: str = "Deny", *blocks: Json, **fields: Any) -> Json:
    shown = list(blocks) or [WHY]
    return {"type": "modal", "title": plain(title), "submit": plain("Send"), "blocks": shown} | {
        "callback_id": "deny",
        **fields,
    }


BUTTON = {
    "type": "actions",
    "elements": [{"type": "button", "action_id": "deny", "text": plain("Deny …")}],
}


@pytest.fixture
async def app(slack: Playground) -> AsyncIterator[AsyncApp]:
    async with bolt_app(slack) as app:
        yield app


@pytest.fixture
def ana(slack: Playground) -> Person:
    return slack.person("ana")


@pytest.fixture
async def thread(slack: Playground, client: Client, ana: Person) -> Thread:
    thread = await ana.message_bot("hello")
    await client.chat_postMessage(
        channel=thread.channel, thread_ts=thread.ts, text="?", blocks=[BUTTON]
    )
    return thread


def opens(app: AsyncApp, view: Json, heard: list[Json] | None = None) -> None:
    """Let the app open `view` when the button is pressed."""

    async def listener(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        if heard is not None:
            heard.append(body)
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        await ack()

    app.action("deny")(listener)


def answers(app: AsyncApp, *acks: Json) -> list[Json]:
    """Let the app ack each submission with the next of `acks`; the submissions it heard."""
    heard: list[Json] = []

    async def listener(ack: AsyncAck, body: Json) -> None:
        heard.append(body)
        await ack(**acks[len(heard) - 1])

    app.view("deny")(listener)
    return heard


async def code_of(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_a_modal_is_opened_filled_and_submitted(
    app: AsyncApp, ana: Person, thread: Thread
) -> None:
    opens(app, modal(private_metadata="ask-1"))
    heard = answers(app, {})
    await ana.click(thread, "Deny …")
    seen = await ana.fill_modal({"Why?": "too risky"})
    assert (seen.title, seen.text(), seen.holds()) == ("Deny", "Why?", {"Why?": "too risky"})
    assert await ana.submit() == {}
    assert ana.modal() is None
    [body] = heard
    view = body["view"]
    assert view["state"]["values"] == {
        "why": {"why": {"type": "plain_text_input", "value": "too risky"}}
    }
    assert (view["private_metadata"], view["root_view_id"]) == ("ask-1", view["id"])
    assert (body["user"]["id"], body["team"]["id"]) == (ana.id, view["app_installed_team_id"])


async def test_a_modal_without_a_submit_button_cannot_be_submitted(
    app: AsyncApp, slack: Playground, ana: Person, thread: Thread
) -> None:
    shown = {key: value for key, value in modal("Log", BUTTON).items() if key != "submit"}
    opens(app, shown)
    await ana.click(thread, "Deny …")
    await ana.until_modal("Log")
    with pytest.raises(Refused, match="no_such_element"):
        await ana.submit()
    assert slack.journal.delivered("view_submission") == []


async def test_slack_itself_asks_for_what_is_missing(
    slack: Playground, app: AsyncApp, ana: Person, thread: Thread
) -> None:
    mail = field("mail", "Mail", type="email_text_input") | {"optional": True}
    link = field("link", "Link", type="url_text_input") | {"optional": True}
    many = field("many", "Many", type="number_input", is_decimal_allowed=False, max_value="9")
    opens(app, modal("Deny", WHY, mail, link, many))
    await ana.click(thread, "Deny …")
    await ana.fill_modal({"Why?": "no", "Mail": "ana", "Link": "x.y", "Many": 10})
    assert await ana.submit() == {
        "Why?": "Please enter at least 3 characters.",
        "Mail": "Please enter a valid email address.",
        "Link": "Please enter a valid URL.",
        "Many": "Please enter at most 9.",
    }
    await ana.fill_modal({"Why?": None, "Mail": None, "Link": "https://x.y", "Many": "1.5"})
    errors = await ana.submit()
    assert errors == {
        "Why?": "Please complete this required field.",
        "Many": "Please enter a number.",
    }
    seen = ana.modal()
    assert seen is not None
    assert seen.errors() == errors
    assert not slack.journal.delivered("view_submission")


async def test_the_app_answers_with_errors_until_it_is_content(
    app: AsyncApp, ana: Person, thread: Thread
) -> None:
    opens(app, modal())
    answers(app, {"response_action": "errors", "errors": {"why": "Say more."}}, {})
    await ana.click(thread, "Deny …")
    await ana.fill_modal({"Why?": "because"})
    assert await ana.submit() == {"Why?": "Say more."}
    await ana.fill_modal({"Why?": "because of the tests"})
    assert await ana.submit() == {}
    assert ana.modal() is None


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ({"response_action": "errors", "errors": {"who": "?"}}, "no input block"),
        ({"response_action": "errors", "errors": {}}, "no input block"),
        ({"response_action": "explode"}, "explode"),
        ({"response_action": "update"}, "missing required field: view"),
        ({"response_action": "push", "view": {"type": "home", "blocks": []}}, "/view/type"),
        ({"text": "fine"}, "None"),
    ],
    ids=str,
)
async def test_an_answer_slack_cannot_use_fails_the_test(answer: Json, complaint: str) -> None:
    with pytest.raises(Misused, match=complaint):
        async with Playground() as slack, always_answering(slack, answer):
            client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
            ana = slack.person("ana")
            await client.views_open(trigger_id=await fresh(slack, ana), view=modal())
            await ana.fill_modal({"Why?": "because"})
            with pytest.raises(Refused, match="trouble"):
                await ana.submit()
            assert ana.modal() is not None


async def test_an_update_keeps_what_was_typed(app: AsyncApp, ana: Person, thread: Thread) -> None:
    opens(app, modal())
    more = modal("Deny for sure", WHY, field("who", "Who?", type="users_select"))
    renamed = modal("Deny", field("why2", "Why?", type="plain_text_input"))
    heard = answers(
        app,
        {"response_action": "update", "view": more},
        {"response_action": "update", "view": renamed},
    )
    await ana.click(thread, "Deny …")
    await ana.fill_modal({"Why?": "because"})
    assert await ana.submit() == {}
    seen = await ana.until_modal("Deny for sure")
    assert seen.holds() == {"Why?": "because", "Who?": None}
    await ana.fill_modal({"Who?": "@ben"})
    assert await ana.submit() == {}
    seen = await ana.until_modal("Deny")
    assert seen.holds() == {"Why?": None}
    assert {body["view"]["id"] for body in heard} == {seen.view["id"]}
    assert heard[1]["view"]["state"]["values"]["who"]["who"]["selected_user"] == "U0BEN00002"


async def test_three_modals_are_a_stack(
    slack: Playground, app: AsyncApp, ana: Person, thread: Thread
) -> None:
    opens(app, modal("One"))
    answers(app, *[{"response_action": "push", "view": modal(title)} for title in ("Two", "Three")])
    await ana.click(thread, "Deny …")
    for _ in range(2):
        await ana.fill_modal({"Why?": "because"})
        assert await ana.submit() == {}
    seen = await ana.until_modal("Three")
    first, second, _ = slack.local.interactivity.screens.stacks[ana.id]
    assert (seen.view["previous_view_id"], seen.view["root_view_id"]) == (
        second["id"],
        first["id"],
    )


async def test_no_fourth_modal_is_pushed(slack: Playground, client: Client, ana: Person) -> None:
    screens = slack.local.interactivity.screens
    on_nothing = client.views_push(trigger_id=await fresh(slack, ana), view=modal())
    assert await code_of(on_nothing) == "not_found"
    first = await client.views_open(trigger_id=await fresh(slack, ana), view=modal("One"))
    for title in ("Two", "Three"):
        answer = await client.views_push(trigger_id=await fresh(slack, ana), view=modal(title))
        assert answer["view"]["root_view_id"] == first["view"]["id"]
    fourth = client.views_push(trigger_id=await fresh(slack, ana), view=modal("Four"))
    assert await code_of(fourth) == "push_limit_reached"
    await ana.close()
    assert [view["title"]["text"] for view in screens.stacks[ana.id]] == ["One", "Two"]
    await ana.close(everything=True)
    assert ana.modal() is None


async def fresh(slack: Playground, ana: Person) -> str:
    """A trigger id as if Ana had just pressed something."""
    slack.workspace.serial += 1
    trigger = f"1.{slack.workspace.serial}.abc"
    return slack.local.interactivity.triggers.give(trigger, slack.app.id, ana.id, slack.local.now())


async def test_triggers_are_good_once_and_for_three_seconds(
    slack: Playground, client: Client, ana: Person
) -> None:
    trigger = await fresh(slack, ana)
    late = await fresh(slack, ana)
    await client.views_open(trigger_id=trigger, view=modal())
    again = client.views_open(trigger_id=trigger, view=modal())
    assert await code_of(again) == "exchanged_trigger_id"
    slack.clock.advance(3.1)
    assert await code_of(client.views_open(trigger_id=late, view=modal())) == "expired_trigger_id"
    assert await code_of(client.views_open(trigger_id="1.2.3", view=modal())) == (
        "invalid_trigger_id"
    )


async def test_views_are_found_by_id_or_external_id_and_raced_by_hash(
    slack: Playground, client: Client, ana: Person
) -> None:
    view = modal(external_id="ask-1")
    made = (await client.views_open(trigger_id=await fresh(slack, ana), view=view))["view"]
    twin = client.views_push(trigger_id=await fresh(slack, ana), view=view)
    assert await code_of(twin) == "duplicate_external_id"
    await ana.fill_modal({"Why?": "because"})
    update = modal("Newer", external_id="ask-1")
    newer = await client.views_update(external_id="ask-1", view=update, hash=made["hash"])
    assert newer["view"]["id"] == made["id"]
    assert newer["view"]["state"]["values"]["why"]["why"]["value"] == "because"
    stale = client.views_update(view_id=made["id"], view=update, hash=made["hash"])
    assert await code_of(stale) == "hash_conflict"
    await client.views_update(view_id=made["id"], view=update)
    await ana.close()
    assert await code_of(client.views_update(view_id=made["id"], view=update)) == "not_found"
    assert await code_of(client.api_call("views.update", json={"view": update})) == (
        "invalid_arguments"
    )


async def test_a_published_home_can_be_updated(client: Client, ana: Person) -> None:
    home = {"type": "home", "blocks": [BUTTON]}
    made = (await client.views_publish(user_id=ana.id, view=home))["view"]
    empty = await client.views_update(view_id=made["id"], view={"type": "home", "blocks": []})
    assert empty["view"]["id"] == made["id"]
    assert ana.home_tab().buttons() == []


async def test_the_app_may_be_told_of_a_close(
    slack: Playground, app: AsyncApp, client: Client, ana: Person
) -> None:
    heard: list[Json] = []

    async def listener(ack: AsyncAck, body: Json) -> None:
        heard.append(body)
        await ack()

    app.view_closed("deny")(listener)
    for fields in (
        {},
        {"notify_on_close": True},
        {"notify_on_close": True, "clear_on_close": True},
    ):
        await client.views_open(trigger_id=await fresh(slack, ana), view=modal() | fields)
        await ana.close()
        assert ana.modal() is None
    assert [body["is_cleared"] for body in heard] == [False, True]


async def test_a_submission_nobody_acks_leaves_the_modal_open(
    slack: Playground, client: Client, ana: Person
) -> None:
    await client.views_open(trigger_id=await fresh(slack, ana), view=modal())
    await ana.fill_modal({"Why?": "because"})
    with pytest.raises(Refused, match="trouble"):
        await ana.submit()
    assert ana.modal() is not None


async def test_what_stands_outside_of_inputs_is_told_at_once(
    slack: Playground, app: AsyncApp, client: Client, ana: Person
) -> None:
    heard: list[Json] = []

    async def listener(ack: AsyncAck, body: Json) -> None:
        heard.append(body)
        await ack()

    for action in ("pick", "named", "days"):
        app.action(action)(listener)
    row: Json = {"type": "actions", "block_id": "row", "elements": [
        {"type": "static_select", "action_id": "pick", "options": [option("red"), option("blue")]},
        {"type": "datepicker", "action_id": "days", "placeholder": plain("When")},
    ]}  # fmt: skip
    named = field("named", "Name", type="plain_text_input") | {"dispatch_action": True}
    await client.views_open(trigger_id=await fresh(slack, ana), view=modal("Ask", WHY, row, named))
    await ana.fill_modal({"Why?": "because", "pick": "Blue", "When": "2026-02-03", "Name": "x"})
    actions = [body["actions"][0] for body in heard]
    assert [action["action_id"] for action in actions] == ["pick", "days", "named"]
    assert actions[0]["selected_option"] == option("blue")
    assert actions[1]["selected_date"] == "2026-02-03"
    last = heard[-1]
    assert last["container"] == {"type": "view", "view_id": last["view"]["id"]}
    assert "response_url" not in last
    values = last["view"]["state"]["values"]
    assert values["why"]["why"]["value"] == "because"
    assert values["row"]["pick"]["selected_option"] == option("blue")
    with pytest.raises(Refused, match="no_such_option"):
        await ana.fill_modal({"When": "tomorrow"})


async def test_a_menu_can_be_loaded_by_the_app(
    slack: Playground, app: AsyncApp, client: Client, ana: Person
) -> None:
    async def offer(ack: AsyncAck, payload: Json) -> None:
        names = ("threadline", "threads", "bolt")
        await ack(options=[option(name) for name in names if payload["value"].lower() in name])

    app.options("repo")(offer)
    heard = answers(app, {})
    repos = field("repo", "Repo", type="multi_external_select", min_query_length=2)
    await client.views_open(trigger_id=await fresh(slack, ana), view=modal("Ask", repos))
    seen = await ana.until_modal("Ask")
    assert await ana.options(seen, "Repo", "thr") == ["Threadline", "Threads"]
    assert await ana.options(seen, "Repo", "t") == []
    with pytest.raises(Refused, match="no_such_option"):
        await ana.fill_modal({"Repo": ["Cobol"]})
    await ana.fill_modal({"Repo": ["Threads", "Bolt"]})
    assert await ana.submit() == {}
    chosen = heard[0]["view"]["state"]["values"]["repo"]["repo"]["selected_options"]
    assert chosen == [option("threads"), option("bolt")]


@pytest.mark.parametrize(
    ("element", "given", "held"),
    [
        ({"type": "checkboxes", "options": [option("a"), option("b")]}, ["A", "B"], ["A", "B"]),
        ({"type": "radio_buttons", "options": [option("a"), option("b")]}, "B", "B"),
        ({"type": "multi_users_select"}, ["@ana", "@ben"], ["U0ANA00001", "U0BEN00002"]),
        ({"type": "channels_select"}, "#dev", "C0DEV00002"),
        ({"type": "conversations_select"}, "#ops", "G0OPS00003"),
        ({"type": "rich_text_input"}, "so *be* it", "so *be* it"),
        ({"type": "timepicker"}, "00:00", "00:00"),
        ({"type": "datetimepicker"}, 1_800_000_000, 1_800_000_000),
    ],
    ids=str,
)
async def test_every_field_holds_what_was_chosen(
    slack: Playground, client: Client, ana: Person, element: Json, given: Any, held: Any
) -> None:
    view = modal("Ask", field("it", "It", **element))
    await client.views_open(trigger_id=await fresh(slack, ana), view=view)
    assert (await ana.fill_modal({"It": given})).holds() == {"It": held}


async def test_rich_text_is_told_as_it_was_written(
    app: AsyncApp, client: Client, slack: Playground, ana: Person
) -> None:
    heard = answers(app, {}, {})
    view = modal("Ask", field("it", "It", type="rich_text_input"))
    bold = {"type": "text", "text": "bold", "style": {"bold": True}}
    section = {"type": "rich_text_section", "elements": [bold]}
    await client.views_open(trigger_id=await fresh(slack, ana), view=view)
    assert list(await ana.submit()) == ["It"]
    await ana.fill_modal({"It": {"type": "rich_text", "elements": [section]}})
    assert await ana.submit() == {}
    held = heard[0]["view"]["state"]["values"]["it"]["it"]
    assert held == {
        "type": "rich_text_input",
        "rich_text_value": {"type": "rich_text", "elements": [section]},
    }


async def test_a_chosen_conversation_can_be_answered_in_by_its_response_url(
    app: AsyncApp, client: Client, slack: Playground, ana: Person
) -> None:
    heard = answers(app, {}, {})
    menu = field("to", "To", type="conversations_select", response_url_enabled=True)
    silent = field("also", "Also", type="conversations_select")
    await client.views_open(trigger_id=await fresh(slack, ana), view=modal("Ask", menu, silent))
    await ana.fill_modal({"To": "#ops", "Also": "#dev"})
    assert await ana.submit() == {}
    [target] = heard[0]["response_urls"]
    assert (target["block_id"], target["action_id"], target["channel_id"]) == (
        "to",
        "to",
        "G0OPS00003",
    )
    answer = AsyncWebhookClient(target["response_url"])
    sent = await answer.send(text="As you asked.", response_type="in_channel")
    assert sent.status_code == 200
    [message] = slack.workspace.timeline("G0OPS00003")
    assert message.text == "As you asked."


async def test_bad_views_are_refused_with_a_pointer(
    slack: Playground, client: Client, ana: Person
) -> None:
    bad = modal("Ask", field("it", "It", type="slider"))
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id=await fresh(slack, ana), view=bad)
    assert caught.value.response["error"] == "invalid_arguments"
    [message] = caught.value.response["response_metadata"]["messages"]
    assert message.endswith("[json-pointer:/view/blocks/0/element/type]")


async def test_the_home_tab_holds_what_was_chosen(
    slack: Playground, app: AsyncApp, client: Client, ana: Person
) -> None:
    heard: list[Json] = []

    async def listener(ack: AsyncAck, body: Json) -> None:
        heard.append(body)
        await ack()

    app.action("pick")(listener)
    menu = {"type": "static_select", "action_id": "pick", "options": [option("a"), option("b")]}
    home = {"type": "home", "blocks": [{"type": "actions", "elements": [menu]}]}
    await client.views_publish(user_id=ana.id, view=home)
    assert await ana.select(ana.home_tab(), "pick", "B")
    assert await ana.click(ana.home_tab(), "A")
    assert ana.home_tab().holds() == {"pick": "A"}
    chosen = [body["actions"][0]["selected_option"]["value"] for body in heard]
    assert chosen == ["b", "a"]
