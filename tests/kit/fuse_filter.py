"""Binary fuse filters with 16 bits a slot, in one part (SPEC.md sections 10.2 and 10.3)."""

from hashlib import sha256
from math import ceil, floor

BITS = 16
KINDS = {"exposure": 1, "malicious-registration": 2}
ROLES = {"base": 0, "additions": 1}
_MASK = 2**64 - 1
_LONGER_FROM = (3, 9, 28, 92, 304, 1010, 3362, 11193, 37273, 124118)
"""For sets below 413,310 keys."""


def build(name: str, keys: set[int], *, channel: str, epoch: int, serial: int) -> bytes:
    """Return a filter file.

    Args:
        name: its name, `{kind}.{role}.fuse16`.
        keys: the filter keys.
        channel: the channel's name.
        epoch: the epoch.
        serial: the serial.
    """
    kind, role, _ = name.split(".")
    numbers = epoch.to_bytes(4, "big") + serial.to_bytes(8, "big") + len(keys).to_bytes(8, "big")
    head = b"PLKF" + bytes([1, BITS, KINDS[kind], ROLES[role]]) + numbers
    return head + bytes([len(channel)]) + channel.encode() + _body(sorted(keys))


def _geometry(count: int) -> tuple[int, int]:
    """Return e and the number of segments."""
    if count == 0:
        return 0, 0
    exponent = 2 + sum(count >= first for first in _LONGER_FROM)
    k = count.bit_length() - 1
    factor = max(1.125, 0.875 + 0.25 * 19.931568569324174 / (k + (count / 2**k - 1)))
    capacity = 1 if count == 1 else floor(count * factor + 0.5)
    return exponent, max(1, ceil(capacity / 2**exponent) - 2)


def _body(keys: list[int]) -> bytes:
    exponent, segments = _geometry(len(keys))
    seed, table = next((seed, table) for seed in range(1000) if (table := _table(keys, seed, exponent, segments)))
    head = b"PLFF" + bytes([1, BITS, exponent, 0]) + len(keys).to_bytes(8, "little")
    slots = b"".join(slot.to_bytes(BITS // 8, "little") for slot in table if keys)
    body = head + seed.to_bytes(8, "little") + segments.to_bytes(4, "little") + slots
    return body + sha256(body).digest()


def _table(keys: list[int], seed: int, exponent: int, segments: int) -> list[int] | None:
    """Return the slots, or None if no order of the keys leads to them with this seed."""
    places = [_places(_hash(key, seed), exponent, segments) for key in keys]
    holders: list[set[int]] = [set() for _ in range((segments + 2) << exponent)]
    for key, some in enumerate(places):
        for place in some:
            holders[place].add(key)
    order: list[tuple[int, int]] = []
    single = [place for place, held in enumerate(holders) if len(held) == 1]
    while single:
        place = single.pop()
        for key in tuple(holders[place]):
            order.append((key, place))
            for other in places[key]:
                holders[other].discard(key)
                if len(holders[other]) == 1:
                    single.append(other)
    if len(order) < len(keys):
        return None
    table = [0] * len(holders)
    for key, place in reversed(order):
        h = _hash(keys[key], seed)
        table[place] = (h ^ h >> 32) & 0xFFFF
        for other in places[key]:
            if other != place:
                table[place] ^= table[other]
    return table


def _places(h: int, exponent: int, segments: int) -> tuple[int, int, int]:
    segment = 1 << exponent
    first = h * (segments * segment) >> 64
    second = first + segment ^ (h >> 18 & segment - 1)
    return first, second, first + 2 * segment ^ (h & segment - 1)


def _hash(key: int, seed: int) -> int:
    h = key + seed & _MASK
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD & _MASK
    h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53 & _MASK
    return h ^ h >> 33
