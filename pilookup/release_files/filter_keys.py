"""Filter keys in ascending order, n x 8 bytes big-endian: where their upper bits change, and which a filter lacks."""

import numpy as np

from pilookup.protocol.filter import KEY_BYTES, Body


def upper_bounds(keys: bytes, bits: int) -> list[int]:
    """Where in n x 8 bytes of ascending keys those with each value of the upper `bits` start; the last is their end."""
    numbers = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits) if bits else np.zeros(0, np.uint64)
    cuts = np.searchsorted(np.frombuffer(keys, ">u8").astype(np.uint64), numbers)
    return [0, *(int(cut) * KEY_BYTES for cut in cuts), len(keys)]


def lacked_by(body: Body, keys: bytes) -> bytes:
    """Those of n x 8 bytes of keys that `body` does not contain, in order."""
    count = len(keys) // KEY_BYTES
    held = np.unpackbits(np.frombuffer(body.contains_many(keys), np.uint8), count=count, bitorder="little")
    lacked: bytes = np.frombuffer(keys, f"V{KEY_BYTES}")[held == 0].tobytes()
    return lacked
