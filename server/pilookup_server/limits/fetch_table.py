"""The highest serial that each platform fetched, in memory that all workers share, until it is in the service database.

A platform fetched a serial when the server answered a request with its key for the manifest of that serial.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

from pilookup_server.limits.shared_lock import SharedLock
from pilookup_server.limits.shared_rows import SharedRows
from pilookup_server.logs import logger

ROWS: Final = 4096
"""Most combinations of platform and channel since the server started."""

_NAME: Final = Struct("<32s32s")
_FULL: Final = "the table of what platforms fetched is full, receipts do not say it: restart the server"


@dataclass(frozen=True, slots=True)
class Fetch:
    """The highest serial of a channel that a platform fetched."""

    platform: str
    channel: str
    serial: int


class FetchTable:
    """Notes serials. Make it before the workers are forked."""

    def __init__(self, lock: SharedLock, rows: int = ROWS) -> None:
        """Map an empty table.

        Args:
            lock: The lock that all workers use.
            rows: Most combinations.
        """
        self._rows = SharedRows(rows, _NAME.size, 2)  # the highest serial, and the one that is kept
        self._lock = lock
        self._noted: dict[bytes, int] = {}
        self._said = False

    def note(self, platform: str, channel: str, serial: int) -> None:
        """Note that a platform fetched a serial; raises CountersError."""
        name = _NAME.pack(platform.encode(), channel.encode())
        if serial <= self._noted.get(name, 0):
            return
        with self._lock:
            place = self._rows.find(name)
            if place is None:
                place = self._rows.add(name)
            if place is not None:
                highest, kept = self._rows.get(place)
                self._rows.set(place, (max(highest, serial), kept))
                self._noted[name] = serial
        if place is None and not self._said:
            self._said = True
            logger().error(_FULL)

    def new(self) -> list[Fetch]:
        """What is not kept yet; raises CountersError."""
        found = []
        with self._lock:
            for place, name in self._rows.all():
                highest, kept = self._rows.get(place)
                if highest > kept:
                    platform, channel = (part.rstrip(b"\0").decode() for part in _NAME.unpack(name))
                    found.append(Fetch(platform, channel, highest))
        return found

    def kept(self, fetches: Sequence[Fetch]) -> None:
        """Take note that these are kept; raises CountersError."""
        with self._lock:
            for one in fetches:
                place = self._rows.find(_NAME.pack(one.platform.encode(), one.channel.encode()))
                assert place is not None, "a row is never removed"
                highest, kept = self._rows.get(place)
                self._rows.set(place, (highest, max(kept, one.serial)))
