"""Where else than in the thread people are asked: the card is shown there too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from bot.core.access import is_group
from bot.core.ids import Place
from bot.core.policy import Rules
from bot.core.session.notices import say_once
from bot.core.state import AskState, SessionState, put_ask

MOST_PRIVATE: Final = 20
"""Direct messages for one ask. Who else may decide finds it in the thread."""

TOO_MANY = f"More people may decide than I write to: I asked {MOST_PRIVATE} of them privately."


def ask_elsewhere(state: SessionState, rules: Rules) -> SessionState:
    """Open asks go to every place their terms name. Members of user groups that were not known
    before are asked as soon as they are."""
    for ask in state.asks:
        if ask.status == "open" and ask.terms.ask_in != ("thread",):
            state = _ask_in(state, ask, rules.groups)
    return state


def _ask_in(
    state: SessionState, ask: AskState, groups: Mapping[str, tuple[str, ...]]
) -> SessionState:
    places = {place: None for place in ask.copies}
    for word in ask.terms.ask_in:
        if word == "private":
            places |= {Place(user, ""): None for user in _people(state, ask, groups)}
        elif word not in ("thread", state.thread.channel):
            places[Place(word, "")] = None
    private = [place for place in places if place.is_private]
    left_out = {*private[MOST_PRIVATE:]}
    copies = tuple(place for place in places if place not in left_out)
    if (copies, len(left_out)) == (ask.copies, ask.unasked):
        return state
    state = put_ask(state, replace(ask, copies=copies, unasked=len(left_out)))
    return say_once(state, "private:most", TOO_MANY, "info") if left_out else state


def _people(
    state: SessionState, ask: AskState, groups: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """Who is to be asked by direct message. One who reads the thread as a direct message is not."""
    owner = state.owner.user if state.owner else ""
    requesters = tuple(one.user for one in ask.requesters)
    known = {"owner": (owner,), "requester": requesters, "anyone": ()}
    left_out = {"", *(requesters if ask.terms.not_requester else ())}
    if state.thread.channel.startswith("D"):
        left_out.add(owner)
    for word in ask.terms.who:
        for user in groups.get(word, ()) if is_group(word) else known.get(word, (word,)):
            if user not in left_out:
                yield user
