"""The content of a file decides its format. A name that promises another one gives a note; nothing is refused for it."""

import gzip
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake.files.formats import Format, format_by_content, is_binary
from pilookup.custody.intake.unreadable import NotATableError
from tests.support.intake.examples import hostile

CSV = b"name,phone\na,13800138000\nb,13900139000\n"
NUMBERS = ["8613800138000", "8613900139000"]
ENDINGS = ["csv", "txt", "xlsx", "xls", "parquet", "zip", "gz", "json", "vcf", "sql", "xml", "db", "dat", "7z", "docx"]


def zipped(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


READABLE = {
    Format.TEXT: CSV,
    Format.GZIP: gzip.compress(CSV, mtime=0),
    Format.ZIP: zipped(("a.csv", CSV)),
    Format.JSON: b'[{"phone": "13800138000"}, {"phone": "13900139000"}]',
    Format.VCARD: b"BEGIN:VCARD\nTEL:13800138000\nTEL:13900139000\nEND:VCARD\n",
    Format.SQL: b"INSERT INTO t (phone) VALUES (13800138000), (13900139000);",
    Format.XML: b'<r><p phone="13800138000"/><p phone="13900139000"/></r>',
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("form", READABLE)
def test_content_under_every_name(load, ending, form):
    outcome = load(f"a.{ending}", READABLE[form])
    assert outcome.numbers == NUMBERS
    named = [note for note in outcome.report.notes if "is named as" in note]
    assert all(f"but is {form.value}" in note for note in named)


@pytest.mark.parametrize(("name", "form"), [("a.xlsx", Format.TEXT), ("a.csv", Format.GZIP), ("a.json", Format.SQL)])
def test_a_name_that_promises_another_format_gives_a_note(load, name, form):
    assert sum("is named as" in note for note in load(name, READABLE[form]).report.notes) == 1


@pytest.mark.parametrize("name", ["a.csv", "a", "part-00000", "a.dat", "a.log", "a.2024"])
def test_no_note_for_usual_and_unknown_names(load, name):
    assert not any("is named as" in note for note in load(name, CSV).report.notes)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
FOREIGN = {
    "a PDF document": b"%PDF-1.7\n",
    "a PNG picture": b"\x89PNG\r\n\x1a\n",
    "a JPEG picture": b"\xff\xd8\xff\xe0",
    "a WebP picture": b"RIFF\x01\x02\x03\x04WEBPVP8 ",
    "a BMP picture": b"BM\x01\x02\x03\x04" + bytes(30),
    "a video or picture": b"\0\0\0\x20ftypisom",
    "a program (ELF)": b"\x7fELF\x02\x01",
    "a program (Windows)": b"MZ\x90\0\x03\0",
    "a Word document": zipped(("[Content_Types].xml", b"x"), ("word/document.xml", b"x")),
    "a presentation": zipped(("[Content_Types].xml", b"x"), ("ppt/presentation.xml", b"x")),
    "an Office document": zipped(("[Content_Types].xml", b"x"), ("visio/a.xml", b"x")),
    "a program (Android)": zipped(("AndroidManifest.xml", b"x"), ("classes.dex", b"x")),
    "an Access database": b"\0\x01\0\0Standard Jet DB\0",
    "a Zstandard file": b"\x28\xb5\x2f\xfd",
    "an e-mail message": b"Received: from a\n by b\nFrom: c\nMessage-ID: <x>\n\nhello",
    "a mailbox of e-mail messages": b"From a@b.c Mon Jan  1 00:00:00 2026\r\nFrom: a\r\nSubject: x\r\n\r\na,13800138000\r\n",
    "an e-mail message (Outlook)": OLE + "__properties_version1.0\0".encode("utf-16-le"),
    "an RTF document": b"{\\rtf1",
    "a write-ahead log of SQLite": b"\x37\x7f\x06\x82\0\0",
    "binary data of an unknown kind": bytes(range(256)) * 8,
}


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "zip", "bin", "dat"])
@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_no_table_is_refused_with_its_kind_and_a_remedy(load, ending, what):
    with pytest.raises(NotATableError) as caught:
        load(f"a.{ending}", FOREIGN[what])
    assert what in caught.value.kind
    assert f"a.{ending}: is {caught.value.kind}, which cannot be loaded: " in str(caught.value)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("form", [Format.JSON, Format.VCARD, Format.SQL, Format.XML, Format.TEXT])
def test_texts_in_every_encoding(codec, form):
    assert format_by_content(READABLE[form].decode().encode(codec)) is form
    assert not is_binary(READABLE[form].decode().encode(codec))


@pytest.mark.parametrize(
    "line",
    [
        "[2024-01-01 12:00] 13800138000 called",
        "[13800138000] 张三",
        "[张三] 13800138000",
        "{张三} 13800138000",
        "<张三>,13800138000",
        "<a@b.example>,13800138000",
        "insert,phone",
        "Use,13800138000",
        "# phone list",
        "-- phone list --",
        "set,phone",
        "From: 张三",
        "From 12:00 to 13:00",
        "drop me a line",
        "create table of phones",
        "13800138000",
    ],
)
def test_lines_that_only_look_like_another_format_are_text(line):
    assert format_by_content(f"{line}\n13800138000\n".encode()) is Format.TEXT


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('\n\n  [\n {\n  "a": 1', Format.JSON),
        ('{"a":', Format.JSON),
        ("[]", Format.JSON),
        ('["13800138000",', Format.JSON),
        ("[1, 2,", Format.JSON),
        ("phones\nBEGIN:VCARD\r\nVERSION", Format.VCARD),
        ("-- a\n/* b\n*/\n# c\nCREATE TABLE x (", Format.SQL),
        ("name\nINSERT INTO t VALUES (1);", Format.SQL),
        ("COPY a.b (c, d) FROM stdin;\n1\t2", Format.SQL),
        ("/*!40101 SET NAMES utf8 */;", Format.SQL),
        ("<smses count='1'>", Format.XML),
        ("<?xml version='1.0'?><r>", Format.XML),
        ("<!DOCTYPE html><table>", Format.HTML),
        ("<HTML><body>", Format.HTML),
        ("<?xml version='1.0'?><html xmlns='x'>", Format.HTML),
        (
            "<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>",
            Format.SPREADSHEETML,
        ),
    ],
)
def test_formats_of_texts(text, form):
    assert format_by_content(text.encode()) == form


@hostile(500)
@given(st.binary(max_size=600))
def test_any_content_has_a_format(data):
    assert format_by_content(data)
    assert is_binary(data) in (True, False)


@pytest.mark.parametrize("start", ['"', "[", "{", "<", "/*", "--", "A:\n", "[1,", "insert into a(", " "])
def test_recognising_a_format_takes_little_time(start):
    import time

    started = time.monotonic()
    format_by_content((start * 20_000).encode()[:16_384])
    format_by_content((start + "a=1 " * 10_000).encode()[:16_384])
    format_by_content((start + json.dumps("\\" * 10_000)).encode()[:16_384])
    assert time.monotonic() - started < 2
