"""The loop of `pilookup notify`: takes deliveries from the service database, sends them, and records the outcomes."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Protocol, TypeVar

from pilookup.errors import PilookupError
from pilookup_server.logs import describe, logger
from pilookup_server.notify import metrics
from pilookup_server.notify.post import Outcome
from pilookup_server.service_database.deliveries import Delivery, DeliveryTable

POLL_SECONDS: Final = 1.0
"""How often the database is asked for something to deliver."""

RETRY_SECONDS: Final = 5.0
"""How long a database that failed is left alone."""

MOST_DELIVERIES: Final = 16
"""Most deliveries of this process at the same time."""

_T = TypeVar("_T")
Send = Callable[[Delivery], Awaitable[Outcome]]


class Database(Protocol):
    """Opens the tables, again after a failure."""

    def tables(self) -> DeliveryTable:
        """The tables; raises PilookupError."""

    def close(self) -> None:
        """Close all connections."""


class Notifier:
    """Delivers the newest notice of each channel to its targets, until it is stopped."""

    def __init__(self, database: Database, send: Send, clock: Callable[[], int], pause_seconds: int) -> None:
        """Deliver nothing yet.

        Args:
            database: The tables. They are used by one thread of their own, since a database may not answer for seconds.
            send: Sends a message; raises PilookupError for a target that cannot be sent to as things are.
            clock: The POSIX time in seconds.
            pause_seconds: A target to which all deliveries have failed for this long is paused.
        """
        self._database = database
        self._send = send
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pilookup-database")
        self._running: set[asyncio.Task[None]] = set()
        self._usable = True

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; then wait for the deliveries that have begun."""
        try:
            while not stop.is_set():
                pause = POLL_SECONDS if await self._turn() else RETRY_SECONDS
                await self._wait(stop, pause)
            await asyncio.gather(*self._running)
        finally:
            self._thread.submit(self._database.close).result()
            self._thread.shutdown()

    async def _turn(self) -> bool:
        """Begin what is due. Returns whether the database can be used."""
        try:
            while len(self._running) < MOST_DELIVERIES:
                delivery = await self._in_database(self._take)
                if delivery is None:
                    break
                task = asyncio.create_task(self._deliver(delivery))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            metrics.set_targets(await self._in_database(lambda: self._database.tables().targets()))
        except PilookupError as error:
            await self._say_unusable(error)
            return False
        if not self._usable:
            logger().info("the service database is used again")
        self._usable = True
        metrics.set_database(used=True)
        return True

    def _take(self) -> Delivery | None:
        tables, now = self._database.tables(), self._clock()
        return tables.take(now, secrets.token_hex(16)) if tables.is_due(now) else None

    async def _deliver(self, delivery: Delivery) -> None:
        """Send one notice, and record the outcome."""
        told = {"target": delivery.target.name, "channel": delivery.notice.channel, "serial": delivery.notice.serial}
        try:
            outcome = await self._send(delivery)
        except PilookupError as error:
            outcome = Outcome("it cannot be sent to: see the log")
            logger().error("notice cannot be sent", **told, **describe(error))
        except Exception as error:  # noqa: BLE001 - one target must not end the deliveries to the others
            outcome = Outcome("an error of this program: see the log")
            logger().error("delivery failed in an unforeseen way", **told, **describe(error))
        metrics.count_delivery(delivery.target.name, delivered=outcome.fault is None)
        try:
            because = await self._in_database(partial(self._record, delivery, outcome))
        except PilookupError as error:
            logger().error("outcome not recorded: the notice may be delivered again", **told, **describe(error))
            return
        if outcome.fault is None:
            logger().info("notice delivered", **told)
        else:
            logger().warning("notice not delivered", **told, fault=outcome.fault, attempts=delivery.attempts)
        if because is not None:
            remedy = f"pilookup notify resume {delivery.target.name}"
            logger().error("target paused", target=delivery.target.name, because=because, remedy=remedy)

    def _record(self, delivery: Delivery, outcome: Outcome) -> str | None:
        tables, now = self._database.tables(), self._clock()
        if outcome.fault is None:
            tables.delivered(delivery, now)
            return None
        return tables.failed(delivery, now, outcome.fault, self._pause_seconds, gone=outcome.gone)

    async def _say_unusable(self, error: PilookupError) -> None:
        """Say once that the database cannot be used, and close it, so that it is opened again."""
        if self._usable:
            logger().error("the service database cannot be used: nothing is delivered", **describe(error))
        self._usable = False
        metrics.set_database(used=False)
        await self._in_database(self._database.close)

    async def _in_database(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _wait(self, stop: asyncio.Event, seconds: float) -> None:
        """Wait for some seconds, until `stop` is set, or, while no more deliveries may begin, until one has ended."""
        stopped = asyncio.create_task(stop.wait())
        ends = self._running if len(self._running) >= MOST_DELIVERIES else set[asyncio.Task[None]]()
        await asyncio.wait({stopped, *ends}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
