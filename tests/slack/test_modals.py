"""Forms that cards open, with the real Bolt at a local Slack: checked in place, never lost."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from pydantic import JsonValue

from bot.core.access import Access, Admitted, Where
from bot.core.approvals import Terms
from bot.core.asks import Answer, Ask, Confirmation
from bot.core.ids import ThreadKey, ask_uid
from bot.core.inbound import Always, Person, Reply
from bot.core.ports import KnownAsk
from bot.core.views import AskView
from bot.playground import MethodFault, Playground, Thread
from bot.playground import Person as PersonHere
from bot.playground.people import Refused
from bot.slack.listeners import actions, modals
from bot.slack.render.asks import (
    AGENT_ALWAYS,
    ALWAYS,
    ANSWER,
    DENY_WHY,
    EDIT,
    OTHER,
    SHOW,
    WHO,
    ask,
    terms,
)
from tests.slack import cards
from tests.slack.joined import config_of, joined
from tests.slack.remembering import RememberingBridge


@dataclass
class Card:
    """A card in a thread of Ana's, who alone may decide."""

    local: Playground
    bridge: RememberingBridge
    thread: Thread
    uid: str

    @property
    def ana(self) -> PersonHere:
        return self.local.person("ana")

    @property
    def reply(self) -> Reply:
        (reply,) = self.bridge.accepted
        assert isinstance(reply, Reply)
        return reply

    def becomes(self, **facts: object) -> None:
        known = self.bridge.asks[self.uid]
        self.bridge.asks[self.uid] = replace(known, view=replace(known.view, **facts))  # type: ignore


@asynccontextmanager
async def shown(
    local: Playground, bridge: RememberingBridge, asked: Ask, where: str = ""
) -> AsyncGenerator[Card]:
    ana = local.person("ana")
    thread = await ana.post("#dev", "work")
    home = ThreadKey(local.workspace.installs[0].team_id, thread.channel, thread.ts)
    uid = ask_uid(home.session, asked.id)
    view = AskView(uid=uid, ask=asked, status="open", who=f"<@{ana.id}>", always=True)
    here = Where(channel=thread.channel, owner=Person(ana.id, "Ana"))
    bridge.threads[home] = None
    bridge.asks[uid] = KnownAsk(home, view, here, Terms())
    place = await ana.post(where, "operations") if where else thread
    async with joined(config_of(local), bridge) as slack:
        content = ask(view)
        await slack.web.chat_postMessage(
            channel=place.channel, thread_ts=place.ts, text=content.text, blocks=[*content.blocks]
        )
        yield Card(local, bridge, place, uid)


async def test_a_denial_takes_a_reason_as_it_was_written_E46(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.CONFIRMATION) as card:
        assert await card.ana.click(card.thread, DENY_WHY)
        await card.ana.fill_modal({"Why not?": " Not today.\n\n  Ask Ben "})
        assert await card.ana.submit() == {}
        assert card.ana.modal() is None
    assert card.reply.answer == Answer(verb="deny", text=" Not today.\n\n  Ask Ben ")
    assert (card.reply.place, card.reply.by.user) == ("thread", card.ana.id)
    assert card.reply.key.startswith("view:V")


async def test_an_input_is_changed_checked_and_sent_E45(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.SCHEMA) as card:
        await card.ana.click(card.thread, EDIT)
        held = (await card.ana.until_modal("Edit and allow")).holds()
        assert held["priority"] == "2" and held["labels"] == "delivery\ncalendar"
        assert (held["kind"], held["notify"]) == ("bug", "Yes")
        await card.ana.fill_modal({"summary": "x", "priority": "nine", "extra": "{"})
        wrong = await card.ana.submit()
        assert wrong["priority"] == "Write a whole number, such as 12."
        assert wrong["extra"].startswith("This is not valid JSON: ")
        await card.ana.fill_modal({"priority": "9", "extra": ""})
        assert await card.ana.submit() == {
            "summary": "This needs at least 3 characters.",
            "priority": "This must be at most 4.",
        }
        seen = await card.ana.fill_modal(
            {"summary": "No slots", "priority": "4", "kind": "task", "notify": "No",
             "labels": "one\ntwo", "weight": "0.5"}
        )  # fmt: skip
        assert seen.holds()["details"] == cards.SCHEMA.input["details"]
        assert not bridge.accepted
        assert await card.ana.submit() == {}
    assert card.reply.answer.verb == "allow"
    assert card.reply.answer.input == {
        "summary": "No slots",
        "details": cards.SCHEMA.input["details"],
        "priority": 4,
        "kind": "task",
        "notify": False,
        "labels": ["one", "two"],
        "weight": 0.5,
    }


