"""ZIP and gzip files, and files whose content does not match their name."""

import gzip
import io
import os
import stat
import struct
import threading
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake import IntakeOptions, Report, limits
from pilookup.custody.intake.files.archive import member_name
from pilookup.custody.intake.files.formats import extension
from pilookup.custody.intake.files.source import Source
from pilookup.custody.intake.files.zip_directory import open_directory
from pilookup.custody.intake.read import read_file
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind
from tests.support.intake.examples import hostile

CSV = b"name,phone\na,13800138000\nb,13900139000\nc,12\n"
NUMBERS = ["8613800138000", "8613900139000"]


def zipped(*members, method=zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def test_gzip_of_csv(load):
    outcome = load("a.csv.gz", gzip.compress(CSV))
    assert outcome.numbers == NUMBERS
    assert outcome.rejects[0][:2] == ["a.csv.gz", "4"]


def test_gzip_of_several_streams(load):
    assert load("a.txt.gz", gzip.compress(b"13800138000\n") + gzip.compress(b"13900139000\n")).numbers == NUMBERS


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_member_of_a_zip_is_read(load, method):
    content = zipped(
        ("x/a.csv", CSV), ("x/", b""), ("b.txt", b"13800138001\n"), ("__MACOSX/._a", b"junk"), method=method
    )
    outcome = load("s.zip", content)
    assert outcome.numbers == [*NUMBERS, "8613800138001"]
    assert outcome.rejects[0][0] == "s.zip/x/a.csv"
    assert any("1 system files" in note for note in outcome.report.notes)


@pytest.mark.parametrize("cut", [1, 8, 9, 20])
def test_a_truncated_gzip(load, cut):
    with pytest.raises(IntakeError, match=r"a\.csv\.gz: is truncated or damaged"):
        load("a.csv.gz", gzip.compress(CSV)[:-cut])


def test_a_gzip_with_a_wrong_checksum(load):
    content = bytearray(gzip.compress(CSV))
    content[-6] ^= 1
    with pytest.raises(IntakeError, match="truncated or damaged"):
        load("a.csv.gz", bytes(content))


@pytest.mark.parametrize("cut", [1, 30, 100])
def test_a_truncated_zip(load, cut):
    with pytest.raises(IntakeError, match=r"s\.zip: the archive is truncated or damaged"):
        load("s.zip", zipped(("a.csv", CSV))[:-cut])


def test_a_zip_with_a_wrong_checksum(load):
    content = zipped(("a.csv", CSV), method=zipfile.ZIP_STORED).replace(b"13800138000", b"13800138001")
    with pytest.raises(IntakeError, match=r"s\.zip/a\.csv: is truncated or damaged"):
        load("s.zip", content)


@pytest.mark.parametrize(
    "name", ["../a.csv", "/a.csv", "x/../../a.csv", "C:/a.csv", "C:a.csv", "\\a.csv", "..\\a.csv", ".."]
)
def test_a_path_outside_the_archive(load, name):
    with pytest.raises(IntakeError, match=r"s\.zip/.*path leads outside"):
        load("s.zip", zipped((name, CSV)))


def test_a_link_in_an_archive(load):
    info = zipfile.ZipInfo("a.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(IntakeError, match=r"s\.zip: no member of the archive can be loaded. a\.csv: is a link"):
        load("s.zip", zipped((info, b"/etc/passwd")))


@pytest.mark.parametrize("name", ["a.zip", "a.xlsx"])
@pytest.mark.parametrize("between", [b"", bytes(512)])
def test_archives_that_were_joined_are_refused(load, name, between):
    with pytest.raises(IntakeError, match="another archive stands in front") as error:
        load(name, zipped(("a.csv", CSV)) + between + zipped(("b.csv", CSV)))
    assert error.value.location == name
    with pytest.raises(IntakeError, match="another archive stands in front"):
        load(name, zipped(("a.csv", CSV)) + between + zipped())


def test_an_archive_behind_an_empty_one_is_read(load):
    assert load("a.zip", zipped() + zipped(("a.csv", CSV))).numbers == NUMBERS


def test_joined_workbooks_are_refused(load):
    workbook = zipped(("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<workbook/>"))
    with pytest.raises(IntakeError, match="another archive stands in front"):
        load("a.xlsx", workbook + workbook)


def test_an_archive_behind_a_program_is_no_joined_archive():
    data = b"MZ" + bytes(510) + zipped(("a.csv", CSV))
    with open_directory(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["a.csv"]


def test_a_path_with_backslashes(load):
    assert load("s.zip", zipped(("x\\a.csv", CSV))).numbers == NUMBERS


def test_an_unknown_method(load):
    content = bytearray(zipped(("a.csv", CSV)))
    for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(signature) + at] = 9
    with pytest.raises(IntakeError, match="packed with method 9"):
        load("s.zip", bytes(content))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(load):
    with pytest.raises(IntakeError, match="two members of one name"):
        load("s.zip", zipped(("a.csv", CSV), ("a.csv", CSV)))


@pytest.mark.parametrize("content", [zipped(), zipped(("x/", b"")), zipped((".DS_Store", b"x"))])
def test_an_archive_without_files(load, content):
    with pytest.raises(IntakeError, match="holds no file"):
        load("s.zip", content)


def test_too_many_members(load, monkeypatch):
    monkeypatch.setattr(limits, "MAX_MEMBERS", 10)
    with pytest.raises(IntakeError, match="more than 10 members"):
        load("s.zip", zipped(*((f"{i}.csv", CSV) for i in range(11))))


def test_a_gzip_bomb(load):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b"13800138000\n" * 87_000) for _ in range(80)) + packer.flush()
    with pytest.raises(IntakeError, match=r"unpacks to more than 67,108,864 bytes, too much"):
        load("a.txt.gz", bomb)


