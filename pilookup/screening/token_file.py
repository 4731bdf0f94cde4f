"""The sealed tokens of rows: what opens a candidate's entry (SPEC.md section 16.3).

A file has a head and, sealed by AES-256-GCM-SIV under the local key, n records of 56 bytes: row id 16, the token's
first 8 bytes, label key 32. It belongs to one epoch of one channel.

    offset  size  field
    0       4     PLKT
    4       1     format version, 1
    5       3     zero
    8       4     epoch
    12      4     number of records
    16      12    nonce
    28            sealed records
"""

import secrets
import struct
from collections.abc import Sequence
from typing import Final

import numpy as np

from pilookup import _core
from pilookup.errors import FormatError
from pilookup.protocol.token import TOKEN_BYTES
from pilookup.screening.join_keys import ROW_ID_BYTES, RowIds, row_bytes
from pilookup.screening.local_key import LocalKey

RECORD_BYTES: Final = ROW_ID_BYTES + 8 + 32
_HEAD: Final = struct.Struct(">4sB3xII12s")
_MAGIC: Final = b"PLKT"
_VERSION: Final = 1
_TAG_BYTES: Final = 16
_MAX_RECORDS: Final = 1 << 24


def seal_tokens(key: LocalKey, channel: str, epoch: int, rows: RowIds, tokens: Sequence[bytes]) -> bytes:
    """The content of a token file.

    Args:
        key: The local key.
        channel: The channel's name.
        epoch: The epoch of the tokens.
        rows: The row ids.
        tokens: Their tokens, of 64 bytes each.
    """
    records = b"".join(row + token[:8] + token[32:] for row, token in zip(row_bytes(rows), tokens, strict=True))
    nonce = secrets.token_bytes(12)
    sealed = _core.seal_file(key.sealing, nonce, records, _aad(channel, epoch, len(rows)))
    return _HEAD.pack(_MAGIC, _VERSION, epoch, len(rows), nonce) + sealed


class Tokens:
    """The opened records of a token file. They are as sensitive as the answers, and are never printed."""

    def __init__(self, records: bytes) -> None:
        self._records = records
        self.rows: RowIds = np.ndarray(
            len(records) // RECORD_BYTES, f"S{ROW_ID_BYTES}", records, strides=(RECORD_BYTES,)
        )
        """The row ids, in the order of the records."""

    def token(self, at: int) -> bytes:
        """The token of record `at`, with zeros in place of the bytes that are not kept."""
        start = at * RECORD_BYTES + ROW_ID_BYTES
        record = self._records[start : start + RECORD_BYTES - ROW_ID_BYTES]
        return record[:8] + bytes(TOKEN_BYTES - len(record)) + record[8:]


def open_tokens(key: LocalKey, channel: str, epoch: int, data: bytes) -> Tokens:
    """Open the content of a token file.

    Raises:
        FormatError: It is not a token file of this channel and epoch, was altered, or was sealed under another key.
    """
    if len(data) < _HEAD.size:
        raise FormatError("token file: too short")
    magic, version, found, count, nonce = _HEAD.unpack_from(data)
    if magic != _MAGIC or version != _VERSION or any(data[5:8]):
        raise FormatError("token file: not one of this version")
    if found != epoch or count > _MAX_RECORDS:
        raise FormatError("token file: of another epoch, or of too many rows")
    if len(data) != _HEAD.size + count * RECORD_BYTES + _TAG_BYTES:
        raise FormatError("token file: another size than its head says")
    try:
        return Tokens(_core.open_file(key.sealing, nonce, data[_HEAD.size :], _aad(channel, epoch, count)))
    except ValueError:
        raise FormatError("token file: altered, or sealed under another local key") from None


def _aad(channel: str, epoch: int, count: int) -> bytes:
    return b"pilookup-v1-screen-tokens\0" + channel.encode() + b"\0" + struct.pack(">II", epoch, count)
