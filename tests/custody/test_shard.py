"""Shards in frames: read whole or by range, and refused if any byte differs from what was sealed."""

import os

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import durable
from pilookup.custody.vault import shard
from pilookup.custody.vault.columns import fixed_bytes
from pilookup.custody.vault.partitions import ALL, SPANS, Span, spans_of
from pilookup.custody.vault.schema import SCHEMA
from pilookup.custody.vault.shard import ShardStore
from pilookup.errors import VaultError

GUARD = bytes(range(32))
ONE_FILE = settings(max_examples=60, deadline=None)


def table(elements):
    rows = [{"element": element, "account": bytes(16), "count": 1, "month": 300} for element in sorted(elements)]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


@pytest.fixture
def small_frames(monkeypatch):
    monkeypatch.setattr(shard, "FRAME_ROWS", 7)


@pytest.fixture
def store():
    return ShardStore(bytes(32), GUARD)


def elements_of(rows):
    data = fixed_bytes(rows["element"])
    return [data[at : at + 32] for at in range(0, len(data), 32)]


@pytest.mark.usefixtures("small_frames")
@given(st.sets(st.binary(min_size=32, max_size=32), max_size=60), st.integers(0, SPANS), st.integers(0, SPANS))
@ONE_FILE
def test_a_range_equals_that_part_of_the_whole(store, tmp_path, elements, start, stop):
    # All of one partition, as in the vault: the low six bits of the second byte are the same.
    elements = {each[:1] + bytes([each[1] & 0xC0 | 5]) + each[2:] for each in elements}
    path = tmp_path / "s.shard"
    durable.write_flushed(path, store.encode_shard("p", [table(elements)]))
    wanted = [each for each in sorted(elements) if start <= spans_of(each)[0] < stop]
    assert elements_of(store.read_table(path, "p", Span(start, stop))) == wanted
    assert store.read_table(path, "p", ALL).combine_chunks() == table(elements).combine_chunks()
    path.unlink()


def test_spans_ascend_with_the_elements_of_a_partition():
    elements = [bytes([first, second << 6 | 9]) + bytes(30) for first in range(0, 256, 2) for second in range(4)]
    assert list(spans_of(b"".join(elements))) == list(range(SPANS))


@pytest.mark.usefixtures("small_frames")
def test_a_frame_outside_the_range_is_not_opened(store, tmp_path):
    path = tmp_path / "s.shard"
    durable.write_flushed(path, store.encode_shard("p", [table([bytes([2 * i, 0]) + bytes(30) for i in range(21)])]))
    whole = bytearray(path.read_bytes())
    whole[70] ^= 1  # in the first of three frames
    path.write_bytes(whole)
    assert len(elements_of(store.read_table(path, "p", Span(4 * 14, SPANS)))) == 7
    with pytest.raises(VaultError, match="altered"):
        store.read_table(path, "p", Span(0, 4))


@pytest.mark.usefixtures("small_frames")
@given(st.data())
@ONE_FILE
def test_any_flipped_bit_and_any_truncation_is_refused(store, tmp_path, data):
    path = tmp_path / "s.shard"
    durable.write_flushed(path, store.encode_shard("p", [table([os.urandom(32) for _ in range(20)])]))
    whole = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        bit = data.draw(st.integers(0, len(whole) * 8 - 1))
        whole[bit // 8] ^= 1 << bit % 8
    else:
        del whole[data.draw(st.integers(0, len(whole) - 1)) :]
    path.write_bytes(whole)
    with pytest.raises(VaultError, match=r"s\.shard: "):
        store.read_table(path, "p")
    path.unlink()


@pytest.mark.usefixtures("small_frames")
def test_frames_of_one_shard_do_not_fit_another_shard_or_aad(store, tmp_path):
    one, two = tmp_path / "1.shard", tmp_path / "2.shard"
    rows = table([os.urandom(32) for _ in range(20)])
    durable.write_flushed(one, store.encode_shard("p", [rows]))
    durable.write_flushed(two, store.encode_shard("p", [rows]))
    with pytest.raises(VaultError, match="not where it belongs"):
        store.read_table(one, "q")
    first, second = one.read_bytes(), two.read_bytes()
    size = len(first)
    assert len(second) == size
    one.write_bytes(first[:53] + second[53:900] + first[900:])
    with pytest.raises(VaultError, match="altered"):
        store.read_table(one, "p")


@pytest.mark.parametrize("data", [b"", b"PLKS\x02", b"PLKS\x02" + GUARD + bytes(16), b"PLKS\x03" + GUARD + bytes(99)])
def test_bytes_other_than_a_shard_are_refused(store, tmp_path, data):
    path = tmp_path / "s.shard"
    path.write_bytes(data)
    with pytest.raises(VaultError, match=r"s\.shard: "):
        store.read_table(path, "p")


def test_a_missing_shard_is_reported(store, tmp_path):
    with pytest.raises(VaultError, match="missing"):
        store.read_table(tmp_path / "s.shard", "p")


def test_a_sealed_file_is_not_read_as_a_shard_nor_a_shard_as_a_sealed_file(store, tmp_path):
    path = tmp_path / "s"
    store.write(path, "p", b"content")
    with pytest.raises(VaultError, match="not a vault file"):
        store.read_table(path, "p")
    path.unlink()
    durable.write_flushed(path, store.encode_shard("p", [table([])]))
    with pytest.raises(VaultError, match="not a vault file"):
        store.read(path, "p")


def test_the_directory_names_each_frames_size_rows_and_spans_and_ends_in_zeros(store, tmp_path, monkeypatch):
    monkeypatch.setattr(shard, "FRAME_ROWS", 2)
    elements = [bytes([2 * i, 0]) + bytes(30) for i in range(3)]
    path = tmp_path / "s.shard"
    durable.write_flushed(path, store.encode_shard("p", [table(elements)]))
    with path.open("rb") as file:
        directory = store._directory(file, file.read(shard._SHARD_HEAD), "p").tolist()
    sizes = [entry[0] for entry in directory]
    end = 28 + 16 * len(directory) + 4
    assert sum(sizes) == path.stat().st_size - shard._SHARD_HEAD - end
    assert directory == [
        (sizes[0], 2, *spans_of(elements[0] + elements[1]), 0),
        (sizes[1], 1, *spans_of(elements[2] * 2), 0),
    ]
