"""What Slack tells an app: by the transport the app chose, and again if it was not taken.

An event that is not acked within 3 s is sent again, up to three times; an interaction is sent
once. What finds the app nowhere is lost.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from bot.playground.clock import Clock
from bot.playground.feed import Signal
from bot.playground.journal import Attempt, Delivery, Failure

ACK_DEADLINE = 3.0
RETRY_SCHEDULE = (0.2, 60.0, 300.0)


class NotTaken(Exception):
    """An attempt failed, and why; `final` if the app wants no other."""

    def __init__(self, failure: Failure, *, final: bool = False) -> None:
        super().__init__(failure)
        self.failure: Failure = failure
        self.final = final


class Transport(Protocol):
    """One way to an app: its sockets, or its request URLs."""

    def reaches(self, delivery: Delivery) -> bool:
        """Whether there is anywhere to send it to just now."""
        ...

    async def send(self, delivery: Delivery, attempt: Attempt) -> Any:
        """Send it once, noting in `attempt` how. What the app answered; raises `NotTaken`."""
        ...


class Courier:
    """All that is under way to one app, by the `transport` it uses at that moment.

    `retry_schedule` is the wait in seconds before each redelivery; `changed` fires at every failure
    and outcome.
    """

    def __init__(
        self,
        transport: Callable[[], Transport],
        clock: Clock,
        changed: Signal,
        ack_deadline: float = ACK_DEADLINE,
        retry_schedule: Sequence[float] = RETRY_SCHEDULE,
    ) -> None:
        self.transport = transport
        self.ack_deadline = ack_deadline
        self.retry_schedule = retry_schedule
        self._clock = clock
        self._changed = changed
        self._under_way: set[asyncio.Task[None]] = set()

    def send_event(self, delivery: Delivery, delay: float = 0.0) -> None:
        """Deliver after `delay` seconds, in the background; the outcome shows in the record."""
        task = asyncio.create_task(self._deliver(delivery, (delay, *self.retry_schedule)))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def interact(self, delivery: Delivery) -> bool:
        """Deliver an interaction, once. True when it was acked in time."""
        await self._deliver(delivery, (0.0,))
        return delivery.outcome == "acked"

    async def close(self) -> None:
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _deliver(self, delivery: Delivery, waits: Sequence[float]) -> None:
        failure: Failure | None = None
        for number, wait in enumerate(waits):
            await self._clock.sleep(wait)
            transport = self.transport()
            if not transport.reaches(delivery):
                if not delivery.attempts:
                    break
                continue
            attempt = Attempt(number, failure)
            delivery.attempts.append(attempt)
            try:
                await self._attempt(transport, delivery, attempt)
            except NotTaken as error:
                failure = attempt.failure = error.failure
                self._changed.fire()
                if error.final:
                    break
            else:
                delivery.outcome = "acked"
                break
        if delivery.outcome == "pending":
            delivery.outcome = "given_up" if delivery.attempts else "lost"
        self._changed.fire()

    async def _attempt(self, transport: Transport, delivery: Delivery, attempt: Attempt) -> None:
        sent_at = self._clock()
        sending = asyncio.ensure_future(transport.send(delivery, attempt))
        try:
            attempt.payload = await self._clock.within(self.ack_deadline, sending)
        except TimeoutError:
            raise NotTaken("http_timeout") from None
        finally:
            sending.cancel()
        attempt.acked_after = self._clock() - sent_at
