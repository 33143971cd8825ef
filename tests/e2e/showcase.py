"""One of everything the page draws: a channel, a thread at work, a Home tab and a modal."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import Thread
from bot.playground.model import Json
from tests.e2e.browser import Office, field_block, modal, option, plain
from tests.playground.bolt import client_of

SHORTCUT = {"name": "Report something", "type": "global", "callback_id": "report"}
ON_MESSAGE = {"name": "Explain this", "type": "message", "callback_id": "explain"}
COMMAND = {"command": "/deploy", "description": "Ship it", "usage_hint": "[service]"}

COLOURS = [option("Red"), option("Green", description=plain("like grass")), option("Blue")]

CONFIRM = {
    "title": plain("Drop it all?"),
    "text": plain("It is gone then."),
    "confirm": plain("Drop it"),
    "deny": plain("Keep it"),
    "style": "danger",
}

PLAN = """\
## What I found

The handler reads the body **twice**; the second read is _empty_. See `app/intake.py` and
[the guide](https://example.com/guide).

1. Read it once
2. Keep it
   - as bytes
   - not as text

| File | Lines | Change |
|---|---:|---|
| `intake.py` | 120 | read once |
| `routes.py` | 48 | none |

```python
async def take(request):
    body = await request.read()  # once
    return verify(body, request.headers)
```

> It was like this before.

---
Done :tada:
"""


def rich(text: str) -> Json:
    leaf = {"type": "text", "text": text}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [leaf]}]}


def _task(number: int, title: str, status: str, **more: Json) -> Json:
    return {"type": "task_card", "task_id": str(number), "title": title, "status": status, **more}


TASKS: Json = {
    "type": "plan",
    "title": "Mend the handler",
    "tasks": [
        _task(1, "Read the code", "complete", details=rich("Twelve files")),
        _task(2, "Run the tests", "in_progress"),
        _task(3, "Open a pull request", "error", output=rich("No such host")),
        _task(4, "Tell everybody", "pending"),
    ],
}


def _mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


CARD: list[Json] = [
    {"type": "header", "text": plain("Run this command?")},
    {"type": "section", "text": _mrkdwn("```rm -rf build && make deploy```")},
    {
        "type": "section",
        "fields": [_mrkdwn("*Where*\n`/srv/web`"), _mrkdwn("*Asked by*\nthe deploy step")],
        "accessory": {
            "type": "overflow",
            "action_id": "more",
            "options": [option("Show the log"), option("Ask again later")],
        },
    },
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "a", "text": plain("Allow"), "style": "primary"},
            {"type": "button", "action_id": "b", "text": plain("Always")},
            {
                "type": "button",
                "action_id": "c",
                "text": plain("Drop it"),
                "style": "danger",
                "confirm": CONFIRM,
            },
            {
                "type": "static_select",
                "action_id": "d",
                "placeholder": plain("Colour"),
                "options": COLOURS,
            },
            {"type": "datepicker", "action_id": "e", "placeholder": plain("Day")},
        ],
    },
    {"type": "context", "elements": [_mrkdwn("Asked 2 minutes ago · *ana* decides")]},
    {"type": "divider"},
    {
        "type": "actions",
        "elements": [{"type": "checkboxes", "action_id": "f", "options": COLOURS}],
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "g",
                "positive_button": {"text": plain("Good answer"), "value": "up"},
                "negative_button": {"text": plain("Bad answer"), "value": "down"},
            },
            {"type": "icon_button", "action_id": "h", "icon": "trash", "text": plain("Remove")},
        ],
    },
]

FORM = modal(
    "Report something",
    [
        field_block("Title", "plain_text_input", min_length=3, placeholder=plain("In short")),
        field_block("Story", "plain_text_input", multiline=True, block={"optional": True}),
        field_block("Details", "rich_text_input", block={"optional": True}),
        field_block("Mail", "email_text_input"),
        field_block("Amount", "number_input", is_decimal_allowed=False, min_value="2"),
        field_block("Colour", "static_select", options=COLOURS),
        field_block("Colours", "multi_static_select", options=COLOURS, initial_options=COLOURS[:2]),
        field_block("People", "multi_users_select"),
        field_block("Ticks", "checkboxes", options=COLOURS),
        field_block("Radio", "radio_buttons", options=COLOURS),
        field_block("Day", "datepicker", initial_date="2026-11-03"),
        field_block("Hour", "timepicker", block={"hint": plain("When it happened")}),
        field_block("Files", "file_input", block={"optional": True}),
    ],
)

HOME: Json = {
    "type": "home",
    "blocks": [
        {"type": "header", "text": plain("Your sessions")},
        {
            "type": "section",
            "text": _mrkdwn("*Count the files*\nworks in <#C0DEV00002>"),
            "accessory": {"type": "button", "action_id": "open", "text": plain("Open")},
        },
        {"type": "divider"},
        {"type": "context", "elements": [_mrkdwn("One session")]},
    ],
}


async def furnish(here: Office) -> Thread:
    """Fill #dev, the Home tab and the menus; the thread at work."""

    @here.app.shortcut("report")
    async def _(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    here.slack.register({"shortcuts": [SHORTCUT, ON_MESSAGE], "slash_commands": [COMMAND]})
    client, ana, ben = client_of(here.slack), here.ana, here.slack.person("ben")
    greeting = await ben.post("#dev", "Good morning :wave: who looks at *the handler*?")
    await ana.react(greeting, "eyes")
    await ben.react(greeting, "eyes")
    await ana.react(greeting, "tada")
    await ben.post("#dev", "It fails with `400` since _yesterday_, see https://example.com/run/7")
    await ana.upload("#dev", "trace.py", "def take():\n    return 400\n", "what I saw")
    await client.chat_postMessage(channel=greeting.channel, text="a card", blocks=CARD)
    thread = await ana.mention("#dev", "mend the handler, please")
    channel, ts = thread.channel, thread.ts
    found = [{"type": "markdown", "text": PLAN}]
    await client.chat_postMessage(channel=channel, thread_ts=ts, text="found", blocks=found)
    await ben.reply(thread, "thanks @ana")
    await client.chat_postMessage(channel=channel, thread_ts=ts, text="the plan", blocks=[TASKS])
    await client.chat_postEphemeral(
        channel=channel, thread_ts=ts, user=ana.id, text="Only you can decide this."
    )
    await client.agents_sessions_setStatus(
        channel_id=thread.channel, thread_ts=thread.ts, status="processing", title="The handler"
    )
    await client.views_publish(user_id=ana.id, view=HOME)
    return thread
