"""Which agent answers in a thread, and how people choose one."""

from __future__ import annotations

import pytest

from bot.core.errors import UnknownAgent
from bot.core.ids import ThreadKey
from bot.core.inbound import Person, Prompt
from bot.core.routing import Routes, route
from tests.core.scene import ANN, GUEST, THREAD, Scene

SEVERAL = Routes("Claude", ("Claude", "codex-2"), {"C2": "codex-2"})
ONE = Routes("Claude", ("Claude",))


def prompt(text: str, by: Person = ANN, *, mention: bool = True, channel: str = "C1") -> Prompt:
    thread = ThreadKey("T1", channel, "1.0")
    return Prompt(
        key="k", thread=thread, by=by, ts="1.0", text=text, mentions_bot=mention
    )  # fmt: skip


def routed(text: str, routes: Routes = SEVERAL, bound: str | None = None) -> tuple[str, str, str]:
    agent, told = route(prompt(text), routes, bound)
    return agent, told.text, told.agent


def test_the_channel_s_agent_answers_else_the_default_E64() -> None:
    assert route(prompt("hi"), SEVERAL, None)[0] == "Claude"
    assert route(prompt("hi", channel="C2"), SEVERAL, None)[0] == "codex-2"
    assert route(prompt("with claude hi", channel="C2"), SEVERAL, None)[0] == "Claude"


@pytest.mark.parametrize(
    "text",
    ["with codex-2 fix\n\nit", "With CODEX-2: fix\n\nit", "with codex-2, fix\n\nit"],
)
def test_one_thread_s_agent_is_named_first(text: str) -> None:
    assert routed(text) == ("codex-2", "fix\n\nit", "codex-2")


def test_a_name_alone_is_told_as_it_was_said() -> None:
    assert routed("with codex-2") == ("codex-2", "with codex-2", "codex-2")


def test_an_unknown_name_is_declined_with_those_there_are() -> None:
    with pytest.raises(UnknownAgent) as refused:
        route(prompt("with gemini fix it"), SEVERAL, None)
    assert "no agent called gemini" in refused.value.user_message
    assert "There are: Claude, codex-2." in refused.value.user_message


def test_where_one_agent_answers_the_words_are_its_own_and_nobody_is_introduced() -> None:
    assert routed("with love from Rome", ONE) == ("Claude", "with love from Rome", "")
    assert routed("with claude go", ONE) == ("Claude", "go", "")


def test_a_thread_keeps_its_agent() -> None:
    assert routed("with care, please", bound="Claude") == ("Claude", "with care, please", "")
    assert routed("with claude go on", bound="Claude") == ("Claude", "go on", "")
    with pytest.raises(UnknownAgent, match=r"In this thread Claude answers\."):
        route(prompt("with codex-2 go on"), SEVERAL, "Claude")


def test_a_post_that_does_not_call_the_bot_chooses_nothing() -> None:
    told = route(prompt("with codex-2 go", mention=False), SEVERAL, "Claude")[1]
    assert told.text == "with codex-2 go"


def test_who_may_start_nothing_is_told_that_and_no_names() -> None:
    assert route(prompt("with gemini go", GUEST), SEVERAL, None)[0] == "Claude"


def test_the_thread_begins_by_saying_who_answers() -> None:
    said = Prompt(
        key="k", thread=THREAD, by=ANN, ts="1.0", text="go", mentions_bot=True, agent="codex-2"
    )
    scene = Scene()(said).performs().starts().writes("Going.")
    assert scene.lines == ["info: codex-2 answers in this thread.", "working Going."]
    assert scene.ends().post("more").lines[0] == "info: codex-2 answers in this thread."
