"""One request, several people, several places, a server and owners that fail: always exactly one
effect, and cards that tell the truth.

What no client can know is left out: whether a server that refuses our answer the second time took
ours the first time, or somebody else's.
"""

from __future__ import annotations

from collections import Counter

import pytest

from bot.core.asks import answer_label
from bot.core.inbound import Reply
from tests.bridge.contest import CALL, MAY_DECIDE, Contest

SEEDS = 200
BATCH = 25


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
async def test_one_decision_counts_and_every_card_says_which_E42_E48(first: int) -> None:
    for seed in range(first, first + BATCH):
        contest = Contest(seed)
        try:
            await contest.play()
            _holds(contest)
        except (AssertionError, TimeoutError, ExceptionGroup) as error:
            error.add_note(f"seed {seed}, {contest.server.trouble}, {contest.deaths} deaths")
            raise


def _holds(contest: Contest) -> None:
    server, presses = contest.server, contest.presses
    assert server.effects == 1
    permitted = [press for press in presses if press.by.user in ("U1", *MAY_DECIDE)]
    said = {(card.status, card.outcome, card.label, card.by) for _, card in contest.cards}
    assert len(said) == 1, "the copies say different things"
    [(status, outcome, label, by)] = said
    assert status == "settled"
    channels = [channel for channel, _ in contest.cards]
    assert len(channels) == len(set(channels)), "a card was posted twice"
    assert "C1" in channels and set(channels) <= {"C1", "C9", "U1", "U2"}
    assert server.decided is not None
    if server.by_us:
        assert (outcome, label) == ("answered", answer_label(CALL, server.decided))
        assert (by, server.decided) == (permitted[0].by.user, permitted[0].answer)
    else:
        assert by is None and not label
        assert outcome == "elsewhere" or (outcome == "withdrawn" and not server.says_closed)
    _told_the_truth(contest, permitted)


def _told_the_truth(contest: Contest, permitted: list[Reply]) -> None:
    """Who may not decide, and whose press came second, hears it, and nobody else. It may be said
    again where an owner died; one who pressed twice hears once that somebody elsewhere was
    quicker."""
    used = permitted[0] if contest.server.by_us else None
    expected: Counter[str] = Counter()
    for press in contest.presses:
        mine = used and (press.by, press.answer) == (used.by, used.answer)
        if press not in permitted or not mine:
            expected[press.by.user] += 1
    told = Counter(user for user, _ in contest.listed.whispers)
    assert told.keys() == expected.keys()
    assert told <= expected or contest.deaths
    assert told == expected or contest.deaths or not used
    for user, text in contest.listed.whispers:
        late = user in ("U1", *MAY_DECIDE)
        assert text.startswith("Too late:") == late, text
        if late and contest.server.by_us:
            assert f"<@{permitted[0].by.user}> has already decided" in text