async def test_an_input_that_was_not_changed_is_simply_allowed(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.EDIT) as card:
        await card.ana.click(card.thread, EDIT)
        await card.ana.until_modal()
        assert await card.ana.submit() == {}
    assert card.reply.answer == Answer(verb="allow")


async def test_a_long_text_is_changed_in_parts_and_comes_back_whole_E45(
    local: Playground, bridge: RememberingBridge
) -> None:
    lines = [f"  line {number}" for number in range(600)]
    given: dict[str, JsonValue] = {"script": "\n".join(lines), "shell": "bash"}
    asked = replace(cards.CONFIRMATION, editable=True, input=given)
    async with shown(local, bridge, asked) as card:
        await card.ana.click(card.thread, EDIT)
        held = (await card.ana.until_modal("Edit and allow")).holds()
        parts = [f"script, part {number} of 3" for number in (1, 2, 3)]
        assert [*held] == [*parts, "shell"]
        changed = f"{held[parts[1]]}\n  and one more"
        await card.ana.fill_modal({parts[1]: changed})
        assert await card.ana.submit() == {}
    whole = "\n".join([str(held[parts[0]]), changed, str(held[parts[2]])])
    assert card.reply.answer.input == {"script": whole, "shell": "bash"}
    assert whole.replace("\n  and one more", "") == "\n".join(lines)


async def test_what_cannot_come_back_unharmed_stays_as_it_is(
    local: Playground, bridge: RememberingBridge
) -> None:
    given = {
        "command": "make",
        "long": "x" * 3001,
        "token": "ghp_" + "a1B2" * 9,
        "dos": "one\r\ntwo",
    }
    asked = replace(cards.CONFIRMATION, editable=True, input=dict(given))
    async with shown(local, bridge, asked) as card:
        await card.ana.click(card.thread, EDIT)
        view = await card.ana.until_modal()
        assert [*view.holds()] == ["command"]
        for name in ("long (3001 characters", "token (it holds a secret", "dos (it has characters"):
            assert name in view.text()
        await card.ana.fill_modal({"command": "make test"})
        assert await card.ana.submit() == {}
    assert card.reply.answer.input == {**given, "command": "make test"}


async def test_a_standing_rule_must_fit_the_request_it_is_made_for_E44(
    local: Playground, bridge: RememberingBridge
) -> None:
    asked = replace(cards.CONFIRMATION, input={"command": "git log --oneline", "timeout": 60})
    async with shown(local, bridge, asked) as card:
        await card.ana.click(card.thread, ALWAYS)
        view = await card.ana.until_modal("Always allow")
        assert view.holds() == {
            "command is like": "git log *", "timeout is like": None,
            "Where": "In this thread", "For how long": "7 days",
        }  # fmt: skip
        await card.ana.fill_modal({"command is like": "make *"})
        assert [*await card.ana.submit()] == ["command is like"]
        await card.ana.fill_modal({"command is like": None})
        assert [*await card.ana.submit()] == ["command is like"]
        await card.ana.fill_modal(
            {"command is like": "git *", "Where": "In this channel", "For how long": "1 day"}
        )
        assert await card.ana.submit() == {}
    assert card.reply.answer == Answer(verb="allow")
    assert card.reply.always == Always(
        scope="channel", input=(("command", "git *"),), seconds=86400.0
    )


async def test_the_agents_own_rule_is_not_ours_and_is_asked_twice(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.EDIT) as card:
        await card.ana.click(card.thread, AGENT_ALWAYS)
        assert "I cannot take it back" in (await card.ana.until_modal()).text()
        bridge.down = True
        assert await card.ana.submit() == {}
        assert modals.NOT_SAVED in (await card.ana.until_modal("Nothing was changed")).text()
        await card.ana.close()
        bridge.down = False
        assert await card.ana.submit() == {}
    assert (card.reply.answer, card.reply.always) == (Answer(verb="allow_always"), None)


async def test_several_questions_are_answered_in_one_form_E50(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.FORM) as card:
        await card.ana.click(card.thread, ANSWER)
        await card.ana.until_modal("Answer")
        await card.ana.fill_modal({"Which checks shall run?": ["Lint", "Docs"]})
        await card.ana.fill_modal({"Anything else?": "  Yes:\n\n - one\n"})
        assert await card.ana.submit() == {"Which region?": "An answer is needed here."}
        await card.ana.fill_modal({"Which region?": "us-east-1"})
        assert await card.ana.submit() == {}
    assert card.reply.answer == Answer(
        verb="reply",
        values=(("f", ("2",)), ("m", ("l", "d")), ("n", ("  Yes:\n\n - one\n",))),
    )


