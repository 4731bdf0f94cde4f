"""Targets of notices, and who delivers what to which. Every method is one transaction, and raises ServiceDatabaseError.

A target has one row with the state of its delivery: the serial that was delivered last. Whatever is newer and newest is
delivered next, so nothing queues up, and a target that was paused gets one notice and no backlog.

A process takes a delivery for a time (`LEASE_SECONDS`) that is longer than a delivery can last, and gives it back with
the outcome. What a killed process had taken can be taken again after that time. Then the same notice, with the same
id, may arrive twice; two processes never deliver to one target at the same time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from pilookup.errors import PilookupError
from pilookup_server.notices.notice import Notice
from pilookup_server.service_database.engine import database_errors, for_writing
from pilookup_server.service_database.notices import notice_of_row
from pilookup_server.service_database.schema import notice, notice_delivery, notice_target

LEASE_SECONDS: Final = 120
"""How long a process has a delivery that it took. No delivery lasts longer than half of it."""

FIRST_RETRY_SECONDS: Final = 5
RETRY_FACTOR: Final = 4
MOST_RETRY_SECONDS: Final = 3600

LEAST_ATTEMPTS: Final = 8
"""A target is not paused after fewer failures, whatever the clock says."""

FAILING: Final = "failing"
"""Why a target is paused: every delivery failed for too long."""

GONE: Final = "gone"
"""Why a target is paused: it answered 410."""

OPERATOR: Final = "operator"
"""Why a target is paused: the operator paused it."""


class TargetError(PilookupError):
    """A target cannot be added or found; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver of notices.

    Attributes:
        name: The name that the operator gave it.
        secret_id: What its secret is derived from, together with the key.
        key_check: Which key that was.
        url: Where it is. It may contain a secret of the receiver, so it is never logged.
        channel: The channel whose releases it is told of.
        added: The POSIX time in seconds at which it was added.
    """

    name: str
    secret_id: str
    key_check: str
    url: str = field(repr=False)
    channel: str
    added: int


@dataclass(frozen=True, slots=True)
class TargetState:
    """A target and how its deliveries go. Times are POSIX seconds.

    Attributes:
        target: The target.
        paused: Since when nothing is delivered; None if it is active.
        paused_because: FAILING, GONE or OPERATOR; None if it is active.
        delivered: The serial that was delivered last, or 0.
        delivered_at: When that was; None if nothing was delivered yet.
        failing_since: Since when every delivery has failed; None if the last one did not.
        fault: Why the last one failed; None if it did not.
    """

    target: Target
    paused: int | None
    paused_because: str | None
    delivered: int
    delivered_at: int | None
    failing_since: int | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one process is to deliver now.

    Attributes:
        target: To whom.
        notice: What.
        attempts: Which attempt this is, from 1, since the last delivery that did not fail.
        taken_by: Who has taken it: an id that is new for each.
    """

    target: Target
    notice: Notice
    attempts: int
    taken_by: str


