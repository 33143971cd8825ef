"""What of the sessions and standing rules stands on a person's Home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.access import Access, Where, gate
from bot.core.approvals import Grant, Terms, may_decide
from bot.core.ids import SessionId, ThreadKey
from bot.core.inbound import Person
from bot.core.state import SessionState, place_of
from bot.core.views.kinds import HomeEntry, HomeGrant, HomeView

SHOWS_SESSIONS = 20
SHOWS_RULES = 25
SHOWS_ASKS = 5


@dataclass(frozen=True, slots=True)
class AskGlance:
    """An open ask: what is asked, who may decide, since when (epoch seconds)."""

    title: str
    terms: Terms
    requesters: tuple[Person, ...]
    opened_at: float


@dataclass(frozen=True, slots=True)
class Glance:
    """All of a session that any Home may show. `running_since`: None when it does not."""

    session: SessionId
    title: str
    where: Where
    people: tuple[str, ...]
    asks: tuple[AskGlance, ...]
    running_since: float | None
    updated_at: float


def glance(state: SessionState, updated_at: float) -> Glance:
    asks = [ask for ask in state.awaited_asks if ask.status == "open"]
    began = [turn.started_at for turn in state.open_turns]
    return Glance(
        state.id,
        state.title,
        place_of(state),
        state.people,
        tuple(
            AskGlance(ask.ask.title, ask.terms, ask.requesters, ask.opened_at or updated_at)
            for ask in asks
        ),
        min(began, default=None),
        updated_at,
    )


def home_view(
    person: Person,
    sessions: Mapping[SessionId, Glance],
    grants: Sequence[Grant],
    access: Access,
    notice: str = "",
) -> HomeView:
    """Sessions that wait for the person, the longest first; then their own: what runs, and what was
    last. Times change only when something happens, so an unchanged Home is an equal view."""
    entries = [entry for one in sessions.values() if (entry := _entry(person, one, access))]
    order = ("needs_you", "running", "recent")
    entries.sort(key=lambda entry: (order.index(entry.state), _rank(entry), entry.session))
    rules = [rule for grant in grants if (rule := _rule(person, grant, sessions))]
    return HomeView(
        tuple(entries[:SHOWS_SESSIONS]),
        tuple(rules[:SHOWS_RULES]),
        max(0, len(rules) - SHOWS_RULES),
        notice,
    )


def may_revoke(grant: Grant, person: Person, owner: Person | None) -> bool:
    """`owner` is whose session it is, for a rule of one thread. A bot ends nothing."""
    if person.standing == "bot":
        return False
    mine = grant.by.user == person.user
    return mine or (grant.scope == "thread" and owner is not None and owner.user == person.user)


def _rank(entry: HomeEntry) -> float:
    return entry.at if entry.state == "needs_you" else -entry.at


def _entry(person: Person, one: Glance, access: Access) -> HomeEntry | None:
    asked = [ask for ask in one.asks if _needs(person, ask, one, access)]
    if asked:
        titles = tuple(ask.title for ask in asked[:SHOWS_ASKS])
        since = min(ask.opened_at for ask in asked)
        return HomeEntry(one.session, one.title, "needs_you", since, titles)
    if one.where.owner is None or one.where.owner.user != person.user:
        return None
    if one.running_since is None:
        return HomeEntry(one.session, one.title, "recent", one.updated_at)
    may_stop = gate("stop", person, one.where, access) is None
    return HomeEntry(one.session, one.title, "running", one.running_since, may_stop=may_stop)


def _needs(person: Person, ask: AskGlance, one: Glance, access: Access) -> bool:
    """Whether the person may decide, and is meant: `anyone` are those who are in the thread. Others
    may not even see the channel, and so must not read here what is asked in it."""
    where = replace(one.where, requesters=ask.requesters)
    if gate("decide", person, where, access) or may_decide(person, where, ask.terms):
        return False
    there = {*one.people, where.owner.user if where.owner else ""}
    named = replace(ask.terms, who=tuple(word for word in ask.terms.who if word != "anyone"))
    return person.user in there or may_decide(person, where, named) is None


def _rule(person: Person, grant: Grant, sessions: Mapping[SessionId, Glance]) -> HomeGrant | None:
    """Whoever made a rule sees it, and who owns a session it is for."""
    mine = [one for one in sessions.values() if _is_owner(person, one)]
    match grant.scope:
        case "thread":
            concerns = any(one.session == grant.place for one in mine)
        case "channel":
            concerns = any(ThreadKey.parse(one.session).channel == grant.place for one in mine)
        case "workspace":
            concerns = False
    if not (concerns or grant.by.user == person.user):
        return None
    one = sessions.get(SessionId(grant.place))
    return HomeGrant(grant, may_revoke(grant, person, one.where.owner if one else None))


def _is_owner(person: Person, one: Glance) -> bool:
    return one.where.owner is not None and one.where.owner.user == person.user
