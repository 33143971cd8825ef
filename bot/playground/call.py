"""One Web API call as its method sees it, and the triggers that let a call open a view."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.playground.arguments import Arguments
from bot.playground.coverage import Method
from bot.playground.model import Change, Channel, Install, Json, SlackError
from bot.playground.screens import Screens
from bot.playground.stream_content import DEFAULT_RULES, StreamRules
from bot.playground.uploads import Uploads
from bot.playground.workspace import Workspace

Answer = tuple[Json, Change]

TRIGGER_SECONDS = 3.0
_SCOPE_PREFIX = {"channel": "channels", "group": "groups", "im": "im"}


@dataclass(slots=True)
class Triggers:
    """Trigger ids handed out with interactions: good for 3 s and for one use, on the screen of the
    person who gave the occasion."""

    given: dict[str, tuple[float, str]] = field(
        default_factory=lambda: dict[str, tuple[float, str]]()
    )
    used: set[str] = field(default_factory=lambda: set[str]())

    def give(self, trigger_id: str, user_id: str, now: float) -> str:
        self.given[trigger_id] = (now, user_id)
        return trigger_id

    def use(self, trigger_id: str, now: float) -> str:
        """Whose trigger it is. `invalid_trigger_id`, `exchanged_…` after a use, `expired_…`."""
        if trigger_id not in self.given:
            raise SlackError("invalid_trigger_id")
        if trigger_id in self.used:
            raise SlackError("exchanged_trigger_id")
        at, user_id = self.given[trigger_id]
        if now - at > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        self.used.add(trigger_id)
        return user_id


@dataclass(frozen=True, slots=True)
class Call:
    """`new_link` gives a fresh Socket Mode URL; `later` does something soon after the answer."""

    method: Method
    arguments: Arguments
    workspace: Workspace
    install: Install
    now: float
    new_link: Callable[[], str]
    triggers: Triggers
    screens: Screens
    uploads: Uploads
    later: Callable[[Callable[[float], Change]], None]
    feature_disabled: bool = False
    streams: StreamRules = DEFAULT_RULES
    # The events the app is subscribed to; None means all.
    subscribed: frozenset[str] | None = None

    @property
    def bot(self) -> str:
        return self.install.user_id

    def need_scope(self, channel: Channel, verb: str) -> None:
        """The scope for this kind of channel: any one of the others is not enough."""
        needed = f"{_SCOPE_PREFIX[channel.kind]}:{verb}"
        if needed not in self.install.scopes:
            raise missing_scope(needed, self.install)


def missing_scope(needed: str, install: Install) -> SlackError:
    return SlackError("missing_scope", needed=needed, provided=",".join(install.scopes))


def done(change: Change, **fields: object) -> Answer:
    """A successful answer."""
    return {"ok": True, **fields}, change


def fact(**fields: object) -> Answer:
    """A successful answer of a method that changes nothing."""
    return {"ok": True, **fields}, Change()
