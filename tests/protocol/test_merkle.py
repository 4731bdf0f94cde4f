from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.errors import FormatError
from pilookup.protocol import merkle

TREES = st.integers(0, 6).flatmap(lambda bits: st.lists(st.binary(max_size=40), min_size=2**bits, max_size=2**bits))


def rfc9162_hash(leaves):
    """MTH as RFC 9162 section 2.1.1 defines it, for any number of leaves."""
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + rfc9162_hash(leaves[:split]) + rfc9162_hash(leaves[split:])).digest()


def rfc9162_path(index, leaves):
    """PATH as RFC 9162 section 2.1.3.1 defines it."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*rfc9162_path(index, leaves[:split]), rfc9162_hash(leaves[split:])]
    return [*rfc9162_path(index - split, leaves[split:]), rfc9162_hash(leaves[:split])]


@given(TREES)
def test_root_and_paths_are_those_of_the_rfc(leaves):
    bits = len(leaves).bit_length() - 1
    tree = merkle.build(merkle.leaf_hash(leaf) for leaf in leaves)
    assert len(tree) == merkle.tree_bytes(bits)
    assert merkle.root(tree) == rfc9162_hash(leaves)
    for i in range(len(leaves)):
        assert merkle.path(memoryview(tree), i, bits) == b"".join(rfc9162_path(i, leaves))


@given(TREES, st.data())
def test_a_path_leads_its_own_leaf_to_the_root_and_no_other(leaves, data):
    bits = len(leaves).bit_length() - 1
    tree = merkle.build(merkle.leaf_hash(leaf) for leaf in leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.path(tree, index, bits)
    leaf = merkle.leaf_hash(leaves[index])
    assert merkle.root_from_path(leaf, index, path) == merkle.root(tree)
    assert merkle.root_from_path(merkle.leaf_hash(leaves[index] + b"x"), index, path) != merkle.root(tree)
    if bits:
        bit = data.draw(st.integers(0, len(path) * 8 - 1))
        flipped = bytearray(path)
        flipped[bit // 8] ^= 1 << bit % 8
        assert merkle.root_from_path(leaf, index, bytes(flipped)) != merkle.root(tree)
        assert merkle.root_from_path(leaf, index, path[:-32]) != merkle.root(tree)


def test_leaves_and_nodes_have_different_hashes():
    one, two = merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")
    assert merkle.node_hash(one, two) != merkle.leaf_hash(one + two)
    assert merkle.node_hash(one, two) != merkle.node_hash(two, one)


@pytest.mark.parametrize("count", [0, 3, 5, 6, 7, 9])
def test_the_number_of_leaves_is_a_power_of_two(count):
    with pytest.raises(FormatError, match="power of two"):
        merkle.build([bytes(32)] * count)
