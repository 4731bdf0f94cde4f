"""Sealed files of ranges: any ranges can be read separately, and only what was written is ever returned."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import _core
from pilookup.custody.vault import shard
from pilookup.custody.vault.sealed_file import Layout, SealedFile
from pilookup.custody.vault.shard import ShardStore
from pilookup.errors import VaultError

LAYOUT = Layout(3, 4)
FEW = settings(max_examples=60, deadline=None)
CONTENT = st.lists(st.lists(st.binary(max_size=20), min_size=4, max_size=4), min_size=3, max_size=3)
SOME = [[b"", b"one", b"two", b""], [b"", b"", b"", b""], [b"three", b"", b"four", b"5" * 40]]
INDEX_BYTES = 16 + 4 * 4 + shard.SEAL_BYTES
RANGES_START = 9 + 3 * INDEX_BYTES


def at(path, aad="this", key=bytes(32), guard=bytes(32), layout=LAYOUT):
    return SealedFile(path, ShardStore(key, guard), aad, layout)


def write(path, content, **bound):
    sizes = np.array([[len(each) for each in section] for section in content])
    at(path, **bound).write([b"".join(section) for section in content], sizes)


def read(path, **bound):
    """Read every range separately. The result must equal that of reading each section at once."""
    file = at(path, **bound)
    indexes = [file.index(section) for section in range(3)]
    content = [[file.ranges(index, number, number + 1) for number in range(4)] for index in indexes]
    assert [file.ranges(index, 0, 4) for index in indexes] == list(map(b"".join, content))
    return content


@given(CONTENT, st.integers(0, 4), st.integers(0, 4))
@FEW
def test_any_ranges_can_be_read_separately(tmp_path, content, first, stop):
    path = tmp_path / "f"
    write(path, content)
    assert read(path) == content
    index = at(path).index(1)
    assert index.sizes.tolist() == [len(each) for each in content[1]]
    assert at(path).ranges(index, first, max(first, stop)) == b"".join(content[1][first:stop])


def test_writing_a_file_again_replaces_its_content(tmp_path):
    write(tmp_path / "f", SOME)
    write(tmp_path / "f", SOME[::-1])
    assert read(tmp_path / "f") == SOME[::-1]
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600


@given(st.data())
@FEW
def test_any_altered_bit_and_any_other_length_is_refused(tmp_path, data):
    path = tmp_path / "f"
    write(path, SOME)
    whole = bytearray(path.read_bytes())
    harm = data.draw(st.sampled_from(["flip", "cut", "longer"]))
    if harm == "flip":
        bit = data.draw(st.integers(0, 8 * len(whole) - 1))
        whole[bit // 8] ^= 1 << bit % 8
    elif harm == "cut":
        del whole[data.draw(st.integers(0, len(whole) - 1)) :]
    else:
        whole += data.draw(st.binary(min_size=1, max_size=40))
    path.write_bytes(whole)
    with pytest.raises(VaultError, match="altered, or not where it belongs") as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")


def exchange(path, one, two, size):
    data = bytearray(path.read_bytes())
    data[one : one + size], data[two : two + size] = data[two : two + size], data[one : one + size]
    path.write_bytes(data)


@pytest.mark.parametrize("sections", [(0, 1), (1, 2)])
def test_exchanged_indexes_are_refused(tmp_path, sections):
    write(tmp_path / "f", SOME)
    exchange(tmp_path / "f", *(9 + section * INDEX_BYTES for section in sections), INDEX_BYTES)
    with pytest.raises(VaultError, match="altered"):
        read(tmp_path / "f")


def test_exchanged_ranges_of_equal_size_are_refused(tmp_path):
    write(tmp_path / "f", SOME)
    first, size = RANGES_START + shard.SEAL_BYTES, shard.SEAL_BYTES + 3
    exchange(tmp_path / "f", first, first + size, size)
    index = at(tmp_path / "f").index(0)
    with pytest.raises(VaultError, match="altered"):
        at(tmp_path / "f").ranges(index, 1, 3)


@pytest.mark.parametrize(
    "other", [{"aad": "that"}, {"key": b"k" * 32}, {"guard": b"g" * 32}], ids=["name", "key", "guard"]
)
def test_a_file_of_another_name_key_or_vault_is_refused(tmp_path, other):
    write(tmp_path / "f", SOME, **other)
    with pytest.raises(VaultError, match="altered, or not where it belongs"):
        read(tmp_path / "f")


def test_an_index_does_not_fit_the_ranges_of_another_file_of_the_same_name(tmp_path):
    """This can happen if a task runs twice on different data. An index fits only ranges of the sizes that it states."""
    write(tmp_path / "f", SOME)
    first = (tmp_path / "f").read_bytes()
    write(tmp_path / "f", [[b"", b"on", b"otwo", b""], *SOME[1:]])
    second = (tmp_path / "f").read_bytes()
    assert len(first) == len(second)
    (tmp_path / "f").write_bytes(first[:RANGES_START] + second[RANGES_START:])
    with pytest.raises(VaultError, match="altered"):
        read(tmp_path / "f")


@pytest.mark.parametrize("layout", [Layout(3, 3), Layout(2, 4), Layout(4, 3)])
def test_a_file_of_another_layout_is_refused(tmp_path, layout):
    write(tmp_path / "f", SOME)
    with pytest.raises(VaultError, match="altered"):
        at(tmp_path / "f", layout=layout).index(0)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(VaultError, match="f: missing"):
        at(tmp_path / "f").index(0)


def test_sizes_that_do_not_add_up_to_the_data_are_refused(tmp_path):
    with pytest.raises(ValueError, match="bytes of data"):
        at(tmp_path / "f").write([bytes(23)], np.full((3, 4), 2))
    assert not list(tmp_path.iterdir())


def test_an_empty_range_is_sealed_too(tmp_path):
    write(tmp_path / "f", [[b""] * 4] * 3)
    assert (tmp_path / "f").stat().st_size == RANGES_START + 12 * shard.SEAL_BYTES


RANGES = st.lists(st.binary(max_size=40), max_size=20)


def packed(sizes):
    return np.array(sizes, "<u4").tobytes()


@given(RANGES, st.data())
def test_ranges_open_separately_and_only_at_their_own_position(ranges, data):
    store = ShardStore(bytes(32), bytes(32))
    sizes = list(map(len, ranges))
    sealed = store.seal_ranges(b"p", [b"".join(ranges)], packed(sizes))
    ends = np.cumsum([0, *(size + shard.SEAL_BYTES for size in sizes)]).tolist()
    first = data.draw(st.integers(0, len(ranges)))
    stop = data.draw(st.integers(first, len(ranges)))
    some, wanted = sealed[ends[first] : ends[stop]], packed(sizes[first:stop])
    assert store.open_ranges(b"p", some, wanted, first) == b"".join(ranges[first:stop])
    if some:
        bit = data.draw(st.integers(0, 8 * len(some) - 1))
        flipped = bytearray(some)
        flipped[bit // 8] ^= 1 << bit % 8
        for wrong in (
            (bytes(flipped), first, b"p"),
            (some, first + 1, b"p"),
            (some, first, b"q"),
            (some[:-1], first, b"p"),
        ):
            with pytest.raises(shard.InvalidTag):
                store.open_ranges(wrong[2], wrong[0], wanted, wrong[1])


def test_sizes_and_nonces_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="bytes of data"):
        _core.seal_ranges(bytes(32), bytes(12), [b"abc"], packed([2]), b"")
    with pytest.raises(ValueError, match="nonces"):
        _core.seal_ranges(bytes(32), bytes(12), [b"abc"], packed([3, 0]), b"")
    with pytest.raises(ValueError, match="key"):
        _core.seal_ranges(bytes(31), b"", [], b"", b"")
    with pytest.raises(ValueError, match="key"):
        _core.open_ranges(bytes(31), b"", b"", 0, b"")
    with pytest.raises(ValueError, match="sizes"):
        _core.open_ranges(bytes(32), b"", bytes(3), 0, b"")
