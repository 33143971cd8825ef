"""An ask is shown elsewhere too: the same card in each place, kept in step."""

from __future__ import annotations

from dataclasses import replace

from bot.core.access import Access, Admitted
from bot.core.approvals import Approvals, Layer, Rule, Wanted
from bot.core.asks import Answer
from bot.core.commands import Published, Refused
from bot.core.ids import PartKey, Place, Receipt, ask_slot, notice_slot
from bot.core.inbound import Person, Prompt
from bot.core.policy import Rules, groups_named
from bot.core.session.asking import MOST_PRIVATE
from bot.core.stored import dump_state, load_state
from bot.core.views import AskView, NoticeView, Overdue, Priority, find, overdue, tidy, view
from tests.core.scene import ANN, BOB, THREAD, Scene, receipt_for

OPS = Place("C9", "")
HOME = THREAD.place
CARD = ask_slot("a1")


def rules(*ask_in: str, who: tuple[str, ...] = ("owner",), **groups: tuple[str, ...]) -> Rules:
    wanted = Wanted(ask_in=("thread", *ask_in), who=who)
    return Rules(approvals=Approvals(workspace=Layer(wanted=wanted)), groups=groups)


def asked(under: Rules, by: Person = ANN) -> Scene:
    scene = Scene(rules=under).mention(by=by).performs().starts(prompt=1)
    return scene.writes("Let me look.").asks()


def places(scene: Scene) -> list[str]:
    return [item.place.channel for item in view(scene.state).copies if item.place]


def late(scene: Scene) -> list[Overdue]:
    return [entry for entry in overdue(scene.state) if entry.key.place != HOME]


def copies(scene: Scene) -> list[AskView]:
    return [item.shown for item in view(scene.state).copies if isinstance(item.shown, AskView)]


def test_without_terms_of_its_own_an_ask_is_shown_in_its_thread_alone() -> None:
    scene = asked(Rules())
    assert view(scene.state).copies == () and late(scene) == []


def test_copies_are_posted_before_all_else_and_wait_for_nothing_E48_E35() -> None:
    scene = asked(rules("C9", "private"))
    assert [str(entry.key.place) for entry in late(scene)] == ["C9/", "U1/"]
    assert {entry.priority for entry in late(scene)} == {Priority.ASK}
    assert [entry.key.slot for entry in overdue(scene.state) if entry.key.place == HOME][-1] == (
        "turn:1"
    ), "the thread's own card waits for the text above it"


def test_a_copy_says_where_it_belongs_and_who_asked_and_is_the_same_card_E48() -> None:
    scene = asked(rules("C9")).shows()
    [copy] = copies(scene)
    assert (copy.home, copy.title, copy.asked_by) == (THREAD, "do it", ("U1",))
    own = next(i.shown for i in view(scene.state).messages if isinstance(i.shown, AskView))
    assert own.home is None
    assert replace(copy, home=None, title="") == own


def test_private_means_each_who_is_named_once() -> None:
    who = ("owner", "requester", "U7", "S1", "anyone", "S2")
    scene = asked(rules("private", who=who, S1=("U7", "U8"), S2=("U1",)))
    assert places(scene) == ["U1", "U7", "U8"]


def test_who_may_not_decide_or_reads_the_thread_as_a_direct_message_is_not_written_to() -> None:
    ask = asked(rules("private", who=("owner", "U2"))).ask()
    assert {place.channel for place in ask.copies} == {"U1", "U2"}
    policy = Wanted(ask_in=("private", "C1"), who=("owner", "U2"), not_requester=True)
    scene = asked(Rules(approvals=Approvals(workspace=Layer(wanted=policy))))
    assert places(scene) == ["U2"], "nor does the channel of the thread get a second card"
    direct = Scene(rules=rules("private", who=("owner", "U2")))
    direct.state = replace(direct.state, thread=replace(THREAD, channel="D1"))
    thread = direct.state.thread
    post = Prompt(key="msg:1", thread=thread, by=ANN, ts="1.1", text="do it", direct=True)
    direct(post).performs().starts(prompt=1).asks()
    assert places(direct) == ["U2"]


def test_members_that_become_known_later_are_asked_then_while_it_is_open() -> None:
    known: dict[str, tuple[str, ...]] = {}
    scene = asked(replace(rules("private", who=("S1",)), groups=known))
    assert places(scene) == []
    known["S1"] = ("U7",)
    assert places(scene.wait(1)) == ["U7"]
    scene.closes("withdrawn")
    known["S1"] = ("U7", "U8")
    assert [place.channel for place in scene.wait(1).ask().copies] == ["U7"]


def test_only_so_many_people_are_written_to_and_that_is_said_once() -> None:
    crowd = tuple(f"U{n}" for n in range(100, 100 + MOST_PRIVATE + 5))
    scene = asked(rules("private", "C9", who=("S1",), S1=crowd))
    assert len(places(scene)) == MOST_PRIVATE + 1 and "C9" in places(scene)
    assert scene.ask().unasked == 5
    assert len([n for n in scene.wait(1).state.notices if n.id == "private:most"]) == 1


