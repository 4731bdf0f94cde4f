"""Filter keys in ascending order, n x 8 bytes big-endian: divide them by upper bits, find those not in a filter."""

from itertools import pairwise

import numpy as np

from pilookup.protocol.filter import KEY_BYTES, Body
from pilookup.release_files.filter_file import FilterFile


def upper_bounds(keys: bytes, bits: int) -> list[int]:
    """Find where the keys with each value of the upper `bits` start, in n x 8 bytes of ascending keys.

    Returns:
        2^bits + 1 byte offsets. The last one is the length of `keys`.
    """
    numbers = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits) if bits else np.zeros(0, np.uint64)
    starts = np.searchsorted(np.frombuffer(keys, ">u8").astype(np.uint64), numbers)
    return [0, *(int(start) * KEY_BYTES for start in starts), len(keys)]


def lacked_keys(file: FilterFile, keys: bytes) -> bytes:
    """Select those of n x 8 bytes of ascending keys that a filter file does not contain, in the same order.

    Reads only the filter parts that the keys belong to.

    Raises:
        FormatError: A part is damaged.
        OSError: The file cannot be read.
    """
    bounds = enumerate(pairwise(upper_bounds(keys, file.part_bits)))
    return b"".join(_lacked_by(file.part(number), keys[start:end]) for number, (start, end) in bounds if start < end)


def _lacked_by(body: Body, keys: bytes) -> bytes:
    count = len(keys) // KEY_BYTES
    held = np.unpackbits(np.frombuffer(body.contains_many(keys), np.uint8), count=count, bitorder="little")
    lacked: bytes = np.frombuffer(keys, f"V{KEY_BYTES}")[held == 0].tobytes()
    return lacked
