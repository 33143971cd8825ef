"""Credentials in what is no answer: cards, steps, thoughts, also where only half of one is left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import JsonValue

from bot.core.approvals import Grant
from bot.core.asks import Confirmation
from bot.core.inbound import Person
from bot.core.views import HomeGrant, HomeView, StepView, TurnView
from bot.slack.action_ids import ModalRef
from bot.slack.render import modals, render
from bot.slack.render.edits import entries
from bot.slack.render.home import home
from bot.slack.render.masking import masked, masked_ask
from bot.slack.render.secrets import mask
from tests.slack.cards import CONFIRMATION, OPEN, SESSION
from tests.slack.test_secrets import BEFORE, PEM, SECRETS, written

TOKEN = SECRETS["GitHub-token"]
TURN = TurnView(session=SESSION, text="", status="working", last=True)


def card(**given: JsonValue) -> str:
    """All that is drawn of a request and of its whole input."""
    asked = replace(CONFIRMATION, input=given, editable=True)
    view = masked_ask(replace(OPEN, ask=asked))
    assert isinstance(view.ask, Confirmation)
    edit = modals.opened(ModalRef(OPEN.uid, "edit"), asked, view)
    pages = modals.whole_input(ModalRef(OPEN.uid, "show"), view.ask, 0)
    return f"{render(view)} {pages} {edit}"


def test_a_credential_is_known_by_the_name_of_its_value_E83() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    said = card(
        headers={"Authorization": f"Bearer {secret}"},
        env=[{"AWS_SECRET_ACCESS_KEY": secret}],
    )
    assert secret not in said and "•••authorization" in said and "•••AWS-secret" in said


def test_names_are_masked_too_and_none_gets_lost_E83() -> None:
    more: JsonValue = {TOKEN: "second", f"{TOKEN}x": "third"}
    said = card(**{TOKEN: "first"}, more=more)
    assert TOKEN not in said
    assert all(word in said for word in ("first", "second", "third"))


def test_what_has_a_secret_name_stays_as_it_is_in_a_form() -> None:
    asked = replace(CONFIRMATION, input={TOKEN: "x", "command": "make"}, editable=True)
    shown = masked_ask(replace(OPEN, ask=asked)).ask
    assert isinstance(shown, Confirmation)
    made, fixed = entries(asked, shown.input)
    assert [entry.name for entry in made] == ["command"]
    assert [one.name for one in fixed] == ["•••GitHub-token"]


def test_a_tool_named_like_a_credential_is_masked() -> None:
    view = masked(replace(OPEN, ask=replace(CONFIRMATION, tool=TOKEN)))
    assert TOKEN not in str(render(view))


def test_a_rule_on_home_shows_no_credential_of_its_patterns() -> None:
    ana = Person("U1", "Ana")
    patterns = (("Authorization", f"Bearer {TOKEN[4:]}1"), ("url", "https://a.example/*"))
    grant = Grant(
        id="g", scope="thread", place=SESSION, agent="a", tool="Fetch", input=patterns, by=ana,
        made_at=0.0, until=1.0,
    )  # fmt: skip
    said = str(home(HomeView((), (HomeGrant(grant, True),))))
    assert TOKEN[4:] not in said and "https://a.example/*" in said


@pytest.mark.parametrize("kind", [kind for kind in SECRETS if kind not in BEFORE])
@pytest.mark.parametrize("kept", [0.6, 0.8, 0.95])
def test_of_a_credential_that_was_cut_off_nothing_is_shown_E83(kind: str, kept: float) -> None:
    secret = written(kind)
    cut = f"git push {secret[: int(len(secret) * kept)]}…"
    shown = mask(cut, shortened=True)
    assert shown == f"git push •••{kind}…"
    assert mask("a short line…", shortened=True) == "a short line…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("curl https://bob:hunt…", "curl https://bob:•••password…"),
        ("curl http://localhost:8080…", "curl http://localhost:8080…"),
        ("pip install scikit-le…", "pip install scikit-le…"),
    ],
)
def test_a_line_cut_in_an_address_hides_its_password_alone(text: str, shown: str) -> None:
    assert mask(text, shortened=True) == shown


def test_an_answer_may_name_the_beginning_of_a_credential() -> None:
    text = f"It begins with {TOKEN[:14]}…"
    assert mask(text) == text


def test_steps_cut_at_a_credential_do_not_show_its_beginning_E83() -> None:
    step = StepView(f"curl -H {TOKEN[:20]}…", "running", id="s", input=f"a: {TOKEN[:25]}…")
    said = str(render(masked(replace(TURN, detail="detailed", steps=(step,)))))
    assert "ghp" not in said and "•••GitHub-token" in said


@pytest.mark.parametrize("after", ["", " It", " It" * 130])
def test_thoughts_show_neither_half_of_a_credential_E83(after: str) -> None:
    thought = f"I use {TOKEN}{after}"
    for end in range(len(thought)):
        said = str(render(masked(replace(TURN, thinking=thought[:end]))))
        assert TOKEN[:13] not in said and TOKEN[-10:] not in said


def test_a_key_in_a_thought_is_masked_though_its_first_line_is_not_shown_E83() -> None:
    said = str(render(masked(replace(TURN, thinking=f"Look:\n{PEM}"))))
    assert "MIIE" not in said
