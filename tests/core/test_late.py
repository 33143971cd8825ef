"""What agents do when nobody waits for them: work unasked, and ask after their turn has ended."""

from __future__ import annotations

import pytest

from bot.core.commands import SendAnswer
from bot.core.events import AskOpened, Detached
from bot.core.views import tidy
from tests.core.scene import BOB, Scene, confirmation

UNASKED = "info: Nobody asked for this: the agent began by itself."


def ended() -> Scene:
    return Scene().mention().performs().starts().writes("Done so far.").ends()


def test_an_ask_after_its_turn_waits_below_everything_and_is_answered() -> None:
    scene = ended().asks()
    assert scene.lines == ["done Done so far.", "ask open"]
    assert scene.signs[0] == "waiting"
    assert not scene.state.busy
    scene.click(by=BOB)
    assert "Only <@U1> can decide" in scene.whispers[0][1]
    scene.click()
    assert scene.command(SendAnswer).ask == "a1"
    scene.performs()
    assert scene.lines[-1] == "ask settled answered Allowed U1"


def test_an_ask_from_the_background_outlives_the_end_and_the_stop_of_its_turn() -> None:
    scene = Scene().mention().performs().starts().writes("On it. ").asks(background=True)
    scene.writes("Meanwhile.").ends()
    assert scene.lines == ["part On it. ", "ask open", "done Meanwhile."]
    scene.post("next").performs().starts("t2").stop().ends("t2", "stopped")
    assert scene.ask().status == "open"


def test_a_late_ask_during_another_turn_stands_where_it_came() -> None:
    scene = ended().post("more").performs().starts("t2").writes("Again. ", "t2").asks()
    scene.writes("And on.", "t2", "m2")
    assert scene.lines == ["done Done so far.", "part Again. ", "ask open", "working And on."]
    scene.ends("t2")
    assert scene.ask().status == "open"


def test_a_late_ask_of_a_turn_long_forgotten_is_shown_and_never_revived() -> None:
    scene = ended().post("more").performs().starts("t2").writes("Later.", "t2").ends("t2").shows()
    scene.state = tidy(scene.state)
    assert [turn.ref for turn in scene.state.turns] == ["t2"]
    scene.asks()
    assert scene.lines == ["done Later.", "ask open"]
    scene.closes("withdrawn").post("third").performs().starts("t3").writes("Third.", "t3")
    scene.ends("t3").shows()
    scene.state = tidy(scene.state)
    before = scene.state
    assert before.asks == ()
    assert scene.asks().state == before


def test_what_was_asked_while_it_was_being_stopped_is_not_asked_later() -> None:
    scene = Scene().mention().performs().starts().stop().asks().ends(outcome="stopped").asks()
    assert scene.state.asks == ()


def test_a_late_ask_is_withdrawn_when_the_agent_is_gone_for_good() -> None:
    scene = ended().asks()(Detached(reason="It crashed.", final=True))
    assert scene.ask().outcome == "withdrawn"


@pytest.mark.parametrize("ask", ["a1", "a2"])
def test_a_card_that_was_deleted_is_posted_again(ask: str) -> None:
    scene = ended()(AskOpened(ask=confirmation(ask))).shows()
    slot = next(r.key.slot for r in scene.state.receipts if r.key.slot.startswith("ask"))
    scene.refuses(slot, gone=True)
    assert scene.ask(ask).card == 1
    assert scene.lines[-1] == "ask open"


def test_a_turn_nobody_asked_for_says_so_above_what_it_shows() -> None:
    scene = ended().starts("t9")
    assert scene.lines == ["done Done so far."]
    scene.writes("By the way.", "t9").ends("t9")
    assert scene.lines == ["done Done so far.", UNASKED, "done By the way."]
    assert scene.writes("", "t9").lines.count(UNASKED) == 1


def test_a_turn_nobody_asked_for_that_says_nothing_is_not_spoken_of() -> None:
    assert ended().starts("t9").ends("t9").lines == ["done Done so far."]


def test_a_turn_that_was_asked_for_is_not_marked() -> None:
    assert ended().lines == ["done Done so far."]
