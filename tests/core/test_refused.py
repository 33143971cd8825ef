"""What people deleted stays deleted, the rest is shown, and nobody waits for ever."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.asks import Answer, Confirmation, Field
from bot.core.commands import Published, SendAnswer
from bot.core.events import AskOpened
from bot.core.folding import fold
from bot.core.ids import STATUS, PartKey, Receipt, ask_slot, file_slot, notice_slot, turn_slot
from bot.core.parts import part_text, seal_at
from bot.core.policy import Rules
from bot.core.split import weight
from bot.core.turn import Turn
from bot.core.views import overdue
from tests.core.scene import THREAD, Scene
from tests.core.test_split import markdown
from tests.core.test_turn import LIMIT, NEW, check_parts, content_of, delta


def working(text: str = "One two") -> Scene:
    return Scene().mention().performs().starts().writes(text).shows()


def late(scene: Scene) -> set[tuple[str, int]]:
    return {(e.key.slot, e.key.part) for e in overdue(scene.state) if e.key.slot != STATUS}


def warning(scene: Scene) -> str:
    """The only one in the thread."""
    [text] = [text for text in scene.lines if text.startswith("warning: ")]
    return text.removeprefix("warning: ")


# --- the message that grows -----------------------------------------------------------------------


def test_below_a_deleted_message_exactly_the_rest_of_the_answer_is_shown() -> None:
    scene = working("One two").writes(" three").refuses(turn_slot(1), gone=True)
    assert scene.newest.text == " three"
    assert late(scene) == {("turn:1", 1)}
    scene.shows().writes(" four").shows().ends()
    assert scene.newest.text == " three four"


def test_what_the_message_showed_beyond_its_receipt_is_not_shown_again() -> None:
    scene = working("One two").writes(" three").refuses(turn_slot(1), gone=True, length=10)
    assert scene.newest.text == "ree"


def test_nothing_is_shown_again_when_all_had_been_shown() -> None:
    scene = working().refuses(turn_slot(1), gone=True)
    assert late(scene) == set()
    assert scene.writes(" three").newest.text == " three"


def test_a_deleted_message_in_the_middle_of_code_goes_on_as_code() -> None:
    scene = working("```py\none\ntwo\n").writes("three\n```\nEnd.").refuses(turn_slot(1), gone=True)
    assert scene.newest.text == "```py\nthree\n```\nEnd."


def test_what_was_carried_over_counts_as_shown() -> None:
    scene = Scene(rules=Rules(part_limit=60)).mention().performs().starts()
    scene.writes("```py\n" + "line of code\n" * 6).shows()
    carried = scene.newest.text
    assert carried.startswith("```py\n")
    scene.refuses(turn_slot(1), scene.turn(1).newest, gone=True).writes("last\n")
    assert scene.newest.text == "```py\nlast\n"


def test_people_may_delete_again_and_again() -> None:
    scene = working("a")
    for letter in "bcdefghijkl":
        scene.writes(letter).refuses(turn_slot(1), scene.turn(1).newest, gone=True)
        assert scene.newest.text == letter
        scene.shows()
    assert scene.turn(1).messages is None


def test_a_deleted_part_that_had_ended_is_not_shown_again() -> None:
    scene = working().asks().click().performs().writes("Three").shows()
    scene.refuses(turn_slot(1), 0, gone=True)
    assert scene.writes(" four").newest.text == "Three four"
    assert late(scene) == {("turn:1", 1)}


def test_the_deleted_message_of_a_turn_that_ended_is_not_shown_again() -> None:
    scene = working().ends().shows().refuses(turn_slot(1), gone=True)
    assert late(scene) == set()
    assert scene.turn(1).boundaries == ()


def test_a_message_deleted_before_its_turns_end_was_shown_goes_on_below() -> None:
    scene = working("One two").writes(" three").ends().refuses(turn_slot(1), gone=True)
    assert (scene.newest.text, scene.newest.status) == (" three", "done")
    assert ("turn:1", 1) in late(scene)
    scene.shows()
    assert scene.refuses(turn_slot(1), 1, gone=True).turn(1).parts == 2


def test_a_turn_whose_messages_are_all_deleted_still_says_how_it_failed() -> None:
    scene = working().refuses(turn_slot(1), gone=True).shows().ends(outcome="failed", error="Oh.")
    assert late(scene) >= {("turn:1", 1)}
    assert (scene.newest.status, scene.newest.error, scene.newest.text) == ("failed", "Oh.", "")


def test_the_deletion_of_a_part_the_turn_has_not_changes_nothing() -> None:
    scene = working().ends().shows()
    receipt = Receipt(key=PartKey(turn_slot(1), 5, THREAD.place), ts="9.9", shown="x")
    turn = scene(Published(receipt=receipt)).turn(1)
    assert scene.refuses(turn_slot(1), 5, gone=True).turn(1) == turn


def test_a_channel_that_takes_nothing_is_not_tried_again() -> None:
    scene = working().writes(" three").refuses(turn_slot(1))
    assert scene.turn(1).boundaries == ()
    assert late(scene) == set()
    first = Scene().mention().performs().starts().writes("One").refuses(turn_slot(1), gone=True)
    assert first.turn(1).boundaries == ()


@settings(max_examples=80)
@given(st.lists(markdown, min_size=1, max_size=3), markdown, st.integers(0, 200))
def test_wherever_a_message_was_deleted_nothing_is_lost_or_doubled(
    texts: list[str], rest: str, shown: int
) -> None:
    turn = NEW
    for number, text in enumerate(texts):
        turn = fold(turn, delta(text, item=f"m{number}"), LIMIT, 5.0)
    before = len(part_text(turn, turn.parts - 1))
    sealed = seal_at(turn, min(shown, before), LIMIT)
    assert content_of(sealed) == content_of(turn)
    grown = fold(sealed, delta(rest, len(texts[0]), "m0"), LIMIT, 5.0)
    assert sorted(content_of(grown)) == sorted("".join(texts) + rest)
    check_parts(grown, LIMIT)
    for part in range(grown.parts):
        assert weight(part_text(grown, part)) <= _most(grown, part)


def _most(turn: Turn, part: int) -> int:
    close = turn.boundaries[part].close if part < len(turn.boundaries) else ""
    return LIMIT + weight(close) + 1


# --- cards ----------------------------------------------------------------------------------------


def test_the_card_of_an_open_ask_is_posted_again_twice_then_the_request_is_denied() -> None:
    scene = Scene().mention().performs().starts().asks().shows()
    for card in (0, 1):
        scene.refuses(ask_slot("a1"), card, gone=True)
        assert late(scene) == {("ask:a1", card + 1)}
        scene.shows()
    scene.refuses(ask_slot("a1"), 2, gone=True)
    assert scene.command(SendAnswer).answer.verb == "deny"
    assert warning(scene).startswith("I cannot show a request of the agent, so I denied it.")
    assert scene.lines[0] == "ask sending Denied"
    assert scene.performs().ask().outcome == "answered"
    assert scene.click().whispers == [("U1", "Too late: it is over. Your answer was not used.")]


def test_a_card_refused_for_what_it_says_does_not_let_the_agent_wait_for_ever() -> None:
    scene = Scene().mention().performs().starts().asks().refuses(ask_slot("a1"))
    answer = scene.command(SendAnswer).answer
    assert answer == Answer(
        verb="deny", text="Nobody could be asked: the request could not be shown."
    )
    assert "Too odd. Run ls" in warning(scene)


def test_a_question_that_cannot_be_shown_is_answered_by_writing_E52() -> None:
    scene = Scene().mention().performs().starts().wonders().refuses(ask_slot("a1"))
    assert warning(scene) == (
        "I cannot show this question as a card. Too odd. Which colour? "
        "Possible answers: Red, Blue. Write your answer here."
    )
    assert scene.outbox == []
    assert scene.post("blue").performs().ask().outcome == "answered"


@pytest.mark.parametrize("kind", ["several fields", "no denial"])
def test_where_no_word_can_help_the_turn_can_be_stopped(kind: str) -> None:
    scene = Scene().mention().performs().starts()
    if kind == "several fields":
        scene.wonders("a1", "t1", Field(id="x", text="X?"), Field(id="y", text="Y?"))
    else:
        scene(AskOpened(ask=Confirmation(
            id="a1", turn="t1", tool="bash", title="Run ls", input={}, verbs=("allow",)
        )))  # fmt: skip
    scene.refuses(ask_slot("a1"))
    assert warning(scene).endswith("Write *stop* to end the turn that waits for it.")
    assert scene.ask().status == "open"
    assert scene.stop().ask().outcome == "withdrawn"


def test_a_card_that_stands_there_in_an_older_form_can_still_be_pressed() -> None:
    scene = Scene().mention().performs().starts().asks().shows().refuses(ask_slot("a1"))
    assert scene.outbox == []
    assert scene.lines == ["ask open"]
    assert scene.click().outbox == ["send_answer"]


def test_a_card_deleted_while_its_answer_is_sent_comes_again_if_people_must_decide_again() -> None:
    scene = Scene().mention().performs().starts().asks().shows().click()
    scene.refuses(ask_slot("a1"), gone=True)
    assert late(scene) == set()
    scene.fails("refused", "Not like this.")
    assert late(scene) == {("ask:a1", 1)}
    assert scene.shows().click("deny").performs().ask().outcome == "answered"


def test_a_denial_the_agent_does_not_take_is_not_repeated_for_ever() -> None:
    scene = Scene().mention().performs().starts().asks()
    for card in range(3):
        scene.refuses(ask_slot("a1"), card)
        assert scene.outbox == ["send_answer"]
        scene.fails("refused", "No.")
    scene.refuses(ask_slot("a1"), 3)
    assert scene.outbox == []
    assert "Write *stop*" in warning(scene)


# --- the others -----------------------------------------------------------------------------------


def test_a_file_that_cannot_be_shown_is_told_of() -> None:
    scene = Scene(rules=Rules(part_limit=90, most_parts=1)).mention().performs().starts()
    scene.writes("word " * 40).ends().refuses(file_slot(1))
    assert scene.lines[-1] == "warning: I could not show the file with the whole answer. Too odd."
    assert ("file:1", 0) not in late(scene)


def test_a_notice_or_a_file_that_people_deleted_is_not_shown_again() -> None:
    scene = Scene(rules=Rules(part_limit=90, most_parts=1)).mention().performs().starts()
    scene.thinks("Hm.").choose("thinking").writes("word " * 40).ends().shows()
    scene.refuses(file_slot(1), gone=True).refuses(notice_slot(1), gone=True)
    assert late(scene) == set()
    assert len(scene.state.notices) == 1
