"""Archives of every format and in one another: what is no table is skipped and told, and limits hold for all levels."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake import IntakeOptions, Report, limits
from pilookup.custody.intake.files import libarchive_members as libarchive_module
from pilookup.custody.intake.files import unpacked, zip_aes
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.read import FileReader, TextSplit, read_file
from pilookup.custody.intake.rejects import Rejects
from pilookup.errors import IntakeError, MissingExtraError, PasswordRequiredError
from pilookup.protocol.label import Kind
from tests.support.intake.examples import hostile
from tests.support.intake.packing import aes_zip, old_zip, rar4, rar5, seven_zipped, tarred, zipped
from tests.support.intake.tables import mutated

CSV = b"name,phone\na,13800138000\nb,13900139000\n"
NUMBERS = ["8613800138000", "8613900139000"]


def several(pack):
    return lambda name, data: pack((name, data))


ARCHIVES = {
    "zip": several(zipped),
    "tar": several(tarred),
    "7z": several(seven_zipped),
    "rar": several(rar5),
    "old.rar": several(rar4),
}
COMPRESSED = {
    "gz": lambda _, data: gzip.compress(data, mtime=0),
    "bz2": lambda _, data: bz2.compress(data),
    "xz": lambda _, data: lzma.compress(data),
}
PACKED = ARCHIVES | COMPRESSED


@pytest.mark.sampled("inner")
@pytest.mark.parametrize("inner", [*PACKED, None])
@pytest.mark.parametrize("outer", PACKED)
def test_every_archive_in_every_other(load, outer, inner):
    name, data = "名单.csv", CSV
    for kind in (inner, outer):
        if kind:
            data = PACKED[kind](name, data)
            name += f".{kind}"
    outcome = load(name, data)
    assert outcome.numbers == NUMBERS
    assert not outcome.report.warnings


@pytest.mark.parametrize("kind", ARCHIVES)
def test_several_members_and_chinese_names(load, kind):
    pack = {"zip": zipped, "tar": tarred, "7z": seven_zipped, "rar": rar5, "old.rar": rar4}[kind]
    members = [("一/名单.csv", CSV + b"c,12\n"), ("二/照片.jpg", b"\xff\xd8\xff\xe0"), ("三.txt", b"13700137000\n")]
    outcome = load(f"s.{kind}", pack(*members, (".DS_Store", b"x")))
    assert outcome.numbers == [*NUMBERS, "8613700137000"]
    assert outcome.rejects[0][:2] == [f"s.{kind}/一/名单.csv", "4"]
    (warning,) = outcome.report.warnings
    assert (warning.code, warning.location, warning.count) == (WarningCode.MEMBER_SKIPPED, f"s.{kind}/二/照片.jpg", 1)
    assert "a JPEG picture" in warning.text
    assert any("1 system files" in note for note in outcome.report.notes)


def test_three_levels_are_read_and_more_are_told(load):
    data = zipped(("a.csv", CSV))
    for _ in range(2):
        data = zipped(("in.zip", data))
    assert load("s.zip", data).numbers == NUMBERS
    outcome = load("s.zip", zipped(("deep.zip", data), ("b.txt", b"13700137000\n")))
    assert outcome.numbers == ["8613700137000"]
    (warning,) = outcome.report.warnings
    assert warning.location == "s.zip/deep.zip/in.zip/in.zip"
    assert "inside more than 3 others" in warning.text


def test_a_tar_gz_in_two_archives(load):
    data = gzip.compress(tarred(("a.csv", CSV)))
    assert load("s.zip", zipped(("in.7z", seven_zipped(("a.tgz", data))))).numbers == NUMBERS


def test_pictures_are_counted_together(load):
    pictures = [(f"DCIM/{i}.jpg", b"\xff\xd8\xff\xe0") for i in range(50)]
    (warning,) = load("s.zip", zipped(*pictures, ("a.csv", CSV))).report.warnings
    assert (warning.location, warning.count) == ("s.zip", 50)
    assert "s.zip/DCIM/0.jpg" in warning.text


def test_a_text_without_a_phone_column_is_a_note_unless_it_has_numbers(load):
    members = [("a.csv", CSV), ("readme.txt", "来源：某服务器\n时间 2026-01-01\n".encode()), ("empty.txt", b"")]
    report = load("s.zip", zipped(*members)).report
    assert not report.warnings
    assert sum("not read" in note for note in report.notes) == 2


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "gb18030"])
def test_numbers_in_a_text_without_a_phone_column_are_a_warning(load, codec):
    text = (
        "第一行说明文字\n" * 40 + "打 13700137000 或者 13600136000，不是 123456789012345678，这里还有许多别的文字\n" * 2
    )
    (warning,) = load("s.zip", zipped(("a.csv", CSV), ("b.txt", text.encode(codec)))).report.warnings
    assert (warning.code, warning.location, warning.count) == (WarningCode.UNREAD_NUMBERS, "s.zip/b.txt", 4)


def test_an_archive_without_a_table_is_refused_with_every_reason(load):
    members = [("a.jpg", b"\xff\xd8\xff"), ("c.zip", zipped(("d.pdf", b"%PDF-1"))), ("e", b"")]
    with pytest.raises(IntakeError) as caught:
        load("s.zip", zipped(*members))
    for text in ("a.jpg: is a JPEG picture", "c.zip: no member", "d.pdf: is a PDF", "e: the file is empty"):
        assert text in str(caught.value)
    with pytest.raises(IntakeError) as caught:
        load("s.zip", zipped(*members, ("b.txt", b"hello\nworld\n")))
    for text in ("a JPEG picture", "a PDF document", "b.txt: no phone column", "e: not read: the file is empty"):
        assert text in str(caught.value)


def test_members_of_one_shown_name_have_their_own_encodings(packed):
    # Both are shown as "138….csv", since the name of a file may be a number.
    members = [("13800138000.csv", "姓名,手机\n张三,13800138000\n".encode("gb18030"))]
    members += [("13800138001.csv", "姓名,手机\n张三,13900139000\n".encode("utf-16"))]
    reader = FileReader(
        packed(zipped(*members)), IntakeOptions(Kind.EXPOSURE), Report(), Rejects(None), split_bytes=1 << 20
    )
    texts = [item.data for item in reader.work() if isinstance(item, TextSplit)]
    assert [text.count(number) for text, number in zip(texts, (b"13800138000", b"13900139000"), strict=True)] == [1, 1]
    assert not reader.encodings


def test_a_damaged_table_in_an_archive_is_refused(load):
    with pytest.raises(IntakeError, match=r"s\.zip/b\.parquet: the Parquet file is truncated or damaged"):
        load("s.zip", zipped(("a.csv", CSV), ("b.parquet", b"PAR1xxxx")))


# Passwords


def read(path, *passwords):
    report, numbers = Report(), []
    for batch in read_file(path, IntakeOptions(Kind.EXPOSURE, passwords=tuple(passwords)), report):
        numbers += [identifier.decode().removeprefix("tel:+") for identifier in batch.identifiers]
    return numbers


@pytest.fixture
def packed(tmp_path):
    def write(content, name="s.zip"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("strength", [1, 2, 3])
@pytest.mark.parametrize("method", [0, 8, 12, 14])
@pytest.mark.parametrize("version", [1, 2])
def test_aes(packed, strength, method, version, monkeypatch):
    monkeypatch.setattr(zip_aes, "_READ_BYTES", 160)
    data = CSV + b"x,y\n" * 500
    path = packed(aes_zip("a.csv", data, "密码", strength=strength, method=method, version=version))
    assert read(path, "wrong", "密码") == NUMBERS


def test_the_older_cipher_and_many_wrong_passwords(packed):
    # One wrong password in 256 fits the check byte.
    assert read(packed(old_zip("a.csv", CSV, "right")), *(f"wrong {i}" for i in range(1_000)), "right") == NUMBERS
    assert read(packed(old_zip("a.csv", CSV, "密码".encode("gb18030"))), "密码") == NUMBERS


@pytest.mark.parametrize("pack", [aes_zip, old_zip])
def test_without_the_password(packed, pack):
    path = packed(pack("a.csv", CSV, "right"))
    with pytest.raises(PasswordRequiredError, match=r"s\.zip/a\.csv: is under a password: .*--password-file FILE"):
        read(path)
    with pytest.raises(IntakeError, match=r"s\.zip/a\.csv: .*password") as caught:
        read(path, "secret one", "secret two")
    assert "secret" not in str(caught.value)


def test_an_encrypted_archive_in_an_archive(packed):
    assert read(packed(zipped(("in.zip", aes_zip("a.csv", CSV, "x")))), "x") == NUMBERS


def test_a_password_is_missed_before_the_first_row(packed):
    plain, encrypted = zipped(("a.csv", CSV), method=zipfile.ZIP_STORED), aes_zip("b.csv", CSV, "x")
    path = packed(zip_of_both(plain, encrypted))
    batches = read_file(path, IntakeOptions(Kind.EXPOSURE), Report())
    with pytest.raises(PasswordRequiredError, match=r"s\.zip/b\.csv"):
        next(batches)
    assert read(path, "x") == NUMBERS * 2


def zip_of_both(first, second):
    """A ZIP archive with the members of two archives of one member each."""
    at, after = first.index(b"PK\x01\x02"), second.index(b"PK\x01\x02")
    end = [data.index(b"PK\x05\x06") for data in (first, second)]
    moved = bytearray(second[after : end[1]])
    moved[42:46] = at.to_bytes(4, "little")
    directory = first[at : end[0]] + moved
    local = first[:at] + second[:after]
    counts = (2).to_bytes(2, "little") * 2 + len(directory).to_bytes(4, "little") + len(local).to_bytes(4, "little")
    return local + directory + b"PK\x05\x06" + bytes(4) + counts + bytes(2)


@pytest.mark.parametrize("at", [0, 5, 18, 40, -1, -11])
def test_damage_under_a_password(packed, at):
    content = bytearray(aes_zip("a.csv", CSV * 10, "x", method=0))
    start = 30 + len("a.csv") + 11
    size = 16 + 2 + len(CSV) * 10 + 10
    content[start + at % size] ^= 1
    with pytest.raises(IntakeError, match=r"s\.zip/a\.csv: .*password"):
        read(packed(bytes(content)), "x")


# Hostile archives

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


@pytest.mark.parametrize("kind", COMPRESSED)
def test_several_streams_in_one_file(load, kind):
    pack = COMPRESSED[kind]
    assert load(f"a.txt.{kind}", pack("", b"13800138000\n") + pack("", b"13900139000\n")).numbers == NUMBERS


@pytest.mark.parametrize("cut", [1, 512, 5_000, 6_300, 6_700, 9_000, 9_216])
def test_truncated_tar(load, cut):
    content = tarred(("a.csv", CSV), ("b.csv", b"phone\n13700137000\n" * 100))
    if cut > 6_000:
        with pytest.raises(IntakeError, match="truncated or damaged"):
            load("a.tar", content[:-cut])
    else:
        assert len(load("a.tar", content[:-cut]).numbers) > 2


def test_a_damaged_header_in_tar(load):
    content = bytearray(tarred(("a.csv", CSV), ("b.csv", CSV)))
    content[1024 + 20] ^= 1
    with pytest.raises(IntakeError, match="truncated or damaged"):
        load("a.tar", bytes(content))


def test_a_tar_of_the_oldest_kind(load):
    content = bytearray(tarred(("a.csv", CSV)))
    content[257:265] = bytes(8)
    content[148:156] = b" " * 8
    content[148:154] = b"%06o" % sum(content[:512])
    assert load("a.tar", bytes(content)).numbers == NUMBERS


def entry(name, kind, **values):
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in values.items():
        setattr(info, key, value)
    return info


def test_links_and_devices_in_tar(load):
    special = [
        (entry("x", tarfile.SYMTYPE, linkname="/etc/passwd"), b""),
        (entry("y", tarfile.LNKTYPE, linkname="../../etc/passwd"), b""),
        (entry("z", tarfile.CHRTYPE, devmajor=1, devminor=3), b""),
    ]
    outcome = load("a.tar", tarred(*special, ("../../a.csv", CSV)))
    assert outcome.numbers == NUMBERS
    assert [warning.location for warning in outcome.report.warnings] == ["a.tar/x", "a.tar/y", "a.tar/z"]


def test_a_tar_header_that_claims_a_long_name(load):
    header = entry("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=7 << 30).tobuf()
    with pytest.raises(IntakeError, match="truncated or damaged"):
        load("a.tar", header + tarred(("a.csv", CSV)))
    longs = entry("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=1).tobuf() + b"x" + bytes(511)
    with pytest.raises(IntakeError, match="truncated or damaged"):
        load("a.tar", longs * 5_000 + tarred(("a.csv", CSV)))


def test_names_in_tar_in_gbk(load):
    content = tarred(("名单.csv", CSV + b"c,12\n"), encoding="gb18030")
    assert load("a.tar", content).rejects[0][0] == "a.tar/名单.csv"


def test_a_large_member_of_7z_is_unpacked_again_for_each_reading(load, monkeypatch):
    monkeypatch.setattr(libarchive_module, "_MAX_HELD_MEMBER", 10)
    assert load(
        "a.7z", seven_zipped(("x.txt", b"13700137000\n"), ("a.csv", CSV), ("b.txt", b"13600136000\n"))
    ).numbers == [
        "8613700137000",
        *NUMBERS,
        "8613600136000",
    ]


def test_without_libarchive(load, monkeypatch, tmp_path):
    (tmp_path / "libarchive.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    with pytest.raises(MissingExtraError, match=r"pilookup\[formats\]"):
        load("a.7z", seven_zipped(("a.csv", CSV)))


@pytest.mark.parametrize("kind", ["7z", "rar", "old.rar"])
@pytest.mark.parametrize("cut", [1, 10, 30, 60])
def test_truncated_7z_and_rar(tmp_path, kind, cut):
    content = ARCHIVES[kind]("a.csv", CSV * 3)[:-cut]
    numbers, error = everything(tmp_path / f"a.{kind}", content)
    assert error or len(numbers) == 6


def everything(path, content):
    path.write_bytes(content)
    try:
        return read(path), ""
    except IntakeError as error:
        return [], str(error)


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


def test_a_stream_of_a_member_can_be_read_in_parts():
    part = unpacked._XzStream(io.BytesIO(lzma.compress(CSV)))
    assert b"".join(iter(lambda: part.read(3), b"")) == CSV
