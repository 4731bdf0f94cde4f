"""The input of every subject: the same identifiers, the same filter keys."""

import random
from collections.abc import Callable
from typing import Any

Prepared = tuple[dict[str, tuple[int, Callable[[], object]]], dict[str, Any]]
"""Jobs by name, as (number of things that a run handles, function to run); and facts for the table."""

PREFIX = "tel:+86138"


def identifiers(n: int) -> list[str]:
    """Return n different identifiers (SPEC.md section 2), 18 characters each."""
    return [f"{PREFIX}{i:08}" for i in range(n)]


def keys(n: int) -> tuple[bytes, bytes]:
    """Return n random keys of 8 bytes each, and n others."""
    source = random.Random(16)
    return source.randbytes(8 * n), source.randbytes(8 * n)


def numbers(data: bytes) -> list[int]:
    """Return keys of 8 bytes as integers, which the Python libraries take."""
    return [int.from_bytes(data[at : at + 8], "big") for at in range(0, len(data), 8)]
