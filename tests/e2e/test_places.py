"""A request is shown where its people are, and wherever they decide, every card says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from bot.core.approvals import Approvals, Layer, Wanted
from bot.core.session.asking import MOST_PRIVATE
from bot.playground import Person, Playground, Thread
from bot.playground.faults import MethodFault
from tests.e2e.conftest import Stage
from tests.e2e.reading import at_rest, blocks_of, said
from tests.waiting import until

pytestmark = pytest.mark.slow

OPS = "C0GENERAL1"
NOT_OURS = "G0OPS00003"


def policy(who: Sequence[str], *ask_in: str) -> Approvals:
    wanted = Wanted(who=tuple(who), ask_in=("thread", *ask_in))
    return Approvals(workspace=Layer(wanted=wanted))


def cards_in(slack: Playground, channel: str) -> list[Thread]:
    """The bot's own posts in a channel, oldest first."""
    users = slack.workspace.users
    posts = [m for m in slack.workspace.timeline(channel) if users[m.user].is_bot]
    return [Thread(slack.local, channel, message.ts) for message in posts]


def privately(slack: Playground, person: Person) -> list[Thread]:
    """What the bot wrote to somebody directly."""
    rooms = [c.id for c in slack.workspace.channels.values() if c.kind == "im"]
    theirs = [room for room in rooms if person.id in slack.workspace.channels[room].members]
    return [card for room in theirs for card in cards_in(slack, room)]


async def shown_to_all(slack: Playground, thread: Thread, *people: Person) -> list[Thread]:
    """The card in its thread, in the channel and in the private messages, once it can be pressed
    everywhere."""

    def everywhere() -> list[Thread]:
        found = [card for person in people for card in privately(slack, person)]
        return [thread, *cards_in(slack, OPS), *found]

    def ready() -> bool:
        places = everywhere()
        return len(places) == len(people) + 2 and all("Allow" in p.buttons() for p in places)

    await slack.until(ready)
    return everywhere()


async def test_any_copy_decides_and_all_are_repainted_at_once_E48_E42(stage: Stage) -> None:
    slack = stage.slack
    ana, ben = slack.person("ana"), slack.person("ben")
    group = slack.team.add_group("operators", "ben")
    async with stage.bot(policy=policy(("owner", group), "private", OPS)):
        thread = await ana.mention("#dev", "deploy")
        places = await shown_to_all(slack, thread, ana, ben)
        assert "deploy" in privately(slack, ben)[0].text()
        assert all("or the group Operators can decide" in place.text() for place in places)
        before = len(slack.journal.calls)
        assert await ben.click(privately(slack, ben)[0], "Allow")
        await slack.until(lambda: not any(place.buttons() for place in places[1:]))
        await slack.until(lambda: all("Allowed" in place.text() for place in places))
        calls = len(slack.journal.calls) - before
        assert calls <= 3 * len(places), "nothing else comes first, however long one takes"
        await thread.until(at_rest)
        assert f"<@{ben.id}>" in str([m.blocks for m in places[1].messages()])
        assert [len(cards_in(slack, OPS)), len(privately(slack, ana))] == [1, 1]


async def test_twenty_private_copies_are_decided_once_and_all_say_so_E48_E41_E42(
    stage: Stage,
) -> None:
    """Two edits each at most, of fifty Slack takes in a minute: none is refused."""
    slack = stage.slack
    ana = slack.person("ana")
    people = [slack.team.add_person(f"operator{number}") for number in range(MOST_PRIVATE)]
    first, second = people[3], people[11]
    async with stage.bot(policy=policy([person.id for person in people], "private")):
        thread = await ana.mention("#dev", "deploy")

        def asked() -> list[Thread]:
            return [card for person in people for card in privately(slack, person)]

        await slack.until(lambda: len(asked()) == MOST_PRIVATE, 60)
        await slack.until(lambda: all("Allow" in card.buttons() for card in asked()), 60)
        [here], [there] = privately(slack, first), privately(slack, second)
        assert all(await asyncio.gather(first.click(here, "Allow"), second.click(there, "Deny")))
        cards = [thread, *asked()]
        await slack.until(lambda: not any(_decisions(card) for card in cards), 60)
        await slack.until(lambda: all(_outcomes(card) for card in cards), 60)
        outcomes = {word for card in cards for word in _outcomes(card)}
        assert len(outcomes) == 1
        winner, loser = (first, second) if outcomes == {"Allowed"} else (second, first)
        # Who is not in the channel hears it directly.
        await slack.until(lambda: len(asked()) == MOST_PRIVATE + 1)
        assert f"<@{winner.id}> has already decided" in privately(slack, loser)[1].text()
        await thread.until(at_rest)
    assert all(f"<@{winner.id}>" in blocks_of(card) for card in cards)
    edits = slack.journal.called("chat.update")
    copies = {card.channel for card in cards[1:]}
    repainted = [call for call in edits if call.arguments["channel"] in copies]
    assert len(copies) == MOST_PRIVATE <= len(repainted) <= 2 * MOST_PRIVATE
    assert [call.method for call in slack.journal.calls if call.error == "ratelimited"] == []


