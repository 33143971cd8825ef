"""How many events an app hears in an hour, and that it is told when there were more."""

from dataclasses import dataclass, field

from bot.playground.limits import MINUTE, Window

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class EventRules:
    """`per_hour` events go to an app in one workspace in any 60 minutes; what happens above that is
    lost. In each minute in which something was lost the app is told so, once: `app_rate_limited`.

    Slack documents that for request URLs. Whether it comes by sockets as well (`by_socket`) is
    unverified; taken to be so, as an event of its own.
    """

    per_hour: int = 30_000
    by_socket: bool = True


@dataclass(slots=True)
class EventCap:
    """What each app has heard lately, by (app, workspace). Times are epoch seconds."""

    rules: EventRules = EventRules()
    _heard: dict[tuple[str, str], Window] = field(
        default_factory=lambda: dict[tuple[str, str], Window]()
    )
    _told: dict[tuple[str, str], int] = field(default_factory=lambda: dict[tuple[str, str], int]())

    def take(self, app_id: str, team_id: str, now: float) -> bool:
        """Whether this app hears one more event now, which is counted."""
        window = self._heard.setdefault((app_id, team_id), Window(self.rules.per_hour, HOUR))
        window.capacity = self.rules.per_hour
        if window.wait(now) > 0:
            return False
        window.take(now)
        return True

    def minute_to_tell(self, app_id: str, team_id: str, now: float) -> int | None:
        """Something was lost now: the start of this minute if the app was not told of it yet."""
        minute = int(now // MINUTE * MINUTE)
        if self._told.get((app_id, team_id)) == minute:
            return None
        self._told[app_id, team_id] = minute
        return minute
