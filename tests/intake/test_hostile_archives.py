"""Archives that unpack to too much, hold themselves, are cut short or changed at random: limits hold for all levels."""

import bz2
import gzip
import lzma
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake import limits
from pilookup.errors import IntakeError
from tests.support.intake.archives import ARCHIVES, COMPRESSED, CSV, PACKED, everything
from tests.support.intake.examples import hostile
from tests.support.intake.packing import aes_zip, seven_zipped, tarred, zipped
from tests.support.intake.tables import mutated

MANY = b"phone\n" + b"".join(b"138%08d\n" % i for i in range(50_000))


def test_a_quine_ends(load):
    # Each level of a file that holds itself is the same file. Five levels show it without one.
    data = gzip.compress(CSV)
    for _ in range(5):
        data = gzip.compress(data)
    with pytest.raises(IntakeError, match="is a gzip file inside more than 3 others"):
        load("a.gz", data)


def test_limits_hold_for_all_levels_together(load, monkeypatch):
    monkeypatch.setattr(limits, "RATIO_FREE_BYTES", 1 << 20)
    monkeypatch.setattr(limits, "MAX_RATIO", 5)
    inner = zipped(("a.csv", MANY))  # 600,000 bytes, within the limit
    assert load("s.zip", zipped(("1.zip", inner), method=zipfile.ZIP_STORED)).numbers
    with pytest.raises(IntakeError, match=r"unpacks to more than [0-9,]+ bytes, too much"):
        load("s.zip", zipped(*((f"{i}.zip", inner) for i in range(3))))


@pytest.mark.parametrize("kind", ["7z", "tar.gz", "xz", "bz2"])
def test_bombs(load, kind):
    data = MANY + b"\n" * 70_000_000
    if kind == "7z":
        data = seven_zipped(("a.csv", data))
    elif kind == "tar.gz":
        data = gzip.compress(tarred(("a.csv", data)), 9)
    else:
        data = {"xz": lambda: lzma.compress(data, preset=0), "bz2": lambda: bz2.compress(data)}[kind]()
    with pytest.raises(IntakeError, match=r"unpacks to more than 67,108,864 bytes, too much"):
        load(f"a.{kind}", data)


def test_an_xz_file_that_needs_much_memory(load):
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    packer = lzma.LZMACompressor(lzma.FORMAT_XZ, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}])
    content = bytearray(packer.compress(CSV) + packer.flush())
    del filters
    at = content.index(b"\x21\x01") + 2  # the size of the dictionary in the header of the block
    content[at] = 36  # 1 GiB
    size = (content[12] + 1) * 4
    content[12 + size - 4 : 12 + size] = zlib.crc32(bytes(content[12 : 12 + size - 4])).to_bytes(4, "little")
    with pytest.raises(IntakeError, match="truncated or damaged"):
        load("a.csv.xz", bytes(content))


@pytest.mark.parametrize("kind", COMPRESSED)
@pytest.mark.parametrize("cut", [1, 5, 12])
def test_truncated_compressed_files(load, kind, cut):
    with pytest.raises(IntakeError, match="is truncated or damaged"):
        load(f"a.csv.{kind}", COMPRESSED[kind]("", CSV * 100)[:-cut])


@pytest.mark.parametrize("kind", ["7z", "rar", "old.rar"])
@pytest.mark.parametrize("cut", [1, 10, 30, 60])
def test_truncated_7z_and_rar(tmp_path, kind, cut):
    content = ARCHIVES[kind]("a.csv", CSV * 3)[:-cut]
    numbers, error = everything(tmp_path / f"a.{kind}", content)
    assert error or len(numbers) == 6


@pytest.mark.parametrize("kind", ["zip", "tar", "gz", "bz2", "xz", "aes"])
@hostile(60)
@given(seed=st.integers(0, 2**63))
def test_mutations_are_read_or_refused(tmp_path_factory, kind, seed):
    folder = tmp_path_factory.mktemp("packed")
    pack = PACKED | {"aes": lambda name, data: aes_zip(name, data, "x")}
    content = pack[kind]("a.csv", CSV)
    everything(folder / f"a.{kind}", content[:2] + mutated(content[2:], seed))
    assert [file.name for file in folder.iterdir()] == [f"a.{kind}"]


@pytest.mark.parametrize("kind", ["7z", "rar", "old.rar"])
@hostile(12)
@given(seed=st.integers(0, 2**63))
def test_mutations_of_7z_and_rar_are_read_or_refused(tmp_path_factory, kind, seed):
    folder = tmp_path_factory.mktemp("packed")
    content = ARCHIVES[kind]("a.csv", CSV)
    everything(folder / f"a.{kind}", content[:6] + mutated(content[6:], seed))
    assert [file.name for file in folder.iterdir()] == [f"a.{kind}"]