def _outcomes(card: Thread) -> set[str]:
    return {word for word in ("Allowed", "Denied") if word in said(card)}


def _decisions(card: Thread) -> set[str]:
    return {"Allow", "Deny"} & {*card.buttons()}


async def test_who_may_not_decide_is_refused_at_a_copy_too_E37_E48(stage: Stage) -> None:
    slack = stage.slack
    ana, ben = slack.person("ana"), slack.person("ben")
    async with stage.bot(policy=policy(("owner",), OPS)):
        thread = await ana.mention("#dev", "deploy")
        _, copy = await shown_to_all(slack, thread)
        assert await ben.click(copy, "Deny")
        await slack.until(lambda: slack.whispers(ben))
        assert f"Only <@{ana.id}> can decide this" in slack.whispers(ben)[0]
        assert "Allow" in thread.buttons() and "Allow" in copy.buttons()
        assert await ana.click(copy, "Allow")
        await thread.until(at_rest)
        await copy.until(lambda t: "Allowed" in t.text())


async def test_a_place_that_is_closed_to_the_bot_keeps_nobody_waiting_E39(stage: Stage) -> None:
    slack = stage.slack
    ana = slack.person("ana")
    slack.faults.methods["conversations.open"] = MethodFault(error="user_disabled")
    async with stage.bot(policy=policy(("owner",), NOT_OURS, "private")):
        thread = await ana.mention("#dev", "deploy")
        await thread.until(lambda t: "Allow" in t.buttons())
        await thread.until(lambda t: "could not ask in this channel" in t.text())
        await thread.until(lambda t: "could not write to this person" in t.text())
        assert f"<#{NOT_OURS}>" in str([m.blocks for m in thread.messages()])
        await ana.click(thread, "Allow")
        await thread.until(at_rest)
        assert said(thread).count("could not ask") == 1


async def test_a_restart_between_the_request_and_the_press_leaves_every_card_good_E71_E48(
    stage: Stage,
) -> None:
    slack = stage.slack
    ana, ben = slack.person("ana"), slack.person("ben")
    rules = policy(("owner", ben.id), "private", OPS)
    async with stage.bot(policy=rules):
        thread = await ana.mention("#dev", "deploy")
        places = await shown_to_all(slack, thread, ana, ben)
    async with stage.bot(policy=rules):
        await ben.click(places[1], "Deny", until_acked=True)
        await slack.until(lambda: all("Denied" in place.text() for place in places))
        assert [len(cards_in(slack, OPS)), len(privately(slack, ben))] == [1, 1]


async def test_a_request_overtakes_what_ten_threads_stream_E35(stage: Stage) -> None:
    """Counted in calls: how long one takes is up to the machine."""
    slack = stage.slack
    ana, ben = slack.person("ana"), slack.person("ben")
    async with stage.bot(speed=2.0, policy=policy(("owner", ben.id), "private", OPS)):
        busy = [await ana.mention("#dev", "work for 400 seconds") for _ in range(10)]
        for one in busy:
            await one.until(lambda t: len(t.messages()) > 1, 60)
        with capture_logs() as logged:
            thread = await ben.mention("#general", "deploy")

            async def asked() -> bool:
                return any(entry["event"] == "ask.copied" for entry in logged)

            await until(asked)
            before = len(slack.journal.calls)
            await slack.until(lambda: "Allow" in _all(privately(slack, ben)))
            copied = len(slack.journal.calls) - before
            await thread.until(lambda t: "Allow" in t.buttons())
        assert copied <= 25, "of these a few are its own"
        assert any(one.status() == "processing" for one in busy), "nothing streamed meanwhile"
        for one in busy:
            if one.status() == "processing":
                await ana.stop(one)


def _all(cards: list[Thread]) -> list[str]:
    return [label for card in cards for label in card.buttons()]
