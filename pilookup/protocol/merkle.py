"""The Merkle tree over a snapshot's buckets, hashed as in RFC 9162 section 2.1.1 (SPEC.md section 6.3).

There are always 2^bits leaves, so the tree is perfect. `tree.bin` contains its nodes level by level, leaves first, root
last: (2^(bits+1) - 1) x 32 bytes. The path of a leaf is its sibling, then the sibling of its parent, and so on:
bits x 32 bytes.
"""

from collections.abc import Iterable
from hashlib import sha256

from pilookup.errors import FormatError

HASH_BYTES = 32


def leaf_hash(bucket: bytes | memoryview) -> bytes:
    """The hash of a leaf: SHA-256(0x00 || bucket)."""
    digest = sha256(b"\x00")
    digest.update(bucket)
    return digest.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def build(leaves: Iterable[bytes]) -> bytes:
    """The content of `tree.bin` for the given leaf hashes; raises FormatError unless their number is a power of two."""
    level = list(leaves)
    if not level or len(level) & (len(level) - 1):
        raise FormatError("tree: the number of leaves is not a power of two")
    levels = [level]
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
        levels.append(level)
    return b"".join(node for row in levels for node in row)


def tree_bytes(bits: int) -> int:
    """Size of `tree.bin` for 2^bits buckets, in bytes."""
    return ((2 << bits) - 1) * HASH_BYTES


def root(tree: bytes) -> bytes:
    """The root of the tree, its last node."""
    return tree[-HASH_BYTES:]


def path(tree: bytes | memoryview, index: int, bits: int) -> bytes:
    """The sibling hashes from leaf `index` up to the root, bits x 32 bytes."""
    nodes, start = [], 0
    for level in range(bits):
        sibling = (index >> level) ^ 1
        at = (start + sibling) * HASH_BYTES
        nodes.append(bytes(tree[at : at + HASH_BYTES]))
        start += 1 << (bits - level)
    return b"".join(nodes)


def root_from_path(leaf: bytes, index: int, siblings: bytes) -> bytes:
    """The root that the hash of leaf `index` and its path lead to."""
    node = leaf
    for level, at in enumerate(range(0, len(siblings), HASH_BYTES)):
        sibling = siblings[at : at + HASH_BYTES]
        node = node_hash(sibling, node) if (index >> level) & 1 else node_hash(node, sibling)
    return node
