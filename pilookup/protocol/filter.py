"""Filter files: which filter keys may be in a snapshot (SPEC.md section 10).

A hit in a filter proves nothing by itself; it must be confirmed in the bucket. `pilookup.Filter` says when filters may
answer `not_found` (SPEC.md section 10.5). A file is a header, big-endian, and the body of its algorithm:

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
    """The algorithm of a filter's body. The value is the byte in the header."""

    BLOOM = 1
    FUSE8 = 8
    FUSE16 = 16
    FUSE32 = 32

    @property
    def suffix(self) -> str:
        """The ending of the file name."""
        return self.name.lower()


class Role(IntEnum):
    """A base filter, or the additions since the base; a number of the snapshot is in one of them."""

    BASE = 0
    ADDITIONS = 1

    @property
    def word(self) -> str:
        """The role as it is in the file name."""
        return self.name.lower()


class Body(Protocol):
    """A filter's body, whatever its algorithm. Keys are unsigned 64-bit integers, packed as n x 8 bytes big-endian."""

    def contains_many(self, keys: bytes) -> bytes: ...
    def to_bytes(self) -> bytes: ...
    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class FilterHead:
    """The header of a filter file: what the filter is bound to, its algorithm and its number of distinct keys."""

    channel: str
    epoch: int
    serial: int
    kind: Kind
    role: Role
    algorithm: Algorithm
    count: int

    @property
    def file_name(self) -> str:
        """The name under which a manifest lists the file."""
        return file_name(self.kind, self.role, self.algorithm)

    def to_bytes(self) -> bytes:
        """The header's bytes: 29 + n, where n is the length of the channel's name."""
        name = self.channel.encode()
        number = {kind: code for code, kind in _KIND.items()}[self.kind]
        fields = (_MAGIC, 1, self.algorithm, number, self.role, self.epoch, self.serial, self.count, len(name))
        return _HEADER.pack(*fields) + name

    @classmethod
    def split_from(cls, data: bytes) -> tuple[Self, int]:
        """Parse the header that a file begins with. Returns it and the offset of the body; raises FormatError."""
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
"""The greatest size of a header."""


def file_name(kind: Kind, role: Role, algorithm: Algorithm) -> str:
    """The name of a filter file, such as `exposure.base.fuse16`."""
    return f"{kind}.{role.word}.{algorithm.suffix}"


def is_filter(name: str) -> bool:
    """Whether the name is that of a filter file. A manifest may list other files, which this version does not know."""
    return any(name == file_name(kind, role, one) for kind in Kind for role in Role for one in Algorithm)


def part_bits_for(count: int) -> int:
    """Number of upper bits of a key that choose its part in a fuse filter of `count` keys.

    It is the smallest with which parts have at most 2^21 keys on average.
    """
    return _core.FuseFilter.part_bits_for(count)


def parse_body(algorithm: Algorithm, data: bytes) -> Body:
    """Parse the bytes of a body, or of one part of it.

    Raises:
        FormatError: The bytes are not what the algorithm writes.
        MissingExtraError: It is a Bloom filter, and pybloom-live is not installed.
    """
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
