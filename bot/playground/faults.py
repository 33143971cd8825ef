"""What can be made to go wrong, as plain data that tests set on `Playground.faults`."""

from dataclasses import dataclass, field
from typing import Literal

EVERY_METHOD = "*"
TokenError = Literal["token_revoked", "account_inactive", "token_expired", "invalid_auth"]


@dataclass(slots=True)
class MethodFault:
    """What befalls calls of one method. The first `after` calls are spared; then `times` counts
    down, None means until taken away. One in `every` of them is befallen, the others are spared,
    too. What is spared may be befallen by `*`.

    `status` 429 or 500, or Slack's own code in `error`, answers instead of doing it. `drop` cuts
    the connection before the call was applied, or after, so that the caller cannot know. `latency`
    (seconds) comes first in any case.
    """

    status: Literal[429, 500] | None = None
    error: str | None = None
    retry_after: int = 1
    latency: float = 0.0
    drop: Literal["before", "after"] | None = None
    times: int | None = None
    after: int = 0
    every: int = 1


@dataclass(slots=True)
class Faults:
    """`methods` by name, `*` for all that have none of their own; `feature_disabled` is answered by
    every agents.sessions.* method; `token_error` by every method that takes the bot's token;
    `duplicate_events` sends each event so many times more, in envelopes of their own;
    `event_delays` are seconds the next events wait, one each: later ones overtake them."""

    methods: dict[str, MethodFault] = field(default_factory=lambda: dict[str, MethodFault]())
    feature_disabled: bool = False
    token_error: TokenError | None = None
    duplicate_events: int = 0
    event_delays: list[float] = field(default_factory=lambda: list[float]())

    def strike(self, method: str) -> MethodFault:
        """The fault of this call, counted; a harmless one if there is none."""
        for name in (method, EVERY_METHOD):
            fault = self.methods.get(name)
            if fault is not None and _befalls(fault):
                if fault.times is not None and fault.times <= 0:
                    del self.methods[name]
                return fault
        return MethodFault()


def _befalls(fault: MethodFault) -> bool:
    """Whether this call is one of those, which is counted."""
    if fault.after > 0:
        fault.after -= 1
        return False
    fault.after = fault.every - 1
    if fault.times is not None:
        fault.times -= 1
    return True