class DeliveryTable:
    """Targets, and the state of their deliveries."""

    def __init__(self, engine: Engine) -> None:
        """Use the connections of an open service database."""
        self._engine = engine
        self._writing = for_writing(engine)

    def add(self, target: Target) -> None:
        """Add a target, which is told of the newest release at once; raises TargetError if there is one of its name."""
        with self._begin() as connection:
            try:
                connection.execute(notice_target.insert().values(**_columns(target)))
            except IntegrityError:
                raise TargetError(f"there is a target named {target.name}; remove it first") from None
            connection.execute(notice_delivery.insert().values(target=target.name, delivered=0, **_NEW))

    def targets(self) -> list[TargetState]:
        """All targets, by name."""
        query = _joined().order_by(notice_target.c.name)
        with database_errors(), self._engine.connect() as connection:
            return [_state(row) for row in connection.execute(query).mappings()]

    def pause(self, name: str, now: int) -> None:
        """Deliver nothing to a target until it is resumed; raises TargetError if there is none of this name."""
        with self._begin() as connection:
            _pause(connection, name, now, OPERATOR)

    def resume(self, name: str) -> None:
        """Deliver the newest notice to a target, and go on; raises TargetError if there is none of this name."""
        with self._begin() as connection:
            done = connection.execute(
                update(notice_target).where(notice_target.c.name == name).values(paused=None, paused_because=None)
            )
            _check_found(done.rowcount, name)
            state = notice_delivery.c
            connection.execute(
                update(notice_delivery)
                .where(state.target == name)
                .values(attempts=0, failing_since=None, fault=None, next_at=0)
            )

    def remove(self, name: str) -> None:
        """Forget a target; raises TargetError if there is none of this name."""
        with self._begin() as connection:
            done = connection.execute(delete(notice_target).where(notice_target.c.name == name))
            _check_found(done.rowcount, name)
            connection.execute(delete(notice_delivery).where(notice_delivery.c.target == name))

    def is_due(self, now: int) -> bool:
        """Whether there is something to take. It writes nothing, so it may be asked often."""
        with database_errors(), self._engine.connect() as connection:
            return connection.execute(_due(now)).first() is not None

    def take(self, now: int, taken_by: str) -> Delivery | None:
        """Take a delivery, for LEASE_SECONDS.

        Args:
            now: The POSIX time in seconds.
            taken_by: An id that is used for nothing else.

        Returns:
            The delivery; None if nothing is due, or others deliver what is.
        """
        state = notice_delivery.c
        due = _due(now).with_for_update(of=notice_delivery, skip_locked=True)  # SQLite has one writer, and ignores it
        taking = (
            update(notice_delivery)
            .where(state.target == due.scalar_subquery())
            .values(taken_until=now + LEASE_SECONDS, taken_by=taken_by, attempts=state.attempts + 1)
            .returning(state.target, state.attempts)
        )
        with self._begin() as connection:
            taken = connection.execute(taking).first()
            if taken is None:
                return None
            row = connection.execute(_joined().where(notice_target.c.name == taken.target)).mappings().one()
            newest = select(notice).where(notice.c.channel == row["channel"]).order_by(notice.c.serial.desc()).limit(1)
            told = notice_of_row(connection.execute(newest).mappings().one())
            return Delivery(_state(row).target, told, taken.attempts, taken_by)

    def delivered(self, delivery: Delivery, now: int) -> bool:
        """Record that a notice was delivered. Returns False if another process has taken the delivery meanwhile."""
        with self._begin() as connection:
            done = connection.execute(
                _taken(delivery).values(delivered=delivery.notice.serial, delivered_at=now, **_NEW)
            )
            return done.rowcount == 1

    def failed(self, delivery: Delivery, now: int, fault: str, pause_seconds: int, *, gone: bool) -> str | None:
        """Record that a delivery failed, and when it may be tried again.

        Args:
            delivery: What was taken.
            now: The POSIX time in seconds.
            fault: Why it failed, in at most 64 characters.
            pause_seconds: A target whose deliveries have all failed for this long is paused.
            gone: Whether the receiver wants nothing more, so that it is paused at once.

        Returns:
            Why the target is paused now; None if it is not, or if another process has taken the delivery meanwhile.
        """
        state = notice_delivery.c
        values = {
            "failing_since": func.coalesce(state.failing_since, now),
            "fault": fault,
            "next_at": now + retry_seconds(delivery.attempts),
            "taken_until": 0,
            "taken_by": "",
        }
        with self._begin() as connection:
            row = connection.execute(_taken(delivery).values(values).returning(state.failing_since)).first()
            if row is None:
                return None
            long = now - row.failing_since >= pause_seconds and delivery.attempts >= LEAST_ATTEMPTS
            because = GONE if gone else FAILING if long else None
            if because is not None:
                _pause(connection, delivery.target.name, now, because)
            return because

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with database_errors(), self._writing.begin() as connection:
            yield connection


_NEW: Final = {
    "attempts": 0,
    "failing_since": None,
    "fault": None,
    "next_at": 0,
    "taken_until": 0,
    "taken_by": "",
}
"""Columns of a delivery that nobody has taken and that has not failed."""


def retry_seconds(attempts: int) -> int:
    """The seconds after which a delivery is tried again that failed `attempts` times in a row."""
    exponent = min(attempts - 1, 16)
    return int(min(FIRST_RETRY_SECONDS * RETRY_FACTOR**exponent, MOST_RETRY_SECONDS))


def _due(now: int) -> Any:
    """The name of the target that has waited longest of those to which something can be delivered now.

    A time that is further away than any that is set now was set before the clock was stepped back, and counts as past.
    """
    state, target = notice_delivery.c, notice_target.c
    newest = select(func.max(notice.c.serial)).where(notice.c.channel == target.channel).scalar_subquery()
    return (
        select(state.target)
        .join(notice_target, target.name == state.target)
        .where(
            target.paused.is_(None),
            or_(state.next_at <= now, state.next_at > now + MOST_RETRY_SECONDS),
            or_(state.taken_until <= now, state.taken_until > now + LEASE_SECONDS),
            state.delivered < newest,
        )
        .order_by(state.next_at, state.target)
        .limit(1)
    )


def _taken(delivery: Delivery) -> Any:
    state = notice_delivery.c
    return update(notice_delivery).where(state.target == delivery.target.name, state.taken_by == delivery.taken_by)


def _pause(connection: Connection, name: str, now: int, because: str) -> None:
    done = connection.execute(
        update(notice_target).where(notice_target.c.name == name).values(paused=now, paused_because=because)
    )
    _check_found(done.rowcount, name)


def _check_found(count: int, name: str) -> None:
    if not count:
        raise TargetError(f"there is no target named {name}; pilookup notify list shows them")


def _joined() -> Any:
    return select(notice_target, notice_delivery).join(
        notice_delivery, notice_delivery.c.target == notice_target.c.name
    )


def _columns(target: Target) -> dict[str, Any]:
    return {
        "name": target.name,
        "secret_id": target.secret_id,
        "key_check": target.key_check,
        "url": target.url,
        "channel": target.channel,
        "added": target.added,
    }


def _state(row: Any) -> TargetState:
    target = Target(row["name"], row["secret_id"], row["key_check"], row["url"], row["channel"], row["added"])
    names = ("paused", "paused_because", "delivered", "delivered_at", "failing_since", "fault")
    return TargetState(target, **{name: row[name] for name in names})
