"""Whole filter files in memory, for tests. The product reads a filter file part by part."""

from dataclasses import dataclass
from typing import Self

from pilookup import _core
from pilookup.errors import FormatError
from pilookup.protocol.bloom import BloomBody
from pilookup.protocol.filter import KEY_BYTES, Algorithm, Body, FilterHead, Role, file_name, parse_body
from pilookup.protocol.label import Kind


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter bound to its channel, epoch, serial and kind."""

    channel: str
    epoch: int
    serial: int
    kind: Kind
    role: Role
    algorithm: Algorithm
    body: Body

    @property
    def file_name(self) -> str:
        return file_name(self.kind, self.role, self.algorithm)

    def to_bytes(self) -> bytes:
        """Header and body."""
        common = (self.channel, self.epoch, self.serial, self.kind, self.role, self.algorithm)
        return FilterHead(*common, len(self.body)).to_bytes() + self.body.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse a filter file; raises FormatError for anything `to_bytes` would not write."""
        head, at = FilterHead.split_from(data)
        body = parse_body(head.algorithm, data[at:])
        if len(body) != head.count:
            raise FormatError("filter: the count is not the body's")
        return cls(head.channel, head.epoch, head.serial, head.kind, head.role, head.algorithm, body)


def contains(body: Body, key: int) -> bool:
    """Whether a body may contain a key."""
    return body.contains_many(key.to_bytes(KEY_BYTES, "big")) != b"\0"


def build_body(keys: bytes, algorithm: Algorithm) -> Body:
    """A body of n x 8 bytes of keys, where a repeated key counts once. The same set gives the same bytes."""
    return build_bloom(keys) if algorithm is Algorithm.BLOOM else _core.FuseFilter.build(keys, int(algorithm))


def build_bloom(keys: bytes) -> BloomBody:
    """A Bloom body of n x 8 bytes of keys, where a repeated key counts once."""
    distinct = sorted({keys[at : at + KEY_BYTES] for at in range(0, len(keys), KEY_BYTES)})
    body = BloomBody.empty(len(distinct))
    body.add(int.from_bytes(key, "big") for key in distinct)
    return body
