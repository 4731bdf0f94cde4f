"""The open connections of one worker, with caps for each address and in all.

A worker may be reached without a proxy, so its memory must be bounded whatever the number of callers. A connection
holds at most about 100 kB of this process (docs/adr/0015), so the cap in all bounds the memory; the cap by address
prevents one caller from using up the cap in all. At a cap the connection that has been idle longest is closed in favour
of the new one.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

STALLED_SECONDS: Final = 5.0
"""At its cap, an address without an idle connection loses one that has made no progress for this long."""


class TrackedConnection(Protocol):
    """What the table asks of a connection."""

    def progressed_at(self) -> float:
        """The time of the last byte received from the caller or taken by it."""

    def overdue(self, now: float) -> str | None:
        """The reason why the connection must be closed now; None if there is none."""

    def abort(self) -> None:
        """Close the connection at once, without sending what is still to be sent."""


@dataclass(eq=False)
class _Group:
    """The connections of one address. Each part keeps the order in which they were added to it."""

    address: str
    capped: bool
    idle: OrderedDict[TrackedConnection, None] = field(default_factory=OrderedDict)
    busy: OrderedDict[TrackedConnection, None] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self.idle) + len(self.busy)


class ConnectionTable:
    """Admits connections, closes those that take too long, and counts both.

    Attributes:
        refused: How many connections were refused or closed, by reason, since the table was made.
    """

    def __init__(self, total: int, per_address: int, clock: Callable[[], float]) -> None:
        """Make an empty table.

        Args:
            total: The most connections in all.
            per_address: The most connections of one address that is capped.
            clock: The current time in seconds, from any beginning.
        """
        self.refused: Counter[str] = Counter()
        self.clock = clock
        self._total = total
        self._per_address = per_address
        self._groups: dict[str, _Group] = {}
        self._group_of: dict[TrackedConnection, _Group] = {}

    def __len__(self) -> int:
        return len(self._group_of)

    def admit(self, connection: TrackedConnection, address: str, *, capped: bool) -> bool:
        """Add a new connection as an idle one, and close another one if a cap is reached.

        Args:
            connection: The connection.
            address: The address that it is counted for.
            capped: Whether the cap by address applies; it does not to trusted proxies.

        Returns:
            Whether it was added. If not, all other connections are in use and it must be closed.
        """
        group = self._groups.get(address) or _Group(address, capped)
        if capped and len(group) >= self._per_address and not self._make_room(group, "address"):
            return False
        if len(self) >= self._total and not self._make_room_in_all(group):
            return False
        self._groups[address] = group
        group.idle[connection] = None
        self._group_of[connection] = group
        return True

    def set_busy(self, connection: TrackedConnection) -> None:
        """Note that a request of the connection has begun."""
        group = self._group_of.get(connection)
        if group is not None and connection in group.idle:
            del group.idle[connection]
            group.busy[connection] = None

    def set_idle(self, connection: TrackedConnection) -> None:
        """Note that all requests of the connection have been answered."""
        group = self._group_of.get(connection)
        if group is not None and connection in group.busy:
            del group.busy[connection]
            group.idle[connection] = None

    def remove(self, connection: TrackedConnection) -> None:
        """Forget a connection. Does nothing if it is not in the table."""
        group = self._group_of.pop(connection, None)
        if group is None:
            return
        group.idle.pop(connection, None)
        group.busy.pop(connection, None)
        if not group:
            del self._groups[group.address]

    def sweep(self) -> None:
        """Close the connections that take too long."""
        now = self.clock()
        for connection in list(self._group_of):
            reason = connection.overdue(now)
            if reason is not None:
                self._close(connection, reason)

    def _close(self, connection: TrackedConnection, reason: str) -> None:
        self.refused[reason] += 1
        self.remove(connection)
        connection.abort()

    def _make_room(self, group: _Group, reason: str) -> bool:
        """Close one connection of a group: the one that is idle longest, otherwise one that has stalled."""
        stalled = self.clock() - STALLED_SECONDS
        victim = next(iter(group.idle), None) or next(
            (one for one in group.busy if one.progressed_at() <= stalled), None
        )
        if victim is None:
            self.refused[reason] += 1
            return False
        self._close(victim, reason)
        return True

    def _make_room_in_all(self, newcomer: _Group) -> bool:
        """Close one connection of the address that has most.

        One in use is closed only if its address has more connections than that of the new one.
        """
        for group in sorted(self._groups.values(), key=len, reverse=True):
            if group.idle:
                self._close(next(iter(group.idle)), "total")
                return True
            if group.capped and len(group) > len(newcomer) + 1:
                self._close(next(iter(group.busy)), "total")
                return True
        self.refused["total"] += 1
        return False
