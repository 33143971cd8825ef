"""One Web API call as its method sees it, and the triggers that let a call open a view."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.playground.arguments import Arguments
from bot.playground.method import Method
from bot.playground.model import App, Change, Channel, Install, Json, SlackError, User
from bot.playground.oauth import Codes
from bot.playground.screens import Screens
from bot.playground.stream_content import DEFAULT_RULES, StreamRules
from bot.playground.uploads import Uploads
from bot.playground.workspace import Workspace

Answer = tuple[Json, Change]

TRIGGER_SECONDS = 3.0
# A playground may run for days: the trigger of an hour ago is as unknown as one never given.
TRIGGER_KEPT_SECONDS = 3600.0
# What makes a message or a status look as if it were from somebody else.
LOOK = ("icon_emoji", "icon_url", "username")
_SCOPE_PREFIX = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


@dataclass(slots=True)
class Triggers:
    """Trigger ids handed out with interactions: good for 3 s and for one use by the app they were
    given to, on the screen of the person who gave the occasion."""

    given: dict[str, tuple[float, str, str]] = field(
        default_factory=lambda: dict[str, tuple[float, str, str]]()
    )
    used: set[str] = field(default_factory=lambda: set[str]())

    def give(self, trigger_id: str, app_id: str, user_id: str, now: float) -> str:
        while self.given and now - next(iter(self.given.values()))[0] > TRIGGER_KEPT_SECONDS:
            oldest = next(iter(self.given))
            del self.given[oldest]
            self.used.discard(oldest)
        self.given[trigger_id] = (now, app_id, user_id)
        return trigger_id

    def use(self, trigger_id: str, app_id: str, now: float) -> str:
        """Whose trigger it is. `invalid_trigger_id`, also for that of another app; `exchanged_…`
        after a use, `expired_…`."""
        at, given_to, user_id = self.given.get(trigger_id, (0.0, "", ""))
        if not user_id or given_to != app_id:
            raise SlackError("invalid_trigger_id")
        if trigger_id in self.used:
            raise SlackError("exchanged_trigger_id")
        if now - at > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        self.used.add(trigger_id)
        return user_id


@dataclass(frozen=True, slots=True)
class Call:
    """A call with a token, by an install or in the name of a person; `later` does something soon
    after the answer."""

    method: Method
    arguments: Arguments
    workspace: Workspace
    app: App
    install: Install
    token: str
    now: float
    triggers: Triggers
    screens: Screens
    uploads: Uploads
    later: Callable[[Callable[[float], Change]], None]
    feature_disabled: bool = False
    streams: StreamRules = DEFAULT_RULES

    @property
    def bot(self) -> str:
        return self.install.user_id

    def user(self, user_id: str) -> User:
        """Somebody of this workspace: those of others are not found."""
        user = self.workspace.user(user_id)
        if user.team_id != self.install.team_id:
            raise SlackError("user_not_found")
        return user

    def use_trigger(self) -> str:
        """Who gave the occasion for the view that is to be opened."""
        return self.triggers.use(self.arguments.need("trigger_id"), self.app.id, self.now)

    def look(self) -> Json | None:
        """The name and icon a message shall have instead of the app's: they need a scope."""
        given = {name: value for name in LOOK if (value := self.arguments.text(name)) is not None}
        if not given:
            return None
        if "chat:write.customize" not in self.install.scopes:
            raise missing_scope("chat:write.customize", self.install)
        names = {"icon_emoji": "emoji", "icon_url": "image_48"}
        icons = {names[name]: value for name, value in given.items() if name in names}
        named = {"username": given["username"]} if "username" in given else {}
        return named | ({"icons": icons} if icons else {})

    def need_scope(self, channel: Channel, verb: str) -> None:
        """The scope for this kind of channel: any one of the others is not enough."""
        needed = f"{_SCOPE_PREFIX[channel.kind]}:{verb}"
        if needed not in self.install.scopes:
            raise missing_scope(needed, self.install)


@dataclass(frozen=True, slots=True)
class AppCall:
    """A call by an app as such, installed or not: with an app-level token, or with its client id
    and secret. `new_link` gives a fresh Socket Mode URL."""

    method: Method
    arguments: Arguments
    workspace: Workspace
    app: App
    now: float
    new_link: Callable[[], str]
    codes: Codes


def missing_scope(needed: str, install: Install) -> SlackError:
    return SlackError("missing_scope", needed=needed, provided=",".join(install.scopes))


def done(change: Change, **fields: object) -> Answer:
    """A successful answer."""
    return {"ok": True, **fields}, change


def fact(**fields: object) -> Answer:
    """A successful answer of a method that changes nothing."""
    return {"ok": True, **fields}, Change()
