"""Names and numbers that are used in paths, domain separation and file headers."""

import re
from typing import Final

from pilookup.errors import FormatError

PUBLIC: Final = "public"
PLATFORM: Final = "platform"

MAX_EPOCH: Final = 0xFFFF_FFFF
MAX_SERIAL: Final = 2**53 - 1
"""Serials are written in JSON (RFC 8785), where integers above 2^53 - 1 are not exact."""

VAULT_GUARD: Final = b"test:pilookup-vault"
"""The identifier whose element is in every shard; a publish fails unless the shift maps it to the channel key."""

CANARIES: Final = tuple(f"test:pilookup-canary-{i}" for i in range(1, 9))
"""Identifiers that are in every snapshot and filter; a client looks up one of them for each new manifest."""

_CHANNEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


def check_channel(name: object) -> str:
    """Check a channel's name, 1 to 32 of a-z, 0-9 and inner dashes; returns it or raises FormatError."""
    if not isinstance(name, str) or not _CHANNEL.fullmatch(name):
        raise FormatError("channel: not 1 to 32 of a-z, 0-9 and inner dashes")
    return name


def check_epoch(epoch: object) -> int:
    """Check an epoch's number, 1 to 2^32 - 1; returns it or raises FormatError."""
    return check_integer(epoch, 1, MAX_EPOCH, "epoch")


def check_serial(serial: object) -> int:
    """Check a snapshot's serial, 1 to 2^53 - 1; returns it or raises FormatError."""
    return check_integer(serial, 1, MAX_SERIAL, "serial")


def check_integer(value: object, low: int, high: int, field: str) -> int:
    """Check that `value` is an integer in [low, high] and not a bool or a float.

    Returns it, or raises FormatError, naming `field`.
    """
    if type(value) is not int or not low <= value <= high:
        raise FormatError(f"{field}: not an integer from {low} to {high}")
    return value
