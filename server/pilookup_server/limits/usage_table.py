"""What platforms had evaluated, in memory that all workers share, until it is in the service database.

Requests and elements are counted, never what was asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from struct import Struct
from typing import Final

from pilookup_server.limits.shared_lock import SharedLock
from pilookup_server.limits.shared_rows import SharedRows
from pilookup_server.logs import logger
from pilookup_server.platforms.platform import Purpose

ROWS: Final = 8192
"""Most combinations of platform, channel and purpose since the server started."""

_NAME: Final = Struct("<32s32s16s")
_FULL: Final = "the table of platforms' usage is full, requests are not counted: restart the server"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a platform had evaluated in a channel on a day.

    Attributes:
        day: The day, UTC.
        platform: The name of the platform (`platforms.platform.Platform.name`).
        channel: The channel.
        purpose: What for; None for what a former version counted.
        requests: The number of requests that were answered.
        elements: The number of elements in them.
    """

    day: date
    platform: str
    channel: str
    purpose: Purpose | None
    requests: int
    elements: int


class UsageTable:
    """Counts requests and elements of each platform, channel and purpose. Make it before the workers are forked."""

    def __init__(self, lock: SharedLock, rows: int = ROWS) -> None:
        """Map an empty table.

        Args:
            lock: The lock that all workers use.
            rows: Most combinations.
        """
        self._rows = SharedRows(rows, _NAME.size, 2)
        self._lock = lock
        self._said = False

    def count(self, platform: str, channel: str, purpose: Purpose, elements: int) -> None:
        """Count one request; raises CountersError."""
        self._add(_NAME.pack(platform.encode(), channel.encode(), purpose.encode()), 1, elements)

    def take(self, day: date) -> list[Usage]:
        """Take out what was counted since the last time, for a day; raises CountersError."""
        taken = []
        with self._lock:
            for place, name in self._rows.all():
                requests, elements = self._rows.get(place)
                if requests:
                    self._rows.set(place, (0, 0))
                    platform, channel, purpose = (part.rstrip(b"\0").decode() for part in _NAME.unpack(name))
                    taken.append(Usage(day, platform, channel, Purpose(purpose), requests, elements))
        return taken

    def give_back(self, usage: Sequence[Usage]) -> None:
        """Count again what was taken out, because it could not be kept; raises CountersError."""
        for one in usage:
            assert one.purpose is not None, "only the database has usage without a purpose"
            name = _NAME.pack(one.platform.encode(), one.channel.encode(), one.purpose.encode())
            self._add(name, one.requests, one.elements)

    def _add(self, name: bytes, requests: int, elements: int) -> None:
        with self._lock:
            place = self._rows.find(name)
            if place is None:
                place = self._rows.add(name)
            if place is not None:
                before = self._rows.get(place)
                self._rows.set(place, (before[0] + requests, before[1] + elements))
        if place is None and not self._said:
            self._said = True
            logger().error(_FULL)
