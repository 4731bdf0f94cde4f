"""A filter file on disk, read part by part (SPEC.md sections 10.2 and 10.3)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from pilookup import file_parts
from pilookup._core import FuseFilter
from pilookup.errors import FormatError
from pilookup.plain_file import plain_file
from pilookup.protocol.filter import MAX_HEAD_BYTES, Algorithm, Body, FilterHead, parse_body


class FilterFile:
    """A filter file: its header, and its parts one at a time.

    A fuse filter of many keys is divided into parts by the keys' upper bits. A Bloom filter, and a fuse filter of few
    keys, is one part.

    Attributes:
        path: The file.
        head: The parsed header.
        part_bits: The number of upper bits of a key that choose its part; there are 2^part_bits parts.

    Raises:
        FormatError: The header or the sizes of the parts are wrong. The text names the file.
        OSError: The file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with plain_file(path) as file, self._errors_named():
            self.head, self._at = FilterHead.split_from(file.read(MAX_HEAD_BYTES))
            self.part_bits = self._part_bits(file)
            self._starts = list(self._part_offsets(file))

    def part(self, number: int) -> Body:
        """Read and parse the part of the keys whose upper `part_bits` bits are `number`; raises as the class does."""
        start, end = self._starts[number : number + 2]
        with plain_file(self.path) as file, self._errors_named():
            return parse_body(self.head.algorithm, file_parts.read_at(file, end - start, start))

    def check(self) -> None:
        """Read the whole file and check its parts, the number of keys and the digest over all parts.

        Raises:
            FormatError: One of them is wrong. The text names the file.
            MissingExtraError: It is a Bloom filter, and pybloom-live is not installed.
            OSError: The file cannot be read.
        """
        digest, count = sha256(), 0
        with plain_file(self.path) as file, self._errors_named():
            digest.update(file_parts.read_at(file, self._starts[0] - self._at, self._at))
            for start, end in pairwise(self._starts):
                data = file_parts.read_at(file, end - start, start)
                digest.update(data)
                count += len(parse_body(self.head.algorithm, data))
            if count != self.head.count:
                raise FormatError("filter: the count is not the body's")
            end = self._starts[-1]
            if self.part_bits and digest.digest() != file_parts.read_at(file, FuseFilter.DIGEST_BYTES, end):
                raise FormatError("filter: its digest does not match")

    def _part_bits(self, file: BinaryIO) -> int:
        if self.head.algorithm is Algorithm.BLOOM:
            return 0
        beginning = file_parts.read_at(file, FuseFilter.HEAD_BYTES, self._at)
        bits = FuseFilter.part_bits_of(beginning)
        if bits and beginning != FuseFilter.head(int(self.head.algorithm), bits, self.head.count):
            raise FormatError("filter: the body is not the head's")
        return bits

    def _part_offsets(self, file: BinaryIO) -> Iterator[int]:
        """The offsets at which the parts start, and the offset at which the last part ends."""
        size = os.fstat(file.fileno()).st_size
        if not self.part_bits:
            yield from (self._at, size)
            return
        at = self._at + FuseFilter.HEAD_BYTES
        for _ in range(1 << self.part_bits):
            yield at
            at += FuseFilter.part_bytes(file_parts.read_at(file, FuseFilter.PART_HEAD_BYTES, at))
        yield at
        if at + FuseFilter.DIGEST_BYTES != size:
            raise FormatError("filter: it is longer or shorter than its parts")

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Turn errors about the bytes into FormatError with the name of the file."""
        try:
            yield
        except EOFError:
            raise FormatError(f"{self.path}: filter: truncated") from None
        except FormatError as error:
            raise FormatError(f"{self.path}: {error}") from None
        except ValueError as error:  # raised by the core
            raise FormatError(f"{self.path}: filter: {error}") from None
