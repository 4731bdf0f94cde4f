"""Join keys and row ids: HMACs under a platform's local keys, computed for whole columns (SPEC.md section 16.2).

    join key    HMAC-SHA-256(join, channel || 0x00 || epoch || bucket index || tag)[0:8], as a signed integer
    row id      HMAC-SHA-256(rows, user key || 0x00 || identifier)[0:16]

Epoch, bucket index and tag have 4 bytes each; all integers are big-endian.
"""

import struct
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from pilookup import _core
from pilookup.protocol.token import TAG_BYTES
from pilookup.screening.local_key import LocalKey

ROW_ID_BYTES: Final = 16
_MESSAGE_BYTES: Final = 12
_PSEUDONYM_BYTES: Final = 16

JoinKeys = npt.NDArray[np.int64]
RowIds = npt.NDArray[np.bytes_]
"""Row ids as the 16 bytes of numpy's type S16, which compares and sorts them as bytes."""


def join_keys(
    key: LocalKey, channel: str, epoch: int, indices: npt.NDArray[np.unsignedinteger], tags: npt.NDArray[np.uint8]
) -> JoinKeys:
    """The join keys of n pairs of a bucket index and a tag.

    Args:
        key: The local key.
        channel: The channel's name.
        epoch: The epoch.
        indices: n bucket indices.
        tags: n tags, an array of shape (n, 4).
    """
    count = len(indices)
    messages = np.empty((count, _MESSAGE_BYTES), np.uint8)
    messages[:, 0:4] = np.frombuffer(struct.pack(">I", epoch), np.uint8)
    messages[:, 4:8] = indices.astype(">u4").reshape(count, 1).view(np.uint8)
    messages[:, 8:12] = tags.reshape(count, TAG_BYTES)
    offsets = (np.arange(count + 1, dtype=np.uint64) * _MESSAGE_BYTES).astype("<u4")
    hashed = _hmacs(key.join, [channel.encode()], np.zeros(count, "<u4"), messages.tobytes(), offsets)
    return hashed[:, :8].copy().view(">i8").reshape(count).astype(np.int64)


def token_join_keys(key: LocalKey, channel: str, epoch: int, bits: int, tokens: Sequence[bytes]) -> JoinKeys:
    """The join keys of tokens, of 64 bytes or their first 8, in an epoch with 2^bits buckets."""
    first = np.frombuffer(b"".join(token[:8] for token in tokens), np.uint8).reshape(len(tokens), 8)
    top = first[:, :4].copy().view(">u4").reshape(len(tokens)).astype(np.uint64)
    return join_keys(key, channel, epoch, top >> np.uint64(32 - bits), first[:, 4:])


def row_ids(key: LocalKey, users: Sequence[bytes], identifiers: Sequence[bytes]) -> RowIds:
    """The row ids of n users' keys with an identifier each.

    Args:
        key: The local key.
        users: The keys, as UTF-8.
        identifiers: The identifiers, none of which has a zero byte.
    """
    offsets = np.cumsum([0, *map(len, identifiers)], dtype=np.uint64).astype("<u4")
    indices = np.arange(len(users), dtype="<u4")
    hashed = _hmacs(key.rows, users, indices, b"".join(identifiers), offsets)
    return hashed.copy().view(f"S{ROW_ID_BYTES}").reshape(len(users))


def row_bytes(rows: RowIds) -> list[bytes]:
    """Row ids as bytes of 16; numpy's own conversion cuts off zeros at the end."""
    return [row.ljust(ROW_ID_BYTES, b"\0") for row in rows.tolist()]


def _hmacs(
    key: bytes,
    heads: Sequence[bytes],
    indices: npt.NDArray[np.unsignedinteger],
    tails: bytes,
    offsets: npt.NDArray[np.unsignedinteger],
) -> npt.NDArray[np.uint8]:
    """HMAC-SHA-256(key, head || 0x00 || tail) of n tails that are not empty, cut to 16 bytes: an array (n, 16).

    The core's function was made for pseudonyms of accounts, and is this HMAC.
    """
    head_offsets = np.cumsum([0, *map(len, heads)], dtype=np.uint64).astype("<u4")
    hashed = _core.account_pseudonyms(
        b"".join(heads), head_offsets.tobytes(), indices.tobytes(), tails, offsets.tobytes(), key
    )
    return np.frombuffer(hashed, np.uint8).reshape(len(indices), _PSEUDONYM_BYTES)
