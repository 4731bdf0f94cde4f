"""`weak-passphrase.json`: which rules the passphrase breaks that a half was last opened with.

    {"salt": hex of 16 bytes, "rules": ["short", "shared"]}

It exists only in a half whose passphrase was found weak. It is about the `keyring.json` with that salt; after a change
of the passphrase it says nothing. It is for `status`, which has no passphrase.
"""

import json
from collections.abc import Set as AbstractSet
from enum import StrEnum
from pathlib import Path
from typing import Final

from pilookup import durable, file_errors
from pilookup.errors import KeyringError
from pilookup.keyring.master_key import read_master_key
from pilookup.keyring.passphrase_rules import is_short
from pilookup.keyring.private_file import read_private

WEAK_NAME: Final = "weak-passphrase.json"


class Weakness(StrEnum):
    """A rule that a passphrase breaks."""

    SHORT = "short"
    SHARED = "shared"


def weaknesses(passphrase: bytes, other: bytes | None = None) -> frozenset[Weakness]:
    """The rules that a passphrase breaks; `other` is the one of the other half, where it is known."""
    broken = {Weakness.SHORT} if is_short(passphrase) else set()
    if passphrase == other:
        broken.add(Weakness.SHARED)
    return frozenset(broken)


def record_weaknesses(directory: Path, found: AbstractSet[Weakness]) -> None:
    """Add to the record of a half what was found when it was opened; writes nothing if that is known.

    Raises:
        KeyringError: The record or `keyring.json` cannot be read, or the record cannot be written.
    """
    if not found <= (known := recorded_weaknesses(directory)):
        record = {"salt": read_master_key(directory).salt.hex(), "rules": sorted(found | known)}
        with file_errors.failures_as(KeyringError, directory):
            durable.replace(directory / WEAK_NAME, json.dumps(record).encode() + b"\n")


def recorded_weaknesses(directory: Path) -> frozenset[Weakness]:
    """The rules that the passphrase of a half is known to break; raises KeyringError if the record cannot be read."""
    path = directory / WEAK_NAME
    if not path.exists():
        return frozenset()
    try:
        record = json.loads(read_private(path))
        rules, salt = frozenset(Weakness(rule) for rule in record["rules"]), bytes.fromhex(record["salt"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise KeyringError(f"{path}: damaged; delete it, and the next command that opens the half finds out") from None
    return rules if salt == read_master_key(directory).salt else frozenset()