def test_a_zip_bomb_is_refused_by_its_declared_sizes(load):
    with pytest.raises(IntakeError, match="too much for its packed size"):
        load("s.zip", zipped(("a.txt", b"\n" * (limits.RATIO_FREE_BYTES + 1))))


def test_a_zip_bomb_that_declares_small_sizes_is_stopped(load):
    content = bytearray(zipped(("a.csv", b"name,phone\n" + b"x,13800138000\n" * 100_000)))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", 100)
    with pytest.raises(IntakeError, match="truncated or damaged"):
        load("s.zip", bytes(content))


def test_overlapping_members(load):
    content = bytearray(zipped(("a.csv", CSV), ("b.csv", CSV)))
    second = content.rindex(b"PK\x01\x02") + 42
    content[second : second + 4] = struct.pack("<I", 0)
    with pytest.raises(IntakeError, match="members of the archive overlap"):
        load("s.zip", bytes(content))


def test_a_chinese_name_without_the_utf8_flag(load):
    info = zipfile.ZipInfo("手机.csv".encode("gb18030").decode("cp437"))
    assert member_name(info) == "手机.csv"
    assert member_name(zipfile.ZipInfo("手机.csv".encode().decode("cp437"))) == "手机.csv"
    content = zipped(("AAAA.csv", CSV)).replace(b"AAAA", "手机".encode("gb18030"))
    assert load("s.zip", content).rejects[0][0] == "s.zip/手机.csv"


def test_a_name_in_no_known_encoding_is_kept_as_zipfile_reads_it():
    info = zipfile.ZipInfo(b"\xff\xff.csv".decode("cp437"))
    assert member_name(info) == info.orig_filename
    info.flag_bits |= 0x800  # the name is UTF-8
    assert member_name(info) == info.orig_filename


def test_control_characters_in_a_name_do_not_reach_a_terminal(load):
    with pytest.raises(IntakeError) as caught:
        load("s.zip", zipped(("\x1b[2Ja.csv", b"")))
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.CSV", "csv"), (" a.b.Zip ", "zip"), ("a.", ""), ("a", ""), ("csv", ""), (".csv", ""), ("", ""), (".", "")],
)
def test_the_extension_of_a_name(name, expected):
    assert extension(name) == expected


