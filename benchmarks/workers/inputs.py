"""What every subject is given: the same identifiers, the same filter keys."""

import random
from collections.abc import Callable
from typing import Any

Prepared = tuple[dict[str, tuple[int, Callable[[], object]]], dict[str, Any]]
"""Jobs (how many things a run handles, what to run) by name, and facts for the table."""

PREFIX = "tel:+86138"


def identifiers(n: int) -> list[str]:
    """n different identifiers as SPEC.md section 2 writes them, 18 characters each."""
    return [f"{PREFIX}{i:08}" for i in range(n)]


def keys(n: int) -> tuple[bytes, bytes]:
    """n random keys of 8 bytes and n others."""
    source = random.Random(16)
    return source.randbytes(8 * n), source.randbytes(8 * n)


def numbers(data: bytes) -> list[int]:
    """Keys of 8 bytes as the integers that the libraries for Python want."""
    return [int.from_bytes(data[at : at + 8], "big") for at in range(0, len(data), 8)]
