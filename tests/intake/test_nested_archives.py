"""Archives of every format and in one another: what is no table is skipped and told."""

import gzip
import io
import lzma
import os

import pytest

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.files import libarchive_members as libarchive_module
from pilookup.custody.intake.files import unpacked
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.read import FileReader, TextSplit
from pilookup.custody.intake.rejects import Rejects
from pilookup.errors import IntakeError, MissingExtraError
from pilookup.protocol.label import Kind
from tests.support.intake.archives import ARCHIVES, COMPRESSED, CSV, NUMBERS, PACKED
from tests.support.intake.packing import rar4, rar5, seven_zipped, tarred, zipped


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


def test_members_of_one_shown_name_have_their_own_encodings(tmp_path):
    # Both are shown as "138….csv", since the name of a file may be a number.
    members = [("13800138000.csv", "姓名,手机\n张三,13800138000\n".encode("gb18030"))]
    members += [("13800138001.csv", "姓名,手机\n张三,13900139000\n".encode("utf-16"))]
    path = tmp_path / "s.zip"
    path.write_bytes(zipped(*members))
    reader = FileReader(path, IntakeOptions(Kind.EXPOSURE), Report(), Rejects(None), split_bytes=1 << 20)
    texts = [item.data for item in reader.work() if isinstance(item, TextSplit)]
    assert [text.count(number) for text, number in zip(texts, (b"13800138000", b"13900139000"), strict=True)] == [1, 1]
    assert not reader.encodings


def test_a_damaged_table_in_an_archive_is_refused(load):
    with pytest.raises(IntakeError, match=r"s\.zip/b\.parquet: the Parquet file is truncated or damaged"):
        load("s.zip", zipped(("a.csv", CSV), ("b.parquet", b"PAR1xxxx")))


@pytest.mark.parametrize("kind", COMPRESSED)
def test_several_streams_in_one_file(load, kind):
    pack = COMPRESSED[kind]
    assert load(f"a.txt.{kind}", pack("", b"13800138000\n") + pack("", b"13900139000\n")).numbers == NUMBERS


def test_a_stream_of_a_member_can_be_read_in_parts():
    part = unpacked._XzStream(io.BytesIO(lzma.compress(CSV)))
    assert b"".join(iter(lambda: part.read(3), b"")) == CSV


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
