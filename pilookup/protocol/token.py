"""Tokens, and finding the entry that a token opens (SPEC.md section 4).

A token is SHA-512 over a channel, an epoch and an element: 64 bytes with big-endian fields.

    [0:4]    bucket bits: the top bits are the bucket index
    [4:8]    tag
    [16:24]  filter key
    [32:64]  label key (AES-256-GCM-SIV)

A token opens the entry of its number, so it is as sensitive as the answer.
"""

from pilookup import _core
from pilookup.errors import FormatError
from pilookup.protocol.label import Label

TOKEN_BYTES = _core.TOKEN_BYTES
ELEMENT_BYTES = _core.ELEMENT_BYTES
ENTRY_BYTES = _core.ENTRY_BYTES
TAG_BYTES = 4
EMPTY_SLOT = bytes(ENTRY_BYTES)


def tokens(elements: bytes, channel: str, epoch: int) -> list[bytes]:
    """The tokens of n elements (n x 32 bytes), in their order; raises ValueError for an invalid element."""
    packed = _core.tokens(elements, channel, epoch)
    return [packed[at : at + TOKEN_BYTES] for at in range(0, len(packed), TOKEN_BYTES)]


def bucket_index(token: bytes, bits: int) -> int:
    """The index of the bucket, of 2^bits, that a token's entry is in."""
    return int.from_bytes(token[:4], "big") >> (32 - bits)


def filter_key(token: bytes) -> int:
    """The unsigned 64-bit key that filters contain for a token."""
    return int.from_bytes(token[16:24], "big")


def find(token: bytes, slots: bytes, channel: str, epoch: int) -> Label | None:
    """Find the label that is sealed under a token.

    Every entry with the token's tag is tried, since tags of four bytes collide. Only the right entry opens.

    Args:
        token: 64 bytes.
        slots: The slots of a verified bucket, n x 32 bytes.
        channel: The channel's name.
        epoch: The epoch's number.

    Returns:
        The label, or None if no entry opens.

    Raises:
        FormatError: The slots are not a whole number of entries, or an entry opens to bytes that are not a label, which
            only the publisher can have made.
    """
    if len(slots) % ENTRY_BYTES:
        raise FormatError("bucket: not a whole number of slots")
    tag = token[4:8]
    at = slots.find(tag)
    while at >= 0:
        if at % ENTRY_BYTES == 0:
            entry = slots[at : at + ENTRY_BYTES]
            opened = None if entry == EMPTY_SLOT else _core.open_entry(token, entry, channel, epoch)
            if opened is not None:
                return Label.from_bytes(opened)
        at = slots.find(tag, at + 1)
    return None