def test_every_copy_follows_every_change_and_none_keeps_its_buttons_E42_E48() -> None:
    scene = asked(rules("C9", "private", who=("anyone", "U2"))).shows()
    scene(Prompt(key="m", thread=THREAD, by=BOB, ts="1700000000.5", text="hm", mentions_bot=True))
    scene.shows().click(by=BOB)
    assert [entry.key.place.channel for entry in late(scene)] == ["C9", "U2"]
    assert {copy.status for copy in copies(scene)} == {"sending"}
    scene.shows().performs()
    assert {(c.status, c.outcome, c.by) for c in copies(scene)} == {("settled", "answered", "U2")}
    assert len(late(scene.shows())) == 0


def test_an_ask_that_is_over_before_a_copy_was_posted_gets_none() -> None:
    scene = asked(rules("C9")).closes("withdrawn")
    assert late(scene) == []
    assert find(scene.state, CARD, 0, OPS) is None
    found = Published(receipt=Receipt(PartKey(CARD, 0, OPS), ts="5.5", shown=""))
    assert [entry.key.place for entry in late(scene(found))] == [OPS], "found after a crash"


def test_an_ask_that_a_rule_settles_is_shown_nowhere_else() -> None:
    scene = asked(rules("C9")).click().shows()
    assert scene.ask().status == "sending" and view(scene.state).copies == ()
    assert len(copies(scene.fails("refused"))) == 1, "and elsewhere once people have to decide"


def test_a_deleted_copy_is_not_posted_again_and_the_thread_s_card_stays() -> None:
    scene = asked(rules("C9")).shows()
    gone = Refused(key=PartKey(CARD, 0, OPS), shown="x", reason="Gone.", gone=True)
    before = scene.state
    scene(gone)
    assert late(scene) == [] and scene.state.notices == before.notices
    assert scene.ask().card == 0 and scene.ask().status == "open"


def test_a_deleted_card_comes_again_in_the_thread_and_its_copies_stay() -> None:
    scene = asked(rules("C9")).shows().refuses(CARD, gone=True).shows()
    assert scene.ask().card == 1
    assert [entry.key.part for entry in late(scene.click())] == [0]


def test_a_place_that_refuses_is_named_in_the_thread_once_and_stops_nothing_E39() -> None:
    scene = asked(rules("C9", "private"))
    for place in (OPS, Place("U1", "")):
        scene(Refused(key=PartKey(CARD, 0, place), shown="x", reason="No."))
    notices = [i.shown for i in view(scene.state).messages if isinstance(i.shown, NoticeView)]
    assert [(notice.to, notice.level) for notice in notices] == [
        ("<#C9>", "warning"), ("<@U1>", "warning")
    ]  # fmt: skip
    assert scene.ask().status == "open" and late(scene) == []
    scene.click().performs().shows().asks("a2").shows()
    scene(Refused(key=PartKey(ask_slot("a2"), 0, OPS), shown="x", reason="No."))
    assert len(scene.state.notices) == 2
    assert scene.ask("a2").status == "open"


def test_copies_are_forgotten_with_their_turn_and_not_before_they_are_right() -> None:
    scene = asked(rules("C9")).shows().click().performs().ends()
    slow = [entry for entry in overdue(scene.state) if entry.key.place == OPS]
    while others := [e for e in overdue(scene.state) if e.key.place != OPS]:
        scene(Published(receipt=receipt_for(others[0], ts=others[0].key.slot)))
    scene.mention("next").performs().starts("t2", prompt=2)
    assert any(ask.copies for ask in tidy(scene.state).asks)
    scene(Published(receipt=receipt_for(slow[0], ts="9.9")))
    kept = tidy(scene.state)
    assert kept.asks == () and {receipt.key.place for receipt in kept.receipts} == {HOME}


def test_copies_survive_a_restart() -> None:
    scene = asked(rules("C9", "private")).shows()
    again = load_state(dump_state(scene.state), 1)
    assert again == scene.state and overdue(again) == []
    assert Place.parse(str(OPS)) == OPS


def test_questions_are_asked_where_the_layers_say_and_no_rule_for_tools_counts() -> None:
    scene = Scene(rules=rules("C9")).mention().performs().starts(prompt=1).wonders()
    assert scene.ask().terms.ask_in == ("thread", "C9")
    assert [entry.key.place.channel for entry in late(scene)] == ["C9"]
    scene.reply(Answer(verb="reply", values=(("colour", ("r",)),)))
    assert scene.ask().status == "sending"


def test_the_user_groups_of_a_policy_are_known() -> None:
    layer = Layer(wanted=Wanted(who=("S1", "owner")), rules=(Rule(wanted=Wanted(who=("S2",))),))
    policy = Approvals(workspace=layer, channels={"C1": Layer(wanted=Wanted(who=("S1", "S3")))})
    access = Access(workspace=Admitted(people=("U1", "S4"), stop=("S5",)))
    assert groups_named(access, policy) == ("S4", "S5", "S1", "S2", "S3")
    assert groups_named(Access(), Approvals()) == ()


def test_a_notice_about_a_place_is_shown_once_more_only_when_it_changes() -> None:
    scene = asked(rules("C9"))
    scene(Refused(key=PartKey(CARD, 0, OPS), shown="x", reason="No.")).shows()
    assert overdue(scene.state) == []
    assert find(scene.state, notice_slot(1), 0) is not None
