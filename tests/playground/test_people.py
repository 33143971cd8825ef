"""People and the real Bolt, in Socket Mode, over loopback: stories as later tests write them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Person, Playground, PlaygroundConfig, Refused
from tests.playground.bolt import NEVER

BUTTONS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "May I *deploy*?"}},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "allow",
                "value": "ask-1",
                "text": {"type": "plain_text", "text": "Allow"},
            },
            {
                "type": "static_select",
                "action_id": "pick",
                "options": [
                    {"text": {"type": "plain_text", "text": word.title()}, "value": word}
                    for word in ("red", "blue")
                ],
            },
        ],
    },
]


class Deployer:
    """A small Bolt app: asks at a mention, notes all it hears."""

    def __init__(self, slack: Playground, client: AsyncWebClient) -> None:
        self.slack = slack
        self.client = client
        self.heard: list[dict[str, Any]] = []
        self.acks = True
        self.app = AsyncApp(client=client, process_before_response=True)
        self.app.event("app_mention")(self.asked)
        for kind in ("message", "app_home_opened", "agent_session_stopped", "reaction_added"):
            self.app.event(kind)(self.hear)
        for action in ("allow", "pick"):
            self.app.action(action)(self.answered)
        self.handler = AsyncSocketModeHandler(self.app, slack.app_token, ping_interval=NEVER)

    async def asked(self, event: dict[str, Any]) -> None:
        self.heard.append(event)
        await self.client.agents_sessions_setStatus(
            channel_id=event["channel"], thread_ts=event["ts"], status="processing"
        )
        await self.client.chat_postMessage(
            channel=event["channel"], thread_ts=event["ts"], text="May I?", blocks=BUTTONS
        )

    async def hear(self, event: dict[str, Any]) -> None:
        self.heard.append(event)

    async def answered(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        if not self.acks:
            raise RuntimeError("the store is down")
        await ack()
        action = body["actions"][0]
        chosen = action.get("value") or action["selected_option"]["value"]
        await self.client.chat_update(
            channel=body["channel"]["id"],
            ts=body["message"]["ts"],
            text=f"{chosen} by {body['user']['name']}",
            blocks=[],
        )


@pytest.fixture
async def deployer(slack: Playground, client: AsyncWebClient) -> AsyncIterator[Deployer]:
    deployer = Deployer(slack, client)
    await deployer.handler.connect_async()
    yield deployer
    await deployer.handler.close_async()


@pytest.fixture
def ana(slack: Playground) -> Person:
    return slack.person("ana")


async def test_a_mention_is_answered_and_a_button_pressed(deployer: Deployer, ana: Person) -> None:
    thread = await ana.mention("#dev", "deploy it")
    await thread.until(lambda t: "Allow" in t.buttons())
    assert thread.text() == "<@U0THREADLN> deploy it\nMay I *deploy*?"
    assert await ana.click(thread, "Allow")
    await thread.until(lambda t: "ask-1 by ana" in t.text())
    assert thread.outline() == [
        ("ana", "<@U0THREADLN> deploy it", []),
        ("threadline", "ask-1 by ana", []),
    ]


async def test_an_option_is_chosen_by_its_label(deployer: Deployer, ana: Person) -> None:
    thread = await ana.mention("#dev", "which one?")
    await thread.until(lambda t: "Blue" in t.buttons())
    assert await ana.click(thread, "Blue")
    await thread.until(lambda t: "blue by ana" in t.text())


async def test_a_click_is_repeated_until_somebody_acks(
    slack: Playground, deployer: Deployer, ana: Person
) -> None:
    thread = await ana.mention("#dev", "deploy it")
    await thread.until(lambda t: "Allow" in t.buttons())
    slack.drop_sockets()
    assert await ana.click(thread, "Allow") is False
    assert slack.journal.delivered("block_actions")[-1].outcome == "lost"
    await deployer.handler.client.connect_to_new_endpoint(force=True)
    assert await ana.click(thread, "Allow", until_acked=True)
    await thread.until(lambda t: "ask-1 by ana" in t.text())


async def test_a_direct_message_is_no_mention(deployer: Deployer, slack: Playground) -> None:
    await slack.person("cho").message_bot("hello @threadline")
    await slack.until(lambda: deployer.heard)
    assert [(e["type"], e["channel_type"]) for e in deployer.heard] == [("message", "im")]
    assert slack.journal.delivered("app_mention") == []


async def test_stop_is_there_while_the_session_is_processing(
    slack: Playground, deployer: Deployer, client: AsyncWebClient, ana: Person
) -> None:
    thread = await ana.mention("#dev", "work for long")
    await thread.until(lambda t: t.status() == "processing")
    await ana.stop(thread)
    await slack.until(lambda: any(e["type"] == "agent_session_stopped" for e in deployer.heard))
    assert thread.status() == "processing"
    await client.agents_sessions_setStatus(
        channel_id=thread.channel, thread_ts=thread.ts, status="active"
    )
    with pytest.raises(Refused, match="session_not_processing"):
        await ana.stop(thread)


async def test_edits_deletions_and_reactions_reach_the_app(
    slack: Playground, deployer: Deployer, ana: Person
) -> None:
    thread = await ana.post("#dev", "frist")
    await ana.edit(thread, "first")
    await ana.react(thread, "eyes")
    reply = await ana.reply(thread, "more")
    await ana.delete(reply)
    await slack.until(lambda: len(deployer.heard) == 5)
    kinds = [(e["type"], e.get("subtype")) for e in deployer.heard]
    assert sorted(kinds, key=str) == [
        ("message", "message_changed"),
        ("message", "message_deleted"),
        ("message", None),
        ("message", None),
        ("reaction_added", None),
    ]
    assert thread.text() == "first"
    assert thread.reactions() == ["eyes"]


async def test_people_are_held_to_what_is_theirs(slack: Playground, ana: Person) -> None:
    thread = await ana.post("#dev", "mine")
    with pytest.raises(Refused, match="cant_update_message"):
        await slack.person("ben").edit(thread, "yours")
    with pytest.raises(Refused, match="no_text"):
        await ana.post("#dev", "   ")
    with pytest.raises(Refused, match="channel_not_found"):
        await slack.person("cho").post("#ops", "let me in")


async def test_typed_text_is_stored_as_slack_stores_it(ana: Person) -> None:
    thread = await ana.post("#dev", "@ben see #general & https://x.y/?a=1&b=<2 `@ben <b>` @nobody")
    assert thread.messages()[0].text == (
        "<@U0BEN00002> see <#C0GENERAL1|general> &amp; <https://x.y/?a=1&amp;b=>&lt;2 "
        "`@ben &lt;b&gt;` @nobody"
    )


async def test_waiting_in_vain_tells_what_the_thread_shows(ana: Person) -> None:
    thread = await ana.post("#dev", "is anybody there?")
    with pytest.raises(TimeoutError, match="is anybody there"):
        await thread.until(lambda t: "yes" in t.text(), timeout=0.01)


async def test_a_whisper_where_nobody_has_replied_yet_is_shown_to_nobody() -> None:
    async with Playground(PlaygroundConfig(limits="off")) as slack:
        ana = slack.person("ana")
        client: Any = AsyncWebClient(base_url=slack.base_url)
        thread = await ana.post("#dev", "hello")
        said = {"channel": thread.channel, "user": ana.id, "token": slack.bot_token}
        early = await client.chat_postEphemeral(**said, text="early", thread_ts=thread.ts)
        assert early["message_ts"] and ana.whispers() == []
        await client.chat_postEphemeral(**said, text="in the channel")
        await ana.reply(thread, "well?")
        await client.chat_postEphemeral(**said, text="in time", thread_ts=thread.ts)
        assert ana.whispers() == ["in the channel", "in time"]


async def test_a_whisper_is_seen_by_its_reader_only(
    slack: Playground, client: AsyncWebClient, ana: Person
) -> None:
    thread = await ana.post("#dev", "hello")
    await ana.reply(thread, "anyone?")
    await client.chat_postEphemeral(
        channel=thread.channel, user=ana.id, text="only you", thread_ts=thread.ts
    )
    assert slack.whispers(ana) == ["only you"]
    assert slack.whispers(slack.person("ben")) == []
    assert thread.text() == "hello\nanyone?"


async def test_home_is_published_and_opened(
    slack: Playground, deployer: Deployer, client: AsyncWebClient, ana: Person
) -> None:
    await client.views_publish(user_id=ana.id, view={"type": "home", "blocks": [BUTTONS[0]]})
    await ana.open_home()
    await slack.until(lambda: deployer.heard)
    assert deployer.heard[0]["view"]["blocks"][0]["text"]["text"] == "May I *deploy*?"
    home = ana.home()
    assert home is not None and home["type"] == "home"


async def test_the_app_hears_nothing_where_it_is_no_member(
    slack: Playground, deployer: Deployer, ana: Person
) -> None:
    await ana.mention("#ops", "psst")
    assert not slack.journal.deliveries
    await ana.invite_app("#ops")
    await ana.mention("#ops", "now?")
    await slack.until(lambda: any(e["type"] == "app_mention" for e in deployer.heard))


def _option(text: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": text}, "value": text.lower()}


def _words(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


CARD = [
    {
        "type": "section",
        "text": _words("Deploy it?"),
        "accessory": {
            "type": "overflow",
            "action_id": "more",
            "options": [_option("Show the log"), _option("Later")],
        },
    },
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "drop",
                "text": _words("Drop it"),
                "confirm": {
                    "title": _words("Really?"),
                    "text": _words("It is gone then."),
                    "confirm": _words("Yes"),
                    "deny": _words("No"),
                },
            },
            {"type": "button", "action_id": "allow", "text": _words("Allow")},
            {"type": "checkboxes", "action_id": "ticks", "options": [_option("One")]},
            {"type": "datepicker", "action_id": "day", "placeholder": _words("Day")},
        ],
    },
    {
        "type": "section",
        "text": _words("In which colours?"),
        "accessory": {
            "type": "multi_static_select",
            "action_id": "colours",
            "placeholder": _words("Colours"),
            "options": [_option("Red"), _option("Green"), _option("Blue")],
        },
    },
]


async def test_a_card_in_a_channel_is_found_and_used(
    deployer: Deployer, slack: Playground, ana: Person
) -> None:
    async def take(ack: AsyncAck) -> None:
        await ack()

    for action in ("more", "drop", "colours", "ticks", "day"):
        deployer.app.action(action)(take)
    [dev] = [c.id for c in slack.workspace.channels.values() if c.name == "dev"]
    await ana.post("#dev", "before")
    await deployer.client.chat_postMessage(channel=dev, text="x", blocks=CARD)
    card = await ana.until_read("Deploy it?", "#dev")
    assert [thread.text() for thread in ana.read("#dev")] == ["before", card.text()]

    assert ana.choices(card, "more") == ["Show the log", "Later"]
    assert ana.choices(card, "Colours") == ["Red", "Green", "Blue"]
    assert ana.question(card, "Drop it") == "Really?\nIt is gone then."
    assert ana.question(card, "Allow") == ""
    assert await ana.click(card, "Later")
    assert await ana.click(card, "Drop it")
    assert await ana.select(card, "Colours", "Red", "Blue")
    assert await ana.select(card, "ticks", "One")
    assert await ana.select(card, "Day", "2026-11-24")
    told = [delivery.body["actions"][0] for delivery in slack.journal.delivered("block_actions")]
    assert [one["action_id"] for one in told] == ["more", "drop", "colours", "ticks", "day"]
    assert [option["value"] for option in told[2]["selected_options"]] == ["red", "blue"]
    with pytest.raises(TimeoutError, match="nothing with 'Rolled back'"):
        await ana.until_read("Rolled back", "#dev", within=0.05)


async def test_direct_messages_are_read_where_there_are_any(
    deployer: Deployer, slack: Playground, ana: Person
) -> None:
    assert ana.read() == []
    thread = await ana.message_bot("a secret")
    await deployer.client.chat_postMessage(channel=thread.channel, text="Done", blocks=CARD)
    note = await ana.until_read("Deploy it?")
    assert [one.ts for one in ana.read()] == [thread.ts, note.ts]
    assert slack.person("ben").read() == []


async def test_whispers_are_read_by_thread(deployer: Deployer, ana: Person) -> None:
    here, there = await ana.post("#dev", "here"), await ana.post("#dev", "there")
    for thread, text in ((here, "one"), (there, "two"), (here, "three")):
        await ana.reply(thread, "so that it is a thread")
        await deployer.client.chat_postEphemeral(
            channel=thread.channel, user=ana.id, text=text, thread_ts=thread.ts
        )
    assert ana.whispers(here) == ["one", "three"]
    assert ana.whispers() == ["one", "two", "three"]


async def test_a_reply_can_stand_in_the_channel_as_well(
    deployer: Deployer, slack: Playground, ana: Person
) -> None:
    thread = await ana.post("#dev", "who deploys?")
    posted = await ana.reply(thread, "I do", also_to_channel=True)
    await ana.reply(thread, "only here")
    assert [one.ts for one in ana.read("#dev")] == [thread.ts, posted.ts]
    assert [m.text for m in thread.messages()] == ["who deploys?", "I do", "only here"]

    await slack.until(lambda: len(deployer.heard) == 3)
    [event] = [e for e in deployer.heard if e["ts"] == posted.ts]
    assert (event["subtype"], event["thread_ts"]) == ("thread_broadcast", thread.ts)
    root = event["root"]
    assert (root["text"], root["ts"], root["latest_reply"]) == (
        "who deploys?",
        thread.ts,
        posted.ts,
    )
    assert "channel" not in root


async def test_a_button_for_a_few_cannot_be_pressed_by_others(
    deployer: Deployer, slack: Playground, client: AsyncWebClient, ana: Person
) -> None:
    button = {"type": "button", "action_id": "allow", "value": "ask-1", "text": _words("Allow")}
    blocks = [{"type": "actions", "elements": [button | {"visible_to_user_ids": [ana.id]}]}]
    thread = await ana.post("#dev", "?")
    await client.chat_postMessage(
        channel=thread.channel, thread_ts=thread.ts, text="x", blocks=blocks
    )
    assert not await slack.person("ben").click(thread, "Allow")
    assert slack.journal.delivered("block_actions") == []
    assert await ana.click(thread, "Allow")
