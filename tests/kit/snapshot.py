"""Tokens, labels, entries, buckets and their Merkle tree (SPEC.md sections 4 to 6)."""

from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256, sha512

from tests.kit import gcm_siv, oprf

EXPOSED, MALICIOUS, MORE, CANARY = 0x01, 0x02, 0x40, 0x80
ENTRY_BYTES = 32


def label(flags: int, *, accounts: int = 0, month: int = 0, cases: tuple[int, ...] = (), second: int = 0) -> bytes:
    """Return the 12 bytes of a label, valid or not. `second` is byte 1; a case of 0 makes a gap."""
    ids = [*cases, 0, 0, 0][:3]
    numbers = b"".join(number.to_bytes(2, "big") for number in (accounts, month, *ids))
    return bytes([flags, second]) + numbers


CANARY_LABEL = label(CANARY)


@cache
def token(name: str, channel: str, epoch: int, key: int) -> bytes:
    """Return the token, 64 bytes, of an identifier."""
    element = oprf.element(name.encode(), key)
    parts = (b"pilookup-v1-token", channel.encode(), epoch.to_bytes(4, "big"), element)
    return sha512(b"".join(oprf.field(part) for part in parts)).digest()


def bucket_index(secret: bytes, bits: int) -> int:
    return int.from_bytes(secret[:4], "big") >> 32 - bits


@cache
def entry(secret: bytes, channel: str, epoch: int, plain: bytes) -> bytes:
    """Return the entry, 32 bytes, of a token and a label."""
    parts = (b"pilookup-v1-label", channel.encode(), epoch.to_bytes(4, "big"))
    aad = b"".join(oprf.field(part) for part in parts)
    return secret[4:8] + gcm_siv.seal(secret[32:], bytes(12), aad, plain)


@dataclass
class Snapshot:
    """The buckets of one serial.

    Attributes:
        channel: the channel's name.
        epoch: the epoch.
        key: the key of the epoch, with which the tokens are made.
        labels: label bytes by identifier, canaries included.
        bits: bucket bits.
        slots: slots a bucket.
        others: entries that belong to no identifier, by bucket index.
    """

    channel: str
    epoch: int
    key: int
    labels: dict[str, bytes]
    bits: int = 2
    slots: int = 64
    others: dict[int, list[bytes]] = field(default_factory=dict)

    def token(self, name: str) -> bytes:
        return token(name, self.channel, self.epoch, self.key)

    def bucket_of(self, name: str) -> int:
        return bucket_index(self.token(name), self.bits)

    def entry(self, name: str) -> bytes:
        return entry(self.token(name), self.channel, self.epoch, self.labels[name])

    def buckets(self) -> list[bytes]:
        """Return the buckets' bytes; raises ValueError if a bucket has too few slots."""
        entries: list[list[bytes]] = [list(self.others.get(index, ())) for index in range(2**self.bits)]
        for name in self.labels:
            entries[self.bucket_of(name)].append(self.entry(name))
        if max(map(len, entries)) > self.slots:
            raise ValueError("a bucket overflows")
        return [b"".join(sorted(some)).ljust(self.slots * ENTRY_BYTES, b"\0") for some in entries]


def tree(buckets: list[bytes]) -> list[list[bytes]]:
    """Return the levels of the Merkle tree, leaves first."""
    levels = [[sha256(b"\0" + bucket).digest() for bucket in buckets]]
    while len(levels[-1]) > 1:
        nodes = levels[-1]
        levels.append([sha256(b"\1" + nodes[i] + nodes[i + 1]).digest() for i in range(0, len(nodes), 2)])
    return levels


def path(levels: list[list[bytes]], index: int) -> bytes:
    """Return the Merkle path of a bucket, from the leaf up."""
    return b"".join(nodes[index >> level ^ 1] for level, nodes in enumerate(levels[:-1]))
