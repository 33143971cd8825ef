"""What `threadline policy explain` says: what the rules make of one call."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from pydantic import JsonValue

from bot.core.access import Where
from bot.core.approvals import Terms, Verdict, explain, standing, verdict, who_may
from bot.core.asks import Confirmation
from bot.core.ids import ThreadKey
from bot.settings import Settings

_CHANNEL = re.compile(r"[CDG][A-Z0-9]+", re.ASCII)


class BadInput(ValueError):
    """Its sentence is for the operator."""


def told(
    settings: Settings, channel: str, tool: str, given: Sequence[str], agent: str = ""
) -> list[str]:
    """Line by line, for a terminal. `given` are the tool's inputs as `name=value`, where a value
    that is JSON stands for what it means. Raises BadInput."""
    if not _CHANNEL.fullmatch(channel):
        raise BadInput(f"--channel takes a channel's id, such as C0123ABCD, not {channel!r}")
    routes = settings.routes
    agent = agent or routes.channels.get(channel, routes.default)
    if agent not in routes.known:
        raise BadInput(f"No agent is called {agent}; there are: {', '.join(sorted(routes.known))}")
    call = Confirmation(id="", turn="", tool=tool, title=tool, input=_input(given))
    where = Where(channel=channel)
    found = verdict(
        settings.approval_policy, (), ThreadKey("", channel, ""), where, agent, call, 0.0
    )
    open_to_more = found.decision == "ask" and standing(found.terms)
    return [
        f"decision: {found.decision}",
        f"rule:     {found.rule}",
        *(_asking(found, where) if found.decision == "ask" else []),
        "",
        *(_plain(sentence) for sentence in explain(found, where)),
        *(
            ["One that somebody made already would count first; Home lists them."]
            if open_to_more
            else []
        ),
    ]


def _asking(found: Verdict, where: Where) -> list[str]:
    terms = found.terms
    return [
        f"who:      {_named(who_may(where, terms))}",
        f"need:     {terms.need}",
        f"where:    {', '.join(dict.fromkeys(('thread', *terms.ask_in)))}",
        f"deadline: {_deadline(terms)}",
    ]


def _deadline(terms: Terms) -> str:
    if terms.deadline is None:
        return "none"
    return f"{terms.deadline / 60:g} min, then {terms.at_deadline}"


def _input(given: Sequence[str]) -> dict[str, JsonValue]:
    made: dict[str, JsonValue] = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if not (name and sign):
            raise BadInput(f"--input takes name=value, not {pair!r}")
        made[name] = _value(value)
    return made


def _value(written: str) -> JsonValue:
    """As JSON where it is a list, an object, a number or the like; a text stays as it is."""
    try:
        value: JsonValue = json.loads(written)
    except ValueError:
        return written
    return value


def _plain(mrkdwn: str) -> str:
    named = _named(mrkdwn)
    return named[:1].upper() + named[1:]


def _named(mrkdwn: str) -> str:
    return re.sub(r"<(?:@|!subteam\^|#)(\w+)>", r"\1", mrkdwn)