async def test_an_answer_of_ones_own_beside_the_choices_E50(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.SHORT_QUESTION) as card:
        await card.ana.click(card.thread, OTHER)
        await card.ana.fill_modal({"Which region?": "Other: write it below"})
        assert await card.ana.submit() == {"Or your own answer": "Write your own answer here."}
        await card.ana.fill_modal({"Which region?": "eu-west-1", "Or your own answer": "mars"})
        assert "You chose an answer above" in (await card.ana.submit())["Or your own answer"]
        await card.ana.fill_modal({"Which region?": "Other: write it below"})
        assert await card.ana.submit() == {}
    assert card.reply.answer.values == (("f", ("mars",)),)


async def test_an_endless_list_is_searched_on_the_card_and_in_the_form_E50(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.ENDLESS_QUESTION) as card:
        menu = "Choose one of 250 answers"
        assert await card.ana.options(card.thread, menu, "street 24") == [
            "Street 24", *(f"Street 24{n}" for n in range(10)),
        ]  # fmt: skip
        await card.ana.click(card.thread, OTHER)
        await card.ana.fill_modal({"Which street?": "Street 137"})
        assert await card.ana.submit() == {}
        assert card.reply.answer.values == (("f", ("s137",)),)
        bridge.accepted.clear()
        assert await card.ana.select(card.thread, menu, "Street 249")
    assert card.reply.answer.values == (("f", ("s249",)),)


async def test_all_of_a_long_input_is_read_page_by_page_E34(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.LONG_COMMAND) as card:
        ben = local.person("ben")
        await ben.click(card.thread, SHOW)  # to read is not to decide
        view = await ben.until_modal("What it is given")
        assert "--street 0 " in view.text() and "--street 399 " not in view.text()
        assert await ben.click(view, "Next")
        await local.until(lambda: "--street 399 " in (ben.modal() or view).text())
        after = ben.modal()
        assert after is not None and "Page 2 of 2" in after.text()
        assert await ben.click(after, "Back")
        await local.until(lambda: "Page 1 of 2" in (ben.modal() or view).text())


async def test_who_can_decide_and_why_is_a_press_away_E37(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.CONFIRMATION) as card:
        who = next(terms(bridge.asks[card.uid].view))
        card.becomes(explain=f"{who}.\nBecause no rule says otherwise.")
        await local.person("ben").click(card.thread, WHO)
        said = (await local.person("ben").until_modal("Who can decide")).text()
    assert "Because no rule says otherwise" in said and said.count("can decide") == 1


async def test_who_may_not_decide_is_told_so_before_filling_in_a_form_E37(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.SCHEMA) as card:
        ben = local.person("ben")
        for label in (DENY_WHY, EDIT, ALWAYS):
            assert await ben.click(card.thread, label)
        assert len(ben.whispers()) == 3
        assert ben.whispers()[0].startswith("Only ")
        assert ben.modal() is None and not bridge.accepted


async def test_who_may_not_use_the_bot_reads_nothing_through_its_windows_E80(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.LONG_COMMAND) as card:
        guest, ben = local.person("cho"), local.person("ben")
        local.workspace.channels[card.thread.channel].members.append(guest.id)
        for label in (SHOW, WHO):
            assert await guest.click(card.thread, label)
        assert guest.modal() is None and len(guest.whispers()) == 2
        assert guest.whispers()[0].startswith("Guests cannot work with me here.")
        await ben.click(card.thread, SHOW)
        view = await ben.until_modal("What it is given")
        here = Access(workspace=Admitted(people=(card.ana.id,)))
        bridge.asks[card.uid] = replace(bridge.asks[card.uid], access=here)
        await ben.click(view, "Next")
        told = (await ben.until_modal("Nothing was changed")).text()
        assert told.startswith("You cannot work with me here.") and "--street" not in told


async def test_who_may_not_use_the_bot_searches_no_answers_E80(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.ENDLESS_QUESTION) as card:
        local.workspace.channels[card.thread.channel].members.append(local.person("cho").id)
        menu = "Choose one of 250 answers"
        assert await local.person("ben").options(card.thread, menu, "street 249") == ["Street 249"]
        assert await local.person("cho").options(card.thread, menu, "street 249") == []


async def test_who_was_shut_out_meanwhile_keeps_what_they_typed_E80(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.CONFIRMATION) as card:
        await card.ana.click(card.thread, DENY_WHY)
        await card.ana.fill_modal({"Why not?": "because"})
        shut = Access(workspace=Admitted(people=(local.person("ben").id,)))
        bridge.asks[card.uid] = replace(bridge.asks[card.uid], access=shut)
        assert await card.ana.submit() == {}
        said = (await card.ana.until_modal("Nothing was changed")).text()
        assert "You cannot work with me here." in said
        await card.ana.close()
        below = card.ana.modal()
        assert below is not None and below.holds() == {"Why not?": "because"}
    assert not bridge.accepted


