"""Key ids: the names of the keys in the two halves of HOME, each a file `keys/<key id>.key`.

custody   vault                         the scalar that vault elements are under
vault-storage                 the symmetric key that seals the vault's files
vault-digest                  the symmetric key that subkeys for digests are derived from
audit                         the symmetric key that seals the head of the audit log
journal                       the Ed25519 key that signs the journal and bundles, made at the first need
journal-seal                  the symmetric key that seals what the journal's entries are about
root-<channel>-<1 to 3>       TUF root keys; one that replaces another has the next number
targets-<channel>-<1 to 3>    TUF targets keys; also
snapshot-<channel>            TUF snapshot key; the one that replaces it is snapshot-<channel>-2
channel-<channel>-<epoch>     an epoch's channel key
online    timestamp-<channel>           TUF timestamp key; the one that replaces it is timestamp-<channel>-2
channel-<channel>-<epoch>     an epoch's channel key, handed over by custody
"""

import re
from typing import Final

VAULT_KEY_ID: Final = "vault"
STORAGE_KEY_ID: Final = "vault-storage"
DIGEST_KEY_ID: Final = "vault-digest"
AUDIT_KEY_ID: Final = "audit"
JOURNAL_KEY_ID: Final = "journal"
JOURNAL_SEAL_KEY_ID: Final = "journal-seal"

TIMESTAMP_ROLE: Final = "timestamp"
"""The TUF role that the online half signs."""

OFFLINE_ROLES: Final = {"root": 3, "targets": 3, "snapshot": 1}
"""The TUF roles that custody signs, and how many keys it makes for each."""


def role_key_ids(role: str, channel: str) -> list[str]:
    """The key ids of one of the `OFFLINE_ROLES`."""
    count = OFFLINE_ROLES[role]
    return [f"{role}-{channel}-{i}" for i in range(1, count + 1)] if count > 1 else [f"{role}-{channel}"]


def numbered_key_id(role: str, channel: str, number: int) -> str:
    """The key id of a role's key by its number, from 1. A role that has one key leaves the first number out."""
    return f"{role}-{channel}" if number == 1 and OFFLINE_ROLES.get(role, 1) == 1 else f"{role}-{channel}-{number}"


def number_of_key_id(key_id: str, role: str, channel: str) -> int | None:
    """The number of a role's key, or None when it is another key, of another role or channel."""
    found = re.fullmatch(rf"{re.escape(role)}-{re.escape(channel)}(?:-([1-9][0-9]*))?", key_id)
    number = int(found[1] or 1) if found else None
    return number if number is not None and numbered_key_id(role, channel, number) == key_id else None


def timestamp_key_id(channel: str) -> str:
    """The key id of the timestamp role, which the online half signs."""
    return f"timestamp-{channel}"


def channel_key_id(channel: str, epoch: int) -> str:
    """The id of an epoch's channel key, in both halves."""
    return f"channel-{channel}-{epoch}"


def epoch_of_key_id(key_id: str, channel: str) -> int | None:
    """The epoch whose channel key has this id, or None when it is another key or of another channel."""
    found = re.fullmatch(rf"channel-{re.escape(channel)}-([1-9][0-9]*)", key_id)
    return int(found[1]) if found else None