def test_a_file_without_an_ending_is_read_by_its_content(load):
    assert load("seized", CSV).numbers == NUMBERS


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.xlsx", "a.xls", "a.parquet", "a.zip", "a.gz", "a"])
def test_an_empty_file(load, name):
    with pytest.raises(IntakeError, match="the file is empty"):
        load(name, b"")


def everything(path):
    return list(read_file(path, IntakeOptions(Kind.EXPOSURE), Report(), None, None))


def test_special_files(tmp_path):
    with pytest.raises(IntakeError, match="is not a regular file"):
        everything(tmp_path)
    os.mkfifo(tmp_path / "f.csv")
    with pytest.raises(IntakeError, match="is not a regular file"):
        everything(tmp_path / "f.csv")
    with pytest.raises(IntakeError, match="is not a regular file"):
        everything(type(tmp_path)("/dev/null"))
    with pytest.raises(IntakeError, match="cannot be opened: No such file"):
        everything(tmp_path / "none.csv")


def test_a_file_that_changes_while_it_is_read(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("".join(f"1380{i:07d}\n" for i in range(100_000)))
    batches = read_file(path, IntakeOptions(Kind.EXPOSURE), Report(), None, None)
    next(batches)
    with path.open("a") as stream:
        stream.write("13900139000\n")
    with pytest.raises(IntakeError, match="changed while it was read"):
        list(batches)


def test_a_source_that_was_only_opened_has_no_progress(tmp_path):
    (tmp_path / "a.csv").write_bytes(CSV)
    source = Source(tmp_path / "a.csv")
    assert (source.position, source.size) == (0, len(CSV))


def test_progress_only_grows_and_ends_at_the_size(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("".join(f"1380{i:07d}\n" for i in range(300_000)))
    calls = []
    for _ in read_file(path, IntakeOptions(Kind.EXPOSURE), Report(), None, lambda *call: calls.append(call)):
        pass
    size = path.stat().st_size
    assert calls == sorted(calls)
    assert calls[0] == (0, size, 0)
    assert calls[-1] == (size, size, 300_000)
    assert any(0 < done < size for done, _, _ in calls)


def test_errors_and_reports_hold_no_number(load):
    outcome = load("a.csv", b"phone\n13800138000\n1380013800\n")
    assert "13800" not in str(outcome.report.to_json())


def test_a_reject_that_a_spreadsheet_would_run_is_quoted(load):
    outcome = load("a.csv", b"phone,x\n=cmd|' /C calc'!A0,1\n13800138000,1\n")
    assert outcome.rejects[0][4].startswith("'=")


def test_no_thread_or_stream_is_left(load):
    before = threading.active_count()
    load("s.zip", zipped(("a.csv", CSV)))
    assert threading.active_count() == before


ENDINGS = ["a.csv", "a.tsv", "a.txt", "a.xlsx", "a.xls", "a.parquet", "a.zip", "a.csv.gz", "a"]
STARTS = [
    b"",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"PAR1",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"phone\n",
]


@hostile(300)
@given(st.sampled_from(ENDINGS), st.sampled_from(STARTS), st.binary(max_size=300))
def test_random_bytes_raise_only_intake_errors(load, name, start, content):
    try:
        load(name, start + content)
    except IntakeError:
        return


GOOD = {"a.zip": zipped(("a.csv", CSV), ("b.txt", CSV)), "a.csv.gz": gzip.compress(CSV), "a.csv": CSV}


@hostile(200)
@given(st.sampled_from(sorted(GOOD)), st.integers(0, 10**6), st.integers(0, 7))
def test_flipped_bits_and_cut_ends_raise_only_intake_errors(load, name, at, bit):
    content = bytearray(GOOD[name])
    content[at % len(content)] ^= 1 << bit
    for damaged in (bytes(content), GOOD[name][: at % len(content)]):
        try:
            load(name, damaged)
        except IntakeError:
            continue
