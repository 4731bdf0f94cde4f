"""A table of named rows in memory that all workers share. Whoever uses it holds a lock meanwhile."""

import mmap
from collections.abc import Iterator
from struct import Struct


class SharedRows:
    """Rows of a name and some counts. Make it before the workers are forked."""

    def __init__(self, rows: int, name_bytes: int, counts: int) -> None:
        """Map an empty table.

        Args:
            rows: Most rows.
            name_bytes: The size of every name; a name is not all zeros.
            counts: The number of counts of a row, each an unsigned 64-bit integer.
        """
        self._rows = rows
        self._name_bytes = name_bytes
        self._counts = Struct(f"<{counts}Q")
        self._row_bytes = name_bytes + self._counts.size
        self._used = Struct("<Q")
        self._memory = mmap.mmap(-1, self._used.size + rows * self._row_bytes)
        self._known: dict[bytes, int] = {}

    def find(self, name: bytes) -> int | None:
        """The offset of the row with this name; None if there is none."""
        place = self._known.get(name)
        if place is not None and self._name(place) == name:
            return place
        for place in self._places():
            if self._name(place) == name:
                self._known[name] = place
                return place
        return None

    def add(self, name: bytes) -> int | None:
        """Add a row of zeros, which has no other row's name; return its offset, or None if the table is full."""
        (used,) = self._used.unpack_from(self._memory)
        if used >= self._rows:
            return None
        place: int = self._used.size + used * self._row_bytes
        self.rename(place, name)
        self._used.pack_into(self._memory, 0, used + 1)
        return place

    def rename(self, place: int, name: bytes) -> None:
        """Give the row at an offset another name, and zeros."""
        self._memory[place : place + self._row_bytes] = name + bytes(self._counts.size)

    def get(self, place: int) -> tuple[int, ...]:
        """The counts of the row at an offset."""
        return self._counts.unpack_from(self._memory, place + self._name_bytes)

    def set(self, place: int, counts: tuple[int, ...]) -> None:
        """Write the counts of the row at an offset."""
        self._counts.pack_into(self._memory, place + self._name_bytes, *counts)

    def all(self) -> Iterator[tuple[int, bytes]]:
        """The offset and the name of every row."""
        for place in self._places():
            yield place, self._name(place)

    def _places(self) -> range:
        (used,) = self._used.unpack_from(self._memory)
        start = self._used.size
        return range(start, start + used * self._row_bytes, self._row_bytes)

    def _name(self, place: int) -> bytes:
        return self._memory[place : place + self._name_bytes]
