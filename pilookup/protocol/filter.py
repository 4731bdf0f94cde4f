"""Filters: which filter keys may be in a snapshot (SPEC.md section 10).

A filter never accuses: a hit is confirmed in the bucket, and only a filter at the manifest's serial may
answer `not_found`. A file is a header, big-endian, and the body of its algorithm:

    size  field
    4     "PLKF"
    1     format version, 1
    1     algorithm: 8, 16 or 32 (binary fuse, fingerprint bits), 1 (Bloom, pybloom-live)
    1     kind: 1 exposure, 2 malicious-registration
    1     role: 0 base, 1 additions
    4     epoch
    8     serial
    8     number of distinct keys
    1+n   length of the channel's name, the name
    ...   body (fuse: the core's own format, its integers little-endian)
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol, Self

from pilookup import _core
from pilookup.errors import FormatError
from pilookup.protocol.bloom import BloomBody
from pilookup.protocol.label import Kind
from pilookup.protocol.names import check_channel, check_epoch, check_serial

KEY_BYTES = 8
_MAGIC = b"PLKF"
_HEADER = struct.Struct(">4sBBBBIQQB")
_KIND = {1: Kind.EXPOSURE, 2: Kind.MALICIOUS}


class Algorithm(IntEnum):
    """How a filter's body is built."""

    BLOOM = 1
    FUSE8 = 8
    FUSE16 = 16
    FUSE32 = 32

    @property
    def suffix(self) -> str:
        """The file name's ending."""
        return self.name.lower()


class Role(IntEnum):
    """A base, or what has come since the base; a number may be in either."""

    BASE = 0
    ADDITIONS = 1

    @property
    def word(self) -> str:
        return self.name.lower()


class Body(Protocol):
    """What every algorithm offers; keys are unsigned 64-bit, packed as n x 8 bytes big-endian."""

    def contains(self, key: int) -> bool: ...
    def contains_many(self, keys: bytes) -> bytes: ...
    def to_bytes(self) -> bytes: ...
    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class FilterHead:
    """What a filter file says of itself before the body."""

    channel: str
    epoch: int
    serial: int
    kind: Kind
    role: Role
    algorithm: Algorithm
    count: int

    @property
    def file_name(self) -> str:
        return file_name(self.kind, self.role, self.algorithm)

    def to_bytes(self) -> bytes:
        """29 + n bytes, n the length of the channel's name."""
        name = self.channel.encode()
        number = {kind: code for code, kind in _KIND.items()}[self.kind]
        common = (_MAGIC, 1, self.algorithm, number, self.role, self.epoch, self.serial, self.count, len(name))
        return _HEADER.pack(*common) + name

    @classmethod
    def split_from(cls, data: bytes) -> tuple[Self, int]:
        """The head that a file begins with, and where its body starts; raises FormatError."""
        if len(data) < _HEADER.size:
            raise FormatError("filter: truncated")
        magic, version, algorithm, kind, role, epoch, serial, count, length = _HEADER.unpack_from(data)
        if magic != _MAGIC or version != 1:
            raise FormatError("filter: not a filter of format 1")
        if algorithm not in list(Algorithm) or kind not in _KIND or role not in list(Role):
            raise FormatError("filter: unknown algorithm, kind or role")
        at = _HEADER.size + length
        head = cls(
            channel=check_channel(_ascii(data[_HEADER.size : at])),
            epoch=check_epoch(epoch),
            serial=check_serial(serial),
            kind=_KIND[kind],
            role=Role(role),
            algorithm=Algorithm(algorithm),
            count=count,
        )
        return head, at


MAX_HEAD_BYTES: Final = _HEADER.size + 255
"""No head is longer."""


def file_name(kind: Kind, role: Role, algorithm: Algorithm) -> str:
    """`exposure.base.fuse16` and its like."""
    return f"{kind}.{role.word}.{algorithm.suffix}"


def part_bits_for(count: int) -> int:
    """How many upper bits of a key choose its part in a fuse filter of so many: parts have 2^21 at most on average."""
    return _core.FuseFilter.part_bits_for(count)


def parse_body(algorithm: Algorithm, data: bytes) -> Body:
    """Parse a body's bytes; raises FormatError for anything the algorithm would not write."""
    if algorithm is Algorithm.BLOOM:
        return BloomBody.from_bytes(data)
    try:
        body = _core.FuseFilter.from_bytes(data)
    except ValueError as error:
        raise FormatError(f"filter: {error}") from None
    if body.bits != int(algorithm):
        raise FormatError("filter: the body has other fingerprints than the header says")
    return body


def _ascii(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise FormatError("filter: the channel's name is not ASCII") from None
