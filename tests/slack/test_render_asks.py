"""What people see of approvals and questions: snapshots of each state, and laws for any of them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.core.asks import Choice, Confirmation, Field, Question
from bot.core.views import AskView, digest
from bot.playground.validate import require_view
from bot.slack import limits
from bot.slack.action_ids import FORMS, AskAction, ModalRef, OpenAction, parse_action, parse_modal
from bot.slack.render import asks, inputs, modals
from bot.slack.render.asks import ask
from bot.slack.render.blocks import Content, Json
from bot.slack.render.inputs import INPUT_ROOM
from tests.slack.cards import (
    ASKS,
    CONFIRMATION,
    EDIT,
    ENDLESS_QUESTION,
    FETCH,
    FORM,
    FULL,
    LONG_COMMAND,
    OPEN,
    SCHEMA,
    SEVERAL_EDITS,
    UID,
    UNANSWERABLE,
)
from tests.slack.drawn import OURS, actions, checked
from tests.slack.liveness import live_sequences, strings


@pytest.mark.parametrize("name", ASKS)
def test_ask(name: str, snapshot: SnapshotAssertion) -> None:
    assert checked(ask(ASKS[name])) == snapshot


MODALS = {
    "show": (LONG_COMMAND, "show"),
    "who": (None, "who"),
    "deny": (CONFIRMATION, "deny"),
    "edit with a schema": (SCHEMA, "edit"),
    "edit without a schema": (EDIT, "edit"),
    "always for a command": (CONFIRMATION, "always"),
    "always for a file": (EDIT, "always"),
    "always in the agent": (EDIT, "agent_always"),
    "answer a form": (FORM, "answer"),
    "answer one of many": (ENDLESS_QUESTION, "answer"),
}


@pytest.mark.parametrize("name", MODALS)
def test_modal(name: str, snapshot: SnapshotAssertion) -> None:
    asked, form = MODALS[name]
    view = FULL if asked is None else replace(OPEN, ask=asked, always=True)
    assert modal(view, form) == snapshot


def test_too_late_says_how_it_ended(snapshot: SnapshotAssertion) -> None:
    view = modals.over(ModalRef(UID, "deny"), ASKS["allowed"])
    require_view(view, "modal")
    assert view == snapshot


def modal(view: AskView, form: str) -> Json:
    ref = ModalRef(UID, form)  # type: ignore[arg-type]
    made = modals.opened(ref, view.ask, view)
    assert made is not None
    require_view(made, "modal")
    assert parse_modal(str(made["callback_id"]), str(made["private_metadata"])) == ref
    return made


def text_of(content: Content) -> str:
    return "".join(strings([*content.blocks]))


# ---- what is to be decided


def test_every_card_says_in_plain_words_what_it_is_about_E92() -> None:
    for name, view in ASKS.items():
        said = ask(view).text
        assert len(said.split()) > 2, name
        assert view.ask.title in said, name
    assert ask(ASKS["open"]).text == (
        "Permission needed: Deploy to production (make deploy ENV=prod &lt;\u2060!here&gt;)"
    )


def test_a_card_says_what_for_whom_who_and_until_when_E34() -> None:
    said = text_of(ask(FULL))
    for part in (
        "Edit shop/delivery.py",
        "+    if is_holiday(day):",
        "2 of <@U1A> or the group Release managers can decide · asked for by <@U1A>",
        "2 people have to agree. So far: <@U2B>.",
        "Until <!date^1700003600^",
        "without a decision it is denied then",
    ):
        assert part in said


def test_a_card_names_groups_and_calls_none_of_them_E82() -> None:
    who = "2 of <!subteam^S1>, <!subteam^S2> or <@U1A>"
    names = (("S1", "Release *managers* <!here> & co"), ("S2", ""))
    said = text_of(ask(replace(FULL, who=who, groups=names)))
    named = "Release *managers* &lt;\u2060!here&gt; &amp; co"
    assert f"2 of the group {named}, a user group or <@U1A> can decide" in said
    assert digest(replace(FULL, groups=names)) == digest(FULL)


@pytest.mark.parametrize(
    ("link", "note"),
    [
        ("https://bank.example@evil.test/login", "leads to evil.test"),
        ("https://shop.example/sign-in?s=1", ""),
        ("file:///etc/passwd", "not clear where this leads"),
    ],
)
def test_where_a_question_can_be_answered_is_plain_to_see_E52(link: str, note: str) -> None:
    said = text_of(ask(replace(OPEN, ask=replace(UNANSWERABLE, link=link))))
    assert note in said and ("leads" in said) is bool(note)


def test_what_the_server_cannot_do_is_not_offered_E36() -> None:
    plain = [*labels(replace(OPEN, ask=replace(CONFIRMATION, verbs=("allow", "deny"))))]
    assert plain == ["Allow", "Deny", asks.DENY_WHY, asks.WHO]
    everything = [*labels(FULL)]
    assert everything == [
        "Allow", "Allow for this session", "Deny", asks.DENY_WHY, asks.EDIT, asks.ALWAYS,
        asks.AGENT_ALWAYS, asks.WHO, "Allow all 3", "Deny all 3",
    ]  # fmt: skip


def labels(view: AskView) -> list[str]:
    found: list[str] = []
    for element in actions(ask(view)):
        options = element.get("options")
        each = options if isinstance(options, list) else [element]
        found += [one["text"]["text"] for one in each]  # type: ignore[index]
    return found


def test_allowing_several_at_once_is_asked_twice_E47() -> None:
    sure = [e["action_id"] for e in actions(ask(FULL)) if "confirm" in e]
    assert sure == ["ask:all:allow"]


def test_what_was_proposed_and_what_was_allowed_both_stay_E45() -> None:
    said = text_of(ask(ASKS["allowed with changes"]))
    assert "+    if is_holiday(day):" in said
    assert "Changed before it was allowed:" in said and "+    return []" in said
    assert "Allowed with changes" in said and "in a direct message" in said


def test_a_settled_card_names_outcome_person_place_and_reason_E42() -> None:
    said = text_of(ask(replace(ASKS["denied with a reason"], place="C0X9/1.2")))
    for part in ("Denied", "by <@U1A>", "in <#C0X9>", "<!date^1700000000^", "Reason: Not *today*"):
        assert part in said


def test_a_question_without_a_form_says_where_to_answer_E52() -> None:
    content = ask(ASKS["question for elsewhere"])
    assert actions(content) == []
    assert "https://shop.example/sign-in?s=1" in text_of(content)
    assert "Answer it where the agent runs." in text_of(ask(ASKS["question for nowhere"]))


# ---- the input


def test_a_change_is_read_as_a_diff() -> None:
    [change] = [piece for piece in inputs.pieces(EDIT.input) if piece.label == "Change"]
    assert change.text.split("\n") == [
        " def slots(day):",
        "+    if is_holiday(day):",
        "+        return []",
        "     return weekly(day)",
    ]


def test_nothing_of_several_edits_is_hidden() -> None:
    said = [piece.label for piece in inputs.pieces(SEVERAL_EDITS.input) if not piece.line]
    assert said == ["Change 1", 'Change 2 with {"replace_all": true}']
    odd: Json = {"edits": [{"old_string": "a", "new_string": "b"}, "rm -rf /"]}
    assert "rm -rf /" in str(inputs.pieces(odd))


@given(st.text("ab\n", max_size=30), st.text("ab\n", max_size=30))
def test_a_diff_tells_both_texts(before: str, after: str) -> None:
    lines = inputs.unified(before + "\n" * 9, after + "\n" * 9).split("\n")
    if before == after:
        assert lines == ["(no change)"]
    else:
        assert any(line[:1] in "+-" for line in lines)


def test_an_address_cannot_hide_where_it_leads() -> None:
    notes = {piece.label: piece.note for piece in inputs.pieces(FETCH.input)}
    assert notes == {
        "url": "leads to evil.test",
        "fallback": "leads to xn--e1afmkfd.test",
        "plain": "",
    }
    for odd in ("http://a.b\\@c.d/", "http://[::1", "http://"):
        [piece] = inputs.pieces({"url": odd})
        assert piece.note == "not clear where this leads"


def test_a_long_input_is_cut_and_says_so_and_all_of_it_can_be_read_E34() -> None:
    content = ask(ASKS["a long command"])
    assert " more characters)" in text_of(content)
    assert asks.SHOW in labels(ASKS["a long command"])
    shown, page = "", 0
    while True:
        view = modals.whole_input(ModalRef(UID, "show"), LONG_COMMAND, page)
        require_view(view, "modal")
        shown += "".join(code(view))
        if "Next" not in str(view):
            break
        page += 1
    assert page == 1
    assert shown == LONG_COMMAND.input["command"]


def code(view: Json) -> list[str]:
    [rich] = [block for block in view["blocks"] if block["type"] == "rich_text"]  # type: ignore
    parts = [p for p in rich["elements"] if p["type"] == "rich_text_preformatted"]  # type: ignore
    return [part["elements"][0]["text"] for part in parts]  # type: ignore


def test_what_could_hide_in_a_command_is_written_out() -> None:
    shown = text_of(ask(ASKS["open for anyone"]))
    assert "⟨U+202E⟩rm -rf /" in shown and "\u202e" not in shown


def test_a_command_just_too_long_says_by_how_much() -> None:
    command = "x" * (INPUT_ROOM + 321)
    content = ask(replace(OPEN, ask=replace(CONFIRMATION, input={"command": command})))
    assert "… (321 more characters)" in text_of(content)


def test_every_choice_of_a_menu_comes_back() -> None:
    [menu] = actions(ask(ASKS["question with a menu"]))
    options = menu["options"]
    assert isinstance(options, list)
    chosen = [parse_action(str(menu["action_id"]), str(option["value"])) for option in options]  # type: ignore
    assert chosen == [AskAction(UID, "reply", at) for at in range(7)]


def test_every_choice_of_an_endless_menu_can_be_found() -> None:
    field = ENDLESS_QUESTION.fields[0]
    for at in (0, 99, 249):
        [found] = [
            option
            for option in modals.found(UID, field, f"STREET  {at} ".strip())
            if option["text"]["text"] == f"Street {at}"  # type: ignore
        ]
        parsed = parse_action(f"ask:find:{UID}", str(found["value"]))
        assert parsed == AskAction(UID, "reply", at)
    assert len(modals.found(UID, field, "")) == limits.SELECT_OPTIONS
    assert modals.found(UID, field, "avenue") == []


# ---- laws

WORDS = st.text(max_size=60) | st.sampled_from(["", "<!here>", "<@U1>", "*", "x" * 5000, "\n\n"])
CHOICES = st.lists(st.builds(Choice, WORDS, WORDS, WORDS), max_size=120).map(tuple)
PEOPLE = st.lists(st.sampled_from(["U1A", "U2B"]) | WORDS, max_size=12).map(tuple)
FIELDS = st.builds(
    Field, id=WORDS, text=WORDS, choices=CHOICES, free_text=st.booleans(), multiple=st.booleans()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["command", "path", "content", "old_string", "new_string", "edits", "url"])
INPUTS = st.dictionaries(WORDS | NAMES, VALUES, max_size=40)
ASK_VIEWS = st.builds(
    AskView,
    uid=st.just(UID),
    ask=st.builds(
        Confirmation,
        id=WORDS,
        turn=WORDS,
        tool=WORDS,
        title=WORDS,
        input=INPUTS,
        verbs=st.lists(
            st.sampled_from(["allow", "allow_session", "allow_always", "deny"]), unique=True
        ).map(tuple),
        editable=st.booleans(),
        schema=st.none() | st.dictionaries(WORDS, VALUES, max_size=3),
    )
    | st.builds(
        Question,
        id=WORDS,
        turn=WORDS,
        title=WORDS,
        fields=st.lists(FIELDS, max_size=3).map(tuple),
        link=st.sampled_from(["", "https://x.test/a", "javascript:alert(1)", "<!here>"]) | WORDS,
    ),
    status=st.sampled_from(["open", "sending", "settled"]),
    who=st.sampled_from(["", "<@U1A>", "2 of <@U1A> or <@U2B>"]),
    by=st.none() | WORDS,
    label=WORDS,
    at=st.none() | st.floats(0, 4e9),
    outcome=st.none() | st.sampled_from(["answered", "elsewhere", "withdrawn", "expired"]),
    note=WORDS,
    asked_by=st.lists(WORDS, max_size=8).map(tuple),
    need=st.integers(1, 3),
    agreed=PEOPLE,
    deadline=st.none() | st.floats(0, 4e9),
    at_deadline=st.sampled_from(["wait", "deny"]),
    rule=WORDS,
    explain=WORDS,
    always=st.booleans(),
    parked=st.booleans(),
    others=st.integers(0, 3),
    effective=st.none() | INPUTS,
    reason=WORDS,
    place=st.sampled_from(["", "thread", "C1/1.2", "D1/1.2"]) | WORDS,
)


@settings(deadline=None, max_examples=60)
@given(ASK_VIEWS)
def test_any_ask_is_a_valid_message_with_buttons_only_while_open(view: AskView) -> None:
    content = checked(ask(view))
    offered = actions(content)
    if view.status != "open":
        assert offered == []
    elif isinstance(view.ask, Confirmation):
        pressed = {one for element in offered for one in meant(element)}
        decided = {one.verb for one in pressed if isinstance(one, AskAction) and not one.all}
        assert decided == {*view.ask.verbs} - {"allow_always"}
        assert None not in pressed
        assert OpenAction(UID, "who") in pressed


def meant(element: Json) -> list[object]:
    options = element.get("options")
    each = options if isinstance(options, list) else [element]
    return [parse_action(str(element["action_id"]), str(one["value"])) for one in each]  # type: ignore


@settings(deadline=None, max_examples=40)
@given(ASK_VIEWS, st.sampled_from(FORMS))
def test_any_modal_is_valid_and_nothing_of_others_acts_in_it(view: AskView, form: str) -> None:
    ref = ModalRef(UID, form, "C1/1.2")  # type: ignore[arg-type]
    made = modals.opened(ref, view.ask, view)
    for shown in (made, modals.told(ref, view.note or "No."), modals.over(ref, view)):
        if shown is not None:
            require_view(shown, "modal")
            words = [*strings(mrkdwn(shown))]
            ours = [re.sub(OURS, "", said) for said in words]
            assert [live for said in ours for live in live_sequences(said)] == []


def mrkdwn(view: Json) -> list[Json]:
    found: list[Json] = []
    for block in view["blocks"]:  # type: ignore[union-attr]
        texts = [block.get("text"), *block.get("elements", ())]  # type: ignore
        found += [text for text in texts if text and text.get("type") == "mrkdwn"]  # type: ignore
    return found


@given(ASK_VIEWS)
@settings(deadline=None, max_examples=50)
def test_the_body_of_a_card_never_changes(view: AskView) -> None:
    bodies = {
        str(ask(replace(view, status=status)).blocks[0])
        for status in ("open", "sending", "settled")
    }
    assert len(bodies) == 1


@given(INPUTS)
@settings(deadline=None, max_examples=50)
def test_a_card_stays_below_the_size_of_a_message(values: dict[str, object]) -> None:
    content = ask(replace(OPEN, ask=replace(CONFIRMATION, input=values)))  # type: ignore
    assert sum(map(len, strings([*content.blocks]))) < limits.MARKDOWN_SUM
