"""Who decides what an agent may do: the operator's rules and people's standing rules, as data, and
what follows from them for one call.

Layers go from narrow to wide: thread, channel, workspace. A rule of the operator that denies is
final in every layer. Else a standing rule that people made allows; else the narrowest layer that
has a rule for the call says what happens, and elsewhere people are asked. What a rule leaves open
(`Wanted`) the layers above it say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import JsonValue

from bot.core.access import Where, named
from bot.core.asks import Confirmation
from bot.core.ids import ThreadKey
from bot.core.inbound import Person

Decision = Literal["allow", "deny", "ask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How people are asked. `who` may decide (see `access.named`), `need` of them, and not who
    wrote the prompt if `not_requester`. `ask_in`: `thread`, `private` (a direct message to each who
    is named and to the owner) and channel ids; the card always stands in the thread too. `deadline`
    and `remind` in seconds after the request; None: never. `always`: people may make standing rules
    for such calls."""

    who: tuple[str, ...] = ("owner",)
    need: int = 1
    not_requester: bool = False
    ask_in: tuple[str, ...] = ("thread",)
    deadline: float | None = None
    remind: float | None = 1800.0
    at_deadline: Literal["wait", "deny"] = "wait"
    always: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one layer or rule says of the terms; None leaves it to the layers above. A `deadline` or
    `remind` of 0 is none."""

    who: tuple[str, ...] | None = None
    need: int | None = None
    not_requester: bool | None = None
    ask_in: tuple[str, ...] | None = None
    deadline: float | None = None
    remind: float | None = None
    at_deadline: Literal["wait", "deny"] | None = None
    always: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the operator. `tool` and `agent` are patterns (`*`, `?`, `[...]`), `input` pairs
    names of the tool's input with patterns of their values; all must match. `reason` is for the
    agent, when the rule denies."""

    decision: Decision = "ask"
    tool: str = "*"
    input: tuple[tuple[str, str], ...] = ()
    agent: str = "*"
    reason: str = ""
    wanted: Wanted = field(default_factory=Wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    wanted: Wanted = field(default_factory=Wanted)
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """The operator's policy."""

    workspace: Layer = field(default_factory=Layer)
    channels: Mapping[str, Layer] = field(default_factory=dict[str, Layer])


Scope = Literal["thread", "channel", "workspace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A standing rule: calls that match are allowed without asking, where its maker could allow
    them by hand. `place` is the session's id, the channel's or the team's, by `scope`; `until` in
    epoch seconds. `by` made it at `made_at`."""

    id: str
    scope: Scope
    place: str
    agent: str
    tool: str
    input: tuple[tuple[str, str], ...] = ()
    by: Person
    made_at: float
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows for one call. `rule` names what said so, for people and for the audit trail;
    `reason` is the operator's for a denial."""

    decision: Decision
    rule: str
    reason: str = ""
    terms: Terms = field(default_factory=Terms)


DEFAULT_RULE = "no rule: people are asked"

MOST_NAMED = 5
"""People who are named one by one as those who asked."""
MOST_CALLED = 50
"""People and groups whom one reminder calls."""
MOST_WHO = 20
"""People and groups who are named one by one as those who decide: a line in Slack has an end."""

COMMANDS = frozenset({"command", "cmd", "script", "code"})
"""Names of inputs that hold what a shell or an interpreter runs."""

_JOINS = frozenset(";&|<>`$\n(){}")


def verdict(
    policy: Approvals,
    grants: Iterable[Grant],
    thread: ThreadKey,
    where: Where,
    agent: str,
    call: Confirmation,
    now: float,
) -> Verdict:
    """What happens with `call` of `agent`."""
    layers = [*_layers(policy, thread, shared=where.shared)]
    found = [(name, number, rule) for name, layer in layers
             if (hit := _first(layer, agent, call)) for number, rule in [hit]]  # fmt: skip
    for name, number, rule in found:
        if rule.decision == "deny":
            return Verdict(decision="deny", rule=_called(name, number, rule), reason=rule.reason)
    narrowest = found[0] if found else None
    wanted = [rule.wanted for _, _, rule in found[:1]] + [layer.wanted for _, layer in layers]
    terms = _terms(wanted)
    if standing(terms):
        for grant in grants:
            if _granted(grant, thread, agent, call, now) and not may_decide(grant.by, where, terms):
                return Verdict(decision="allow", rule=grant_name(grant), terms=terms)
    if narrowest is None:
        return Verdict(decision="ask", rule=DEFAULT_RULE, terms=terms)
    name, number, rule = narrowest
    return Verdict(decision=rule.decision, rule=_called(name, number, rule), terms=terms)


def may_decide(person: Person, where: Where, terms: Terms) -> str | None:
    """None when this person may decide under these terms, else a sentence for them."""
    asked = any(one.user == person.user for one in where.requesters)
    if terms.not_requester and asked:
        return "You asked for this yourself, so somebody else has to decide it."
    if named(terms.who, person, where):
        return None
    if where.owner is not None and where.owner.user == person.user and person.standing != "member":
        return "Guests cannot decide this, unless the rules name them. Ask a member to do it."
    return f"Only {who_may(where, terms)} can decide this. Ask them to do it."


def who_may(where: Where, terms: Terms) -> str:
    """Who decides, as Slack's mrkdwn, for cards and refusals."""
    said = [*dict.fromkeys(_principal(word, where) for word in terms.who)]
    more = len(said) - MOST_WHO
    rest = [f"one of {more} more"] if more > 0 else []
    listed = " or ".join([*said[:MOST_WHO], *rest]) or "nobody"
    several = f"{terms.need} of {listed}" if terms.need > 1 else listed
    if terms.not_requester and where.requesters:
        return f"{several}, but not {_either(where.requesters)}"
    return several


def question_terms(policy: Approvals, thread: ThreadKey) -> Terms:
    """How a question is asked: whoever began this, and whoever asked for it, may answer; until
    then it stays open."""
    terms = _terms(layer.wanted for _, layer in _layers(policy, thread))
    return Terms(who=("owner", "requester"), ask_in=terms.ask_in, remind=terms.remind, always=False)


def standing(terms: Terms) -> bool:
    """Whether one person may say yes to more than this one call, here or at the agent's server."""
    return terms.always and terms.need == 1 and not terms.not_requester


def remind_after(terms: Terms) -> float | None:
    """Seconds after the request at which people are reminded, once. What ends at a deadline never
    ends unannounced."""
    ends = terms.deadline is not None and terms.at_deadline == "deny"
    before = 0.75 * terms.deadline if terms.deadline is not None and ends else None
    return min((at for at in (terms.remind, before) if at is not None), default=None)


def grant_name(grant: Grant) -> str:
    return f"standing rule {grant.id} of {grant.by.name}"


def layered(policy: Approvals) -> Iterator[tuple[str | None, int | None, str, Terms]]:
    """All terms under which this policy may ask people: the channel's id (None: the workspace), the
    rule's number (None: where no rule fits), the pattern of its agents, the terms."""
    layers: list[tuple[str | None, Layer]] = [(None, policy.workspace), *policy.channels.items()]
    for channel, layer in layers:
        above = [layer.wanted] if channel is None else [layer.wanted, policy.workspace.wanted]
        yield channel, None, "*", _terms(above)
        for number, rule in enumerate(layer.rules, 1):
            if rule.decision == "ask":
                yield channel, number, rule.agent, _terms([rule.wanted, *above])


def endless(policy: Approvals, agent: str) -> str | None:
    """Where requests of `agent` would wait for ever by this policy; None where they nowhere do. An
    agent's server that holds a request only briefly cannot be kept waiting."""
    for channel, number, agents, terms in layered(policy):
        waits = terms.deadline is None or terms.at_deadline == "wait"
        if waits and fnmatchcase(agent, agents):
            layer = "the workspace" if channel is None else f"channel {channel}"
            return layer if number is None else f"rule {number} of {layer}"
    return None


def explain(verdict: Verdict, where: Where) -> tuple[str, ...]:
    """Who can decide this and why, in sentences, as Slack's mrkdwn."""
    rule, terms = verdict.rule[:1].upper() + verdict.rule[1:], verdict.terms
    if verdict.decision != "ask":
        because = f" {verdict.reason}" if verdict.reason else ""
        done = "allowed without asking" if verdict.decision == "allow" else "denied"
        return (f"{rule}: the call is {done}.{because}",)
    because = "No rule is for this call" if verdict.rule == DEFAULT_RULE else rule
    who = who_may(where, terms)
    several = "have to agree; one who denies is enough to deny it"
    return (
        f"{because}: people are asked.",
        f"{who} {several}." if terms.need > 1 else f"{who} can decide.",
        f"It is asked {' and '.join(place_words(place) for place in _places(terms))}.",
        *_times(terms),
        "Standing rules may be made for such calls."
        if standing(terms)
        else "Each call is decided by itself: no standing rules.",
    )


def place_words(place: str) -> str:
    """Of a word of `Terms.ask_in`, or the stored form of a place, as Slack's mrkdwn."""
    match place.partition("/")[0]:
        case "thread" | "":
            return "in this thread"
        case "private":
            return "in direct messages"
        case channel if channel.startswith(("D", "U", "W")):
            return "in a direct message"
        case channel:
            return f"in <#{channel}>"


def _places(terms: Terms) -> list[str]:
    return ["thread", *(place for place in terms.ask_in if place != "thread")]


def _times(terms: Terms) -> Iterator[str]:
    remind = remind_after(terms)
    if remind is not None:
        yield f"A reminder comes after {spell(remind)}."
    if terms.deadline is None or terms.at_deadline == "wait":
        yield "It waits until somebody decides."
    else:
        yield f"After {spell(terms.deadline)} without a decision it is denied."


def spell(seconds: float) -> str:
    """A time span in its two largest units."""
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    left, said = max(1, round(seconds)), list[str]()
    for unit, size in units:
        many, left = divmod(left, size)
        if many:
            said.append(f"{many} {unit}")
    return " ".join(said[:2])


def called(where: Where, terms: Terms) -> str:
    """Those who can be called to decide, as mrkdwn that notifies them: on purpose and once, so user
    groups too."""
    asked = {f"<@{one.user}>" for one in where.requesters if terms.not_requester}
    those = [f"<@{one.user}>" for one in where.requesters if "requester" in terms.who]
    said = [*(_principal(word, where) for word in terms.who if word != "requester"), *those]
    known = [one for one in dict.fromkeys(said) if one.startswith("<") and one not in asked]
    return " ".join(known[:MOST_CALLED])


def literal(text: str) -> str:
    """The pattern that fits this text alone."""
    return re.sub(r"([*?[])", r"[\1]", text)


def _principal(word: str, where: Where) -> str:
    match word:
        case "owner":
            return f"<@{where.owner.user}>" if where.owner else "who started the session"
        case "requester":
            return _either(where.requesters) or "who asked for it"
        case "anyone":
            return "anyone here"
        case _:
            return f"<!subteam^{word}>" if word.startswith("S") else f"<@{word}>"


def _either(people: tuple[Person, ...]) -> str:
    said = [f"<@{one.user}>" for one in people[:MOST_NAMED]]
    more = len(people) - len(said)
    return " or ".join([*said, *([f"one of {more} more"] if more > 0 else [])])


def _layers(
    policy: Approvals, thread: ThreadKey, *, shared: bool = False
) -> Iterator[tuple[str, Layer]]:
    channel = policy.channels.get(thread.channel)
    if channel is not None:
        yield f"channel {thread.channel}", channel
    yield "workspace", _for_shared(policy.workspace) if shared else policy.workspace


def _for_shared(layer: Layer) -> Layer:
    """The workspace's layer where other organisations are: it names nobody who
    decides there. How many have to agree, and what its rules allow or deny, stays."""
    rules = tuple(replace(rule, wanted=_nobody(rule.wanted)) for rule in layer.rules)
    return replace(layer, wanted=_nobody(layer.wanted), rules=rules)


def _nobody(wanted: Wanted) -> Wanted:
    return replace(wanted, who=None)


def _first(layer: Layer, agent: str, call: Confirmation) -> tuple[int, Rule] | None:
    for number, rule in enumerate(layer.rules, 1):
        weak = rule.decision == "allow"
        if fnmatchcase(agent, rule.agent) and matches(rule.tool, rule.input, call, strict=weak):
            return number, rule
    return None


def matches(
    tool: str, wanted: Iterable[tuple[str, str]], call: Confirmation, *, strict: bool
) -> bool:
    """Whether a call is meant. `strict`, for what allows: a pattern never stretches over what joins
    commands, so that `git *` does not mean `git log; rm -rf .`."""
    if not fnmatchcase(call.tool, tool):
        return False
    return all(
        name in call.input and _fits(name, pattern, call.input[name], strict)
        for name, pattern in wanted
    )


def _fits(name: str, pattern: str, value: JsonValue, strict: bool) -> bool:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if text == pattern:
        return True
    if strict and name in COMMANDS and _JOINS & set(text):
        return False
    return fnmatchcase(text, pattern)


def _granted(grant: Grant, thread: ThreadKey, agent: str, call: Confirmation, now: float) -> bool:
    place = {"thread": thread.session, "channel": thread.channel, "workspace": thread.team}
    return (
        now < grant.until
        and grant.place == place[grant.scope]
        and grant.agent == agent
        and matches(grant.tool, grant.input, call, strict=True)
    )


def _terms(wanted: Iterable[Wanted]) -> Terms:
    """The first that says something counts."""
    terms = Terms()
    for layer in reversed([*wanted]):
        said = {one.name: getattr(layer, one.name) for one in fields(layer)}
        terms = replace(terms, **{name: value for name, value in said.items() if value is not None})
    return replace(terms, deadline=terms.deadline or None, remind=terms.remind or None)


def _called(layer: str, number: int, rule: Rule) -> str:
    return f"rule {number} of the {layer} ({rule.decision} {rule.tool})"