async def test_rights_are_checked_again_when_the_form_is_sent_E37(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.CONFIRMATION) as card:
        await card.ana.click(card.thread, DENY_WHY)
        await card.ana.fill_modal({"Why not?": "because"})
        known = bridge.asks[card.uid]
        bridge.asks[card.uid] = replace(known, terms=Terms(who=("S1",)))
        assert await card.ana.submit() == {}
        assert "can decide this" in (await card.ana.until_modal("Nothing was changed")).text()
        await card.ana.close()
        below = card.ana.modal()
        assert below is not None and below.holds() == {"Why not?": "because"}
    assert not bridge.accepted


async def test_a_form_sent_too_late_says_who_was_faster_and_keeps_what_was_typed_E54(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.CONFIRMATION) as card:
        await card.ana.click(card.thread, DENY_WHY)
        await card.ana.fill_modal({"Why not?": "because"})
        card.becomes(status="settled", label="Allowed", outcome="answered", by="U0BEN00002")
        assert await card.ana.submit() == {}
        assert "Allowed" in (await card.ana.until_modal("Too late")).text()
        await card.ana.close()
        assert (await card.ana.until_modal("Deny")).holds() == {"Why not?": "because"}
        bridge.asks.clear()
        assert await card.ana.submit() == {"Why not?": actions.NOT_OPEN}
    assert not bridge.accepted


async def test_a_store_that_is_away_is_told_in_the_form_and_nothing_is_lost(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.CONFIRMATION) as card:
        await card.ana.click(card.thread, DENY_WHY)
        await card.ana.fill_modal({"Why not?": "because"})
        bridge.down = True
        assert await card.ana.submit() == {"Why not?": modals.NOT_SAVED}
        bridge.down = False
        assert await card.ana.submit() == {}
    assert card.reply.answer.text == "because"


async def test_a_window_that_does_not_open_is_told(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.CONFIRMATION) as card:
        local.faults.methods["views.open"] = MethodFault(status=500)
        assert not await card.ana.click(card.thread, DENY_WHY)
        assert card.ana.whispers() == [actions.NOT_OPENED]


async def test_a_form_opened_in_another_channel_names_that_place(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.CONFIRMATION, where="#general") as card:
        await card.ana.click(card.thread, DENY_WHY)
        await card.ana.fill_modal({"Why not?": "no"})
        assert await card.ana.submit() == {}
    assert card.reply.thread in bridge.threads
    assert card.reply.place == f"{card.thread.channel}/{card.thread.ts}"
    assert card.reply.thread.channel != card.thread.channel


async def test_forms_of_settled_asks_and_of_other_workspaces_do_not_open_E80(
    local: Playground, bridge: RememberingBridge
) -> None:
    async with shown(local, bridge, cards.SCHEMA) as card:
        card.becomes(status="settled")
        await card.ana.click(card.thread, EDIT)
        known = bridge.asks[card.uid]
        bridge.asks[card.uid] = replace(known, thread=ThreadKey("T9", "C9", "1.2"))
        for label in (EDIT, WHO):
            await card.ana.click(card.thread, label)
        assert card.ana.whispers() == [actions.SETTLED, actions.NOT_OPEN, actions.NOT_OPEN]
        assert card.ana.modal() is None


async def test_all_requests_of_a_turn_are_decided_together_E47(
    local: Playground, bridge: RememberingBridge
) -> None:
    asked: Confirmation = cards.CONFIRMATION
    async with shown(local, bridge, asked) as card:
        content = ask(replace(bridge.asks[card.uid].view, others=2))
        async with joined(config_of(local), bridge) as slack:
            await slack.web.chat_postMessage(
                channel=card.thread.channel, thread_ts=card.thread.ts, text=content.text,
                blocks=[*content.blocks],
            )  # fmt: skip
            assert await card.ana.click(card.thread, "Deny all 3")
    assert (card.reply.answer, card.reply.all) == (Answer(verb="deny"), 3)


async def test_an_empty_form_is_not_sent(local: Playground, bridge: RememberingBridge) -> None:
    async with shown(local, bridge, cards.CONFIRMATION) as card:
        await card.ana.click(card.thread, DENY_WHY)
        await card.ana.until_modal()
        with pytest.raises(Refused):
            await card.ana.fill_modal({"nothing of the kind": "x"})
        assert [*await card.ana.submit()] == ["Why not?"]
    assert not bridge.accepted
