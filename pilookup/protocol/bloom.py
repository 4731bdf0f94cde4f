"""A Bloom filter body (SPEC.md section 10.4), for platforms whose software reads Bloom filters or adds keys in place.

The body is what `BloomFilter.tofile` of pybloom-live 4 writes: `<dQQQQ` (error rate, number of slices, bits per slice,
capacity, count; little-endian), then the bits. A filter key is added as an integer; pybloom-live hashes its decimal
text.
"""

import io
import math
import struct
from typing import TYPE_CHECKING, Any, Self

from pilookup.errors import FormatError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterable

ERROR_RATE = 2**-16
"""The false-positive rate, the same as that of a fuse16 filter."""

HEADROOM = 8
"""A body has capacity for its keys and 1/8 more, so that keys can be added in place."""

_HEADER = struct.Struct("<dQQQQ")
_KEY = struct.Struct(">Q")


class BloomBody:
    """Distinct unsigned 64-bit keys in a `pybloom_live.BloomFilter`."""

    def __init__(self, bloom: Any) -> None:
        self._bloom = bloom

    @classmethod
    def empty(cls, count: int) -> Self:
        """An empty filter with capacity for `count` distinct keys and 1/8 more; raises MissingExtraError."""
        return cls(_library().BloomFilter(capacity=max(1, count + -(-count // HEADROOM)), error_rate=ERROR_RATE))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse a body.

        Raises:
            FormatError: The bytes are not a filter that this project writes; every size in the header must follow from
                the capacity and the error rate.
            MissingExtraError: pybloom-live is not installed.
        """
        if len(data) < _HEADER.size:
            raise FormatError("bloom: truncated")
        rate, slices, bits, capacity, count = _HEADER.unpack_from(data)
        if rate != ERROR_RATE or slices != 16 or not 0 < capacity < 2**40 or count > capacity:
            raise FormatError("bloom: not a filter this project writes")
        if bits != math.ceil(capacity * abs(math.log(rate)) / (slices * math.log(2) ** 2)):
            raise FormatError("bloom: the size does not follow from the capacity")
        if len(data) != _HEADER.size + (slices * bits + 7) // 8:
            raise FormatError("bloom: wrong length")
        return cls(_library().BloomFilter.fromfile(io.BytesIO(data)))

    def add(self, keys: "Iterable[int]") -> None:
        """Add keys that the filter does not contain yet; raises IndexError when it is full."""
        for key in keys:
            # The library itself accepts one key more than the capacity.
            if self._bloom.count >= self._bloom.capacity:
                raise IndexError("bloom: full")
            self._bloom.add(key, skip_check=True)

    def contains_many(self, keys: bytes) -> bytes:
        """Look up n keys of 8 bytes, big-endian: a bitmap whose bit i % 8 (from the lowest) of byte i // 8 is key i.

        A bit is 1 if the key may be in the set; 0 is certain.
        """
        bitmap = bytearray((len(keys) // _KEY.size + 7) // 8)
        for i, (key,) in enumerate(_KEY.iter_unpack(keys)):
            bitmap[i >> 3] |= (key in self._bloom) << (i & 7)
        return bytes(bitmap)

    def to_bytes(self) -> bytes:
        """The body's bytes."""
        file = io.BytesIO()
        self._bloom.tofile(file)
        return file.getvalue()

    def __len__(self) -> int:
        return int(self._bloom.count)


def _library() -> Any:
    try:
        import pybloom_live  # noqa: PLC0415 - needed for Bloom filters alone
    except ImportError as error:
        raise MissingExtraError("Bloom filters need pybloom-live: pip install 'pilookup[load]'") from error
    return pybloom_live
