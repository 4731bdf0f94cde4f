"""A filter file on disk, read part by part: one of many keys is cut by their upper bits (SPEC.md section 10.3)."""

import os
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from pilookup import durable
from pilookup._core import FuseFilter
from pilookup.custody.spill import upper_bounds
from pilookup.errors import FormatError
from pilookup.protocol.filter import KEY_BYTES, MAX_HEAD_BYTES, Algorithm, Body, FilterHead, parse_body

_BEGINNING: Final = 16
"""Bytes by which a fuse body tells of its parts; where there are more than one, they follow."""
_PART_BEGINNING: Final = 28
_DIGEST: Final = 32


class FilterFile:
    """The head, and the parts one by one. A Bloom filter, and a fuse filter of few keys, is one part.

    Opening raises FormatError where head or sizes are not a filter's, reading a part where that is none; both OSError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            self.head, self._at = FilterHead.split_from(file.read(MAX_HEAD_BYTES))
            self.part_bits = self._part_bits(file.fileno())
            self._starts = list(self._walk(file.fileno()))

    def part(self, number: int) -> Body:
        """The part of the keys whose upper `part_bits` are `number`."""
        start, end = self._starts[number : number + 2]
        with self._path.open("rb") as file:
            return parse_body(self.head.algorithm, durable.read_at(file.fileno(), end - start, start))

    def contains(self, key: int) -> bool:
        """Whether the key may be in it; False is certain."""
        return self.part(key >> 64 - self.part_bits).contains(key)

    def missing(self, keys: bytes) -> bytes:
        """Those of n x 8 bytes of ascending keys that it does not contain; reads the parts they are in."""
        bounds = enumerate(pairwise(upper_bounds(keys, self.part_bits)))
        return b"".join(_missing(keys[start:end], self.part(number)) for number, (start, end) in bounds if start < end)

    def check(self) -> None:
        """Read all of it; raises FormatError where a part, the number of keys or the digest of all parts is wrong."""
        digest, count = sha256(), 0
        with self._path.open("rb") as file:
            digest.update(os.pread(file.fileno(), self._starts[0] - self._at, self._at))
            for start, end in pairwise(self._starts):
                data = durable.read_at(file.fileno(), end - start, start)
                digest.update(data)
                count += len(parse_body(self.head.algorithm, data))
            behind = os.pread(file.fileno(), _DIGEST, self._starts[-1])
        if count != self.head.count:
            raise FormatError("filter: the count is not the body's")
        if self.part_bits and behind != digest.digest():
            raise FormatError("filter: its digest does not match")

    def _part_bits(self, descriptor: int) -> int:
        if self.head.algorithm is Algorithm.BLOOM:
            return 0
        beginning = os.pread(descriptor, _BEGINNING, self._at)
        try:
            bits = FuseFilter.part_bits_of(beginning)
            right = not bits or beginning == FuseFilter.head(int(self.head.algorithm), bits, self.head.count)
        except ValueError as error:
            raise FormatError(f"filter: {error}") from None
        if not right:
            raise FormatError("filter: the body is not the head's")
        return bits

    def _walk(self, descriptor: int) -> Iterator[int]:
        """Where each part starts, and where the last ends."""
        size = os.fstat(descriptor).st_size
        if not self.part_bits:
            yield from (self._at, size)
            return
        at = self._at + _BEGINNING
        for _ in range(1 << self.part_bits):
            yield at
            try:
                at += FuseFilter.part_bytes(os.pread(descriptor, _PART_BEGINNING, at))
            except ValueError as error:
                raise FormatError(f"filter: {error}") from None
        yield at
        if at + _DIGEST != size:
            raise FormatError("filter: it is longer or shorter than its parts")


def _missing(keys: bytes, part: Body) -> bytes:
    count = len(keys) // KEY_BYTES
    held = np.unpackbits(np.frombuffer(part.contains_many(keys), np.uint8), count=count, bitorder="little")
    missing: bytes = np.frombuffer(keys, f"V{KEY_BYTES}")[held == 0].tobytes()
    return missing
