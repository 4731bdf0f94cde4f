"""What the holders of tokens had evaluated, in memory that all workers share, until it is in the service database.

Requests and elements are counted, never what was asked.
"""

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from struct import Struct
from typing import Final

from pilookup_server.limits.shared_lock import SharedLock

_ROW: Final = Struct("<QQ")  # requests, elements


@dataclass(frozen=True, slots=True)
class Usage:
    """What the holder of a token had evaluated in a channel on a day.

    Attributes:
        day: The day, UTC.
        platform: The name of the holder: half of the SHA-256 of the token, in hexadecimal digits.
        channel: The channel.
        requests: The number of requests that were answered.
        elements: The number of elements in them.
    """

    day: date
    platform: str
    channel: str
    requests: int
    elements: int


class UsageTable:
    """Counts requests and elements of each holder in each channel. Make it before the workers are forked."""

    def __init__(self, holders: Sequence[str], channels: Sequence[str], lock: SharedLock) -> None:
        """Map an empty table.

        Args:
            holders: The names of the holders.
            channels: The channels.
            lock: The lock that all workers use.
        """
        keys = [(holder, channel) for holder in holders for channel in channels]
        self._places = {key: number * _ROW.size for number, key in enumerate(keys)}
        self._rows = mmap.mmap(-1, max(1, len(keys)) * _ROW.size)
        self._lock = lock

    def count(self, holder: str, channel: str, elements: int) -> None:
        """Count one request; raises CountersError.

        A holder that was not known when the table was made is not counted: its token came into the file of tokens
        since, and only a worker that was started again has read it.
        """
        place = self._places.get((holder, channel))
        if place is not None:
            self._add(place, 1, elements)

    def take(self, day: date) -> list[Usage]:
        """Take out what was counted since the last time, for a day; raises CountersError."""
        taken = []
        with self._lock:
            for (holder, channel), place in self._places.items():
                requests, elements = _ROW.unpack_from(self._rows, place)
                if requests:
                    _ROW.pack_into(self._rows, place, 0, 0)
                    taken.append(Usage(day, holder, channel, requests, elements))
        return taken

    def give_back(self, usage: Sequence[Usage]) -> None:
        """Count again what was taken out, because it could not be kept; raises CountersError."""
        for one in usage:
            self._add(self._places[one.platform, one.channel], one.requests, one.elements)

    def _add(self, place: int, requests: int, elements: int) -> None:
        with self._lock:
            before = _ROW.unpack_from(self._rows, place)
            _ROW.pack_into(self._rows, place, before[0] + requests, before[1] + elements)
