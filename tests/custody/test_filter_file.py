"""Filter files read part by part give the answers of the whole filter, and every byte is verified."""

import hashlib
import random
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import _core
from pilookup.custody.publish.ascending_keys import lacked_keys
from pilookup.errors import FormatError
from pilookup.protocol.filter import Algorithm, FilterHead, Role
from pilookup.protocol.label import Kind
from pilookup.release_files.filter_file import FilterFile
from tests.support.filters import Filter, build_body, contains

FEW = settings(deadline=None, max_examples=60)
COMMON = ("public", 3, 7, Kind.EXPOSURE, Role.BASE)
keys_of = st.lists(st.integers(0, 2**64 - 1), max_size=120)
part_bits_of = st.integers(0, 10)


def packed(keys):
    return np.array(keys, ">u8").tobytes()


def named(path):
    """A pattern for the beginning of every error: the name of the file."""
    return "^" + re.escape(f"{path}: ")


def written(path, keys, part_bits, algorithm=Algorithm.FUSE16):
    """Write a filter file of 2**part_bits parts; return its bytes."""
    body = _core.FuseFilter.build(packed(keys), int(algorithm), part_bits)
    data = Filter(*COMMON, algorithm, body).to_bytes()
    path.write_bytes(data)
    return data


@given(keys_of, keys_of, part_bits_of)
@FEW
def test_the_parts_answer_like_the_whole_filter(tmp_path, keys, others, part_bits):
    data = written(tmp_path / "f", keys, part_bits)
    file, whole = FilterFile(tmp_path / "f"), Filter.from_bytes(data)
    file.check()
    assert (file.part_bits, file.head.count, file.head.file_name) == (part_bits, len(set(keys)), whole.file_name)
    asked = sorted({*keys, *others})
    assert lacked_keys(file, packed(asked)) == packed([key for key in asked if not contains(whole.body, key)])
    assert sum(len(file.part(number)) for number in range(1 << part_bits)) == len(set(keys))


@given(st.integers(1, 3), st.data())
@FEW
def test_any_altered_byte_is_detected(tmp_path, part_bits, data):
    rng = random.Random(part_bits)
    keys = [rng.getrandbits(64) for _ in range(60)]
    whole = bytearray(written(tmp_path / "f", keys, part_bits))
    header_size = len(FilterHead(*COMMON, Algorithm.FUSE16, 60).to_bytes())
    at = data.draw(st.integers(header_size, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    (tmp_path / "f").write_bytes(whole)
    with pytest.raises(FormatError, match=named(tmp_path / "f")):
        FilterFile(tmp_path / "f").check()
    with pytest.raises(FormatError, match="filter"):
        Filter.from_bytes(bytes(whole))


@given(st.integers(0, 3), st.data())
@FEW
def test_truncated_and_lengthened_files_are_refused(tmp_path, part_bits, data):
    whole = written(tmp_path / "f", [1, 2**63, 2**64 - 1], part_bits)
    cut = data.draw(st.integers(0, len(whole) - 1))
    for wrong in (whole[:cut], whole + data.draw(st.binary(min_size=1, max_size=40))):
        (tmp_path / "f").write_bytes(wrong)
        with pytest.raises(FormatError, match=named(tmp_path / "f")):
            FilterFile(tmp_path / "f").check()


@given(st.data())
@FEW
def test_a_truncated_bloom_filter_is_refused(tmp_path, data):
    body = build_body(packed([1, 2, 3]), Algorithm.BLOOM)
    whole = Filter(*COMMON, Algorithm.BLOOM, body).to_bytes()
    (tmp_path / "f").write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(FormatError, match=named(tmp_path / "f")):
        FilterFile(tmp_path / "f").check()


@given(st.binary(max_size=300), st.booleans())
@FEW
def test_both_readers_accept_or_refuse_the_same_bytes(tmp_path, body, signed):
    head = FilterHead(*COMMON, Algorithm.FUSE16, 0).to_bytes()
    data = head + (body + hashlib.sha256(body).digest() if signed else body)
    (tmp_path / "f").write_bytes(data)
    try:
        FilterFile(tmp_path / "f").check()
    except FormatError:
        with pytest.raises(FormatError):
            Filter.from_bytes(data)
    else:
        assert Filter.from_bytes(data).to_bytes() == data


@given(st.lists(keys_of, min_size=2, max_size=2), st.integers(0, 20), st.integers(0, 11))
@FEW
def test_both_readers_refuse_the_same_joined_parts(tmp_path, sets, count, part_bits):
    """Every part has a valid digest; the numbers in the header are right or wrong."""
    parts = b"".join(_core.FuseFilter.build(packed(keys), 16, 0).to_bytes() for keys in sets)
    body = b"PLFF\x02\x10" + bytes([part_bits, 0]) + count.to_bytes(8, "little") + parts
    data = FilterHead(*COMMON, Algorithm.FUSE16, count).to_bytes() + body + hashlib.sha256(body).digest()
    (tmp_path / "f").write_bytes(data)
    right = part_bits == 1 and count == sum(len(set(keys)) for keys in sets)
    for reader in (lambda: FilterFile(tmp_path / "f").check(), lambda: Filter.from_bytes(data)):
        if right:
            reader()
        else:
            with pytest.raises(FormatError):
                reader()


def test_a_bloom_filter_is_one_part(tmp_path):
    keys = list(range(0, 2**64, 2**56))
    (tmp_path / "f").write_bytes(Filter(*COMMON, Algorithm.BLOOM, build_body(packed(keys), Algorithm.BLOOM)).to_bytes())
    file = FilterFile(tmp_path / "f")
    file.check()
    assert file.part_bits == 0
    assert lacked_keys(file, packed(keys)) == b""
    assert lacked_keys(file, packed([5, 6, 7])) == packed([5, 6, 7])


def test_a_file_whose_algorithm_differs_from_its_body_is_refused(tmp_path):
    data = bytearray(written(tmp_path / "f", [1, 2], 1))
    data[5] = int(Algorithm.FUSE8)
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(FormatError, match=named(tmp_path / "f")):
        FilterFile(tmp_path / "f")


@pytest.mark.parametrize("part_bits", [1, 3])
def test_a_wrong_digest_over_all_parts_is_refused(tmp_path, part_bits):
    data = bytearray(written(tmp_path / "f", [1, 2**63], part_bits))
    data[-1] ^= 1
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(FormatError, match="its digest does not match"):
        FilterFile(tmp_path / "f").check()
