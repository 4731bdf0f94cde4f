"""Names that become parts of paths, domain separation and file headers."""

import re
from typing import Final

from pilookup.errors import FormatError

PUBLIC: Final = "public"
PLATFORM: Final = "platform"

MAX_EPOCH: Final = 0xFFFF_FFFF
MAX_SERIAL: Final = 2**53 - 1
"""Serials stand in JSON (RFC 8785), where integers above 2^53 - 1 are not exact."""

VAULT_GUARD: Final = b"test:pilookup-vault"
"""Its element stands in every shard; publishing refuses a shift that does not carry it to the channel key."""

CANARIES: Final = tuple(f"test:pilookup-canary-{i}" for i in range(1, 9))
"""Identifiers in every snapshot and filter; a client looks one up per manifest."""

_CHANNEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


def check_channel(name: object) -> str:
    """A channel's name: 1 to 32 of a-z, 0-9 and inner dashes; raises FormatError otherwise."""
    if not isinstance(name, str) or not _CHANNEL.fullmatch(name):
        raise FormatError("channel: not 1 to 32 of a-z, 0-9 and inner dashes")
    return name


def check_epoch(epoch: object) -> int:
    """An epoch number, 1 to 2^32 - 1; raises FormatError otherwise."""
    return check_integer(epoch, 1, MAX_EPOCH, "epoch")


def check_serial(serial: object) -> int:
    """A snapshot's serial, 1 to 2^53 - 1; raises FormatError otherwise."""
    return check_integer(serial, 1, MAX_SERIAL, "serial")


def check_integer(value: object, low: int, high: int, field: str) -> int:
    """`value` as an integer in [low, high], never a bool or a float; raises FormatError naming `field`."""
    if type(value) is not int or not low <= value <= high:
        raise FormatError(f"{field}: not an integer from {low} to {high}")
    return value
