"""What can be made to go wrong, as plain data that tests set on `Playground.faults`."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True)
class MethodFault:
    """What befalls calls of one method. `times` counts down; None means until taken away.

    `status` 429 or 500 answers instead of doing it. `drop` cuts the connection before the call was
    applied, or after, so that the caller cannot know. `latency` (seconds) comes first in any case.
    """

    status: Literal[429, 500] | None = None
    retry_after: int = 1
    latency: float = 0.0
    drop: Literal["before", "after"] | None = None
    times: int | None = None


@dataclass(slots=True)
class Faults:
    """`methods` by name; `feature_disabled` is answered by every agents.sessions.* method;
    `duplicate_events` sends each event so many times more, in envelopes of their own;
    `event_delays` are seconds the next events wait, one each: later ones overtake them."""

    methods: dict[str, MethodFault] = field(default_factory=lambda: dict[str, MethodFault]())
    feature_disabled: bool = False
    duplicate_events: int = 0
    event_delays: list[float] = field(default_factory=lambda: list[float]())

    def strike(self, method: str) -> MethodFault:
        """The fault of this call, counted; a harmless one if there is none."""
        fault = self.methods.get(method)
        if fault is None:
            return MethodFault()
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                del self.methods[method]
        return fault
