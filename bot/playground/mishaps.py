"""What goes wrong around the app, by name: the same for tests and for `POST /local/fault`.

Each is a JSON object `{"do": word, …}`:

| word | fields | what happens |
|---|---|---|
| `set` | those of `Faults`, without `methods` | these switches are set, the others stay |
| `method` | `method` (`*` for all), those of `MethodFault` | this befalls calls of it |
| `spare` | `method` | nothing befalls it any more |
| `clear` | | no fault is left; what has happened stays |
| `revoke_token` | | the bot's token is refused, and the app is told |
| `archive`, `unarchive` | `channel` | |
| `remove_app` | `channel`, `app` (an id; else the first) | its bot is put out: `not_in_channel` |
| `delete_message` | `channel`, `ts` | somebody who may do so deletes it, whoever wrote it |
| `drop_sockets` | | every socket of every app is cut without a word |
| `disconnect` | `reason` | every socket of every app is told to go |
| `limits` | `mode` | |
| `advance` | `seconds` | time passes at once |
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from bot.playground import channels, posting
from bot.playground.arguments import Arguments
from bot.playground.events import tokens_revoked
from bot.playground.faults import Faults, MethodFault
from bot.playground.limits import LimitMode
from bot.playground.local_slack import LocalSlack
from bot.playground.model import SLACKBOT, Change, Channel, Event, Json, SlackError
from bot.playground.socket_mode import DisconnectReason

_FAULTS = TypeAdapter(Faults)
_METHOD_FAULT = TypeAdapter(MethodFault)
_SECONDS = TypeAdapter(float)


class Unknown(ValueError):
    """There is no such mishap, or it does not take such fields; the text says why."""


async def befall(slack: LocalSlack, request: Json) -> Json:
    """Let one happen; what all the faults are then. Raises `Unknown`."""
    word = request.get("do")
    if word not in MISHAPS:
        raise Unknown(f'"do" must be one of: {", ".join(MISHAPS)}')
    wanted = {name: value for name, value in request.items() if name != "do"}
    try:
        await MISHAPS[word](slack, wanted)
    except ValidationError as error:
        first = error.errors()[0]
        raise Unknown(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except SlackError as error:
        raise Unknown(" ".join((error.code, *error.messages))) from error
    slack.feed.news.fire()
    return present(slack)


def present(slack: LocalSlack) -> Json:
    return asdict(slack.faults) | {"limits": slack.limits.mode}


async def _set(slack: LocalSlack, wanted: Json) -> None:
    _require_known(wanted, Faults, "methods")
    checked = _FAULTS.validate_python(asdict(slack.faults) | wanted)
    for name in wanted:
        setattr(slack.faults, name, getattr(checked, name))


async def _method(slack: LocalSlack, wanted: Json) -> None:
    name = Arguments(wanted).need("method")
    fault = {field: value for field, value in wanted.items() if field != "method"}
    _require_known(fault, MethodFault)
    slack.faults.methods[name] = _METHOD_FAULT.validate_python(fault)


async def _spare(slack: LocalSlack, wanted: Json) -> None:
    slack.faults.methods.pop(Arguments(wanted).need("method"), None)


async def _clear(slack: LocalSlack, wanted: Json) -> None:
    harmless = Faults()
    for field in fields(Faults):
        setattr(slack.faults, field.name, getattr(harmless, field.name))


async def _revoke_token(slack: LocalSlack, wanted: Json) -> None:
    slack.faults.token_error = "token_revoked"
    ts = f"{slack.now():.6f}"
    told = (
        Event(install.app_id, install.team_id, tokens_revoked([], [install.user_id], ts))
        for install in slack.workspace.installs
        if install.is_active
    )
    slack.apply(Change(tuple(told)))


def _archived(archived: bool) -> "Mishap":
    async def change(slack: LocalSlack, wanted: Json) -> None:
        channel = _channel(slack, wanted)
        if channel.is_archived != archived:
            workspace, now = slack.workspace, slack.now()
            slack.apply(channels.archive(workspace, SLACKBOT, channel, now, archived=archived))

    return change


async def _remove_app(slack: LocalSlack, wanted: Json) -> None:
    channel = _channel(slack, wanted)
    app = Arguments(wanted).text("app")
    bot = slack.workspace.install_of(channel.team_id, app).user_id
    if bot not in channel.members:
        raise SlackError("not_in_channel")
    slack.apply(channels.put_out(slack.workspace, bot, channel, SLACKBOT, slack.now()))


async def _delete_message(slack: LocalSlack, wanted: Json) -> None:
    channel, ts = _channel(slack, wanted), Arguments(wanted).need("ts")
    slack.apply(
        posting.delete(slack.workspace, SLACKBOT, channel.id, ts, slack.now(), any_authors=True)
    )


async def _drop_sockets(slack: LocalSlack, wanted: Json) -> None:
    slack.lines.drop()


async def _disconnect(slack: LocalSlack, wanted: Json) -> None:
    reasons: tuple[DisconnectReason, ...] = get_args(DisconnectReason)
    for reason in reasons:
        if wanted.get("reason") == reason:
            return await slack.lines.disconnect(reason)
    raise Unknown(f"reason must be one of: {', '.join(reasons)}")


async def _limits(slack: LocalSlack, wanted: Json) -> None:
    modes: tuple[LimitMode, ...] = get_args(LimitMode)
    for mode in modes:
        if wanted.get("mode") == mode:
            slack.limits.mode = mode
            return
    raise Unknown(f"mode must be one of: {', '.join(modes)}")


async def _advance(slack: LocalSlack, wanted: Json) -> None:
    seconds = _SECONDS.validate_python(wanted.get("seconds"))
    if not 0 <= seconds < float("inf"):
        raise Unknown("seconds must be a number that is not negative")
    slack.now.advance(seconds)


Mishap = Callable[[LocalSlack, Json], Awaitable[None]]
MISHAPS: dict[str, Mishap] = {
    "set": _set,
    "method": _method,
    "spare": _spare,
    "clear": _clear,
    "revoke_token": _revoke_token,
    "archive": _archived(True),
    "unarchive": _archived(False),
    "remove_app": _remove_app,
    "delete_message": _delete_message,
    "drop_sockets": _drop_sockets,
    "disconnect": _disconnect,
    "limits": _limits,
    "advance": _advance,
}


def _channel(slack: LocalSlack, wanted: Json) -> Channel:
    """By id, or as "#name"."""
    given = Arguments(wanted).need("channel")
    for channel in slack.workspace.channels.values():
        if given in (channel.id, f"#{channel.name}"):
            return channel
    raise SlackError("channel_not_found")


def _require_known(wanted: Json, kind: type[Any], *forbidden: str) -> None:
    known = {field.name for field in fields(kind)} - set(forbidden)
    if strange := wanted.keys() - known:
        raise Unknown(f"unknown: {', '.join(sorted(strange))}; known: {', '.join(sorted(known))}")
