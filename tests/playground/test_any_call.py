"""Whatever an app sends, the local Slack answers as Slack does: with `ok` or a code it knows."""

import asyncio
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.playground.clock import Clock
from bot.playground.coverage import METHODS
from bot.playground.local_slack import LocalSlack
from bot.playground.model import Json
from bot.playground.posting import post
from bot.playground.seed import seeded

# Every scope there is, so that a call gets past the first question.
SCOPES = sorted({scope for method in METHODS.values() for scope in method.accepted_scopes})
START = 1_800_000_000.0
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
HOME = {"type": "home", "blocks": [SECTION]}
MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []}

# What is right for some argument of some method, and wrong for all the others.
values: st.SearchStrategy[Any] = st.sampled_from(
    [
        *("C0DEV00002", "C0GENERAL1", "G0OPS00003", "C0NOWHERE1", "U0ANA00001", "U0THREADLN"),
        *("U0ANA00001,U0BEN00002", "1800000000.000000", "1.000001", "now", "eyes", "x" * 41_000),
        *("", "release", "Release!", "active", "plan", "public_channel,mpim", "at:1", "link"),
        *("https://a.test/", "refresh_token", "event", 0, 1, -1, 2.5, True, None),
        *([], {}, ["x"], [SECTION], [SECTION] * 51, [{"type": "file"}], [{"id": "F1"}], HOME),
        *(MODAL, json.dumps([SECTION]), "{", {"event_type": "x", "event_payload": {}}),
        [{"type": "markdown_text", "text": "x"}],
        [{"title": "x", "message": "x"}],
    ]
)
words = sorted(
    {word.rstrip("*") for method in METHODS.values() for word in method.arguments.split()}
)
calls = st.sampled_from(sorted(METHODS)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.fixed_dictionaries(
            {word: values for word in METHODS[name].required},
            optional={
                word: values for word in METHODS[name].arguments.split() if not word.endswith("*")
            },
        ),
        st.dictionaries(st.sampled_from(words), values, max_size=2),
    )
)


def answered(slack: LocalSlack, name: str, arguments: Json) -> Json:
    app = next(iter(slack.workspace.apps.values()))
    [token, *_] = app.app_tokens if METHODS[name].token == "app" else ["xoxb-1"]
    if METHODS[name].token == "client":
        arguments |= {"client_id": app.client_id, "client_secret": app.client_secret}
    body = json.dumps(arguments).encode()
    return slack.call(name, f"Bearer {token}", {}, "application/json", body).body


@given(st.lists(calls, min_size=1, max_size=6))
@settings(deadline=None, max_examples=150)
def test_every_call_is_answered_with_a_code_its_method_knows(
    script: list[tuple[str, Json, Json]],
) -> None:
    async def play() -> None:
        workspace = seeded("xoxb-1", "xapp-1", SCOPES)
        post(workspace, "U0ANA00001", "C0DEV00002", "hello", START)
        slack = LocalSlack(workspace, Clock(lambda: START), limits="off")
        for name, arguments, more in script:
            answer = answered(slack, name, {**more, **arguments})
            assert answer["ok"] or answer["error"] in METHODS[name].known_errors, answer
            json.dumps(answer)
        await slack.close()

    asyncio.run(play())
