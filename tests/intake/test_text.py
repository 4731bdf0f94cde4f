"""CSV, TSV and TXT files: encodings, delimiters, quotes, line ends, and files that are refused."""

import codecs
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.errors import IntakeError

TABLE = "姓名,手机号,村\n张三,13800138000,李家村\n李四,13900139000,王家村\n"
NUMBERS = ["8613800138000", "8613900139000"]

ENCODINGS = {
    "utf-8": b"",
    "utf-8-bom": codecs.BOM_UTF8,
    "gb18030": b"",
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def encoded(text: str, name: str) -> bytes:
    return ENCODINGS[name] + text.encode(name.removesuffix("-bom"))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding(load, encoding):
    outcome = load("a.csv", encoded(TABLE, encoding))
    assert outcome.numbers == NUMBERS
    assert outcome.report.rows == 2
    assert outcome.rejects == []


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_bom_is_seen_by_its_zero_bytes(load, codec):
    outcome = load("a.csv", TABLE.encode(codec))
    assert outcome.numbers == NUMBERS
    assert any("UTF-16" in note for note in outcome.report.notes)


def test_gb18030_is_decided_by_a_late_byte(load):
    rows = "".join(f"n{i},13800{i:06d}\n" for i in range(120_000))
    outcome = load("a.csv", ("name,phone\n" + rows).encode() + "张三,13900139000\n".encode("gb18030"))
    assert outcome.report.rows == 120_001
    assert outcome.numbers[-1] == "8613900139000"
    assert any("GB18030" in note for note in outcome.report.notes)


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "，", "----"])
def test_every_delimiter(load, delimiter):
    outcome = load("a.txt", TABLE.replace(",", delimiter))
    assert outcome.numbers == NUMBERS


def test_a_tsv_is_split_by_tabs_alone(load):
    assert load("a.tsv", "名,单\t手机\na,b,c\t13800138000\n").numbers == NUMBERS[:1]


def test_a_sep_line_decides(load):
    outcome = load("a.csv", "sep=;\r\n姓名;手机\r\n张,三;13800138000\r\n李,四;123\r\n")
    assert outcome.numbers == NUMBERS[:1]
    assert outcome.rejects[0][1] == "4"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end(load, end):
    outcome = load("a.csv", TABLE.replace("\n", end) + f"王五,123,x{end}")
    assert outcome.numbers == NUMBERS
    assert outcome.rejects[0][:3] == ["a.csv", "4", "手机号"]


def test_one_number_a_line(load):
    outcome = load("a.txt", "13800138000\n138 0013 8001\n\n010-62345678\n13800138002,13800138003\nabc\n")
    assert outcome.numbers == ["8613800138000", "8613800138001", "861062345678", "8613800138002", "8613800138003"]
    assert outcome.report.rows == 5
    assert outcome.rejects[0][1] == "6"


def test_quoted_cells_with_delimiters_quotes_and_line_ends(load):
    content = '姓名,地址,手机\r\n"张,三","李家村\n""东""头",13800138000\n李四,x,12\n'
    outcome = load("a.csv", content)
    assert outcome.numbers == NUMBERS[:1]
    assert outcome.rejects[0][1] == "4"


def test_a_stray_quote_does_not_swallow_the_rows_after_it(load):
    rows = [f"n{i},1380013{i:04d},x" for i in range(100)]
    rows[10] = '"n10,13800130010,x'
    rows[50] = 'n50,13800130050,"x'
    rows[99] = '"n99,13800130099,x'
    outcome = load("a.csv", "姓名,手机,村\n" + "\n".join(rows) + "\n")
    assert outcome.numbers == [f"861380013{i:04d}" for i in range(100)]
    assert any("3 lines have quotes" in note for note in outcome.report.notes)


def test_a_stray_quote_before_a_long_file(load):
    rows = "".join(f"n{i},1380{i:07d},x\n" for i in range(30_000))
    outcome = load("a.csv", '姓名,手机,村\n"a,13900139000,x\n' + rows + "z,12,x\n")
    assert outcome.report.accepted == 30_001
    assert outcome.rejects[0][1] == "30003"


def test_ragged_and_blank_rows(load):
    outcome = load("a.csv", "姓名,手机,村\n张三,13800138000,a,b\n,,\n \n李四\n王五,13900139000\n")
    assert outcome.numbers == NUMBERS
    assert outcome.report.rows == 3
    assert outcome.report.rejected == {"empty": 1}
    assert outcome.rejects[0][1] == "5"
    assert any("3 rows have more or fewer cells" in note for note in outcome.report.notes)


def test_nul_characters_are_dropped_and_noted(load):
    outcome = load("a.csv", TABLE.replace("138001", "138\x00001"))
    assert outcome.numbers == NUMBERS
    assert any("NUL" in note for note in outcome.report.notes)


def test_a_dos_end_of_file_mark_is_no_row(load):
    assert load("a.txt", "13800138000\r\n13900139000\r\n\x1a").report.rows == 2


def test_line_numbers_stay_exact_over_batches(load):
    rows = [f'"a\nb",138{i:08}' for i in range(20_000)]
    outcome = load("a.csv", "name,phone\n" + "\n".join(rows) + "\nx,12\n")
    assert outcome.report.accepted == 20_000
    assert outcome.rejects[0][1] == str(2 + 40_000)


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1])
def test_a_line_is_at_most_a_mebibyte(load, size):
    content = "name,phone\nab,13800138000\n" + "y" * size + "\nz,13900139000\n"
    if size == 1 << 20:
        with pytest.raises(IntakeError, match=r"line 3: has a cell longer"):
            load("a.csv", content)
    else:
        with pytest.raises(IntakeError, match=r"a\.csv line 3: is longer than 1,048,576 characters: write one"):
            load("a.csv", content)


@pytest.mark.parametrize("content", ["", "\n\n", " \n\t\n", codecs.BOM_UTF8, "\x1a"])
def test_an_empty_file(load, content):
    with pytest.raises(IntakeError, match=r"a\.csv: the file is empty"):
        load("a.csv", content)


def test_a_header_without_rows(load):
    with pytest.raises(IntakeError, match="has a header but no rows"):
        load("a.csv", "姓名,手机号\n\n,\n")


def test_no_phone_column(load):
    with pytest.raises(IntakeError, match=r"a\.csv: no phone number found in it: no column holds phone numbers"):
        load("a.csv", "姓名,村\n张三,李家村\n")


def test_binary_content_under_a_text_name(load):
    with pytest.raises(IntakeError, match="binary"):
        load("a.csv", bytes(range(1, 32)) * 10)


CELL = st.text(st.characters(codec="gb18030", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(CELL, st.integers(0, 10**8 - 1), CELL), min_size=1, max_size=30),
    st.sampled_from(sorted(ENCODINGS)),
    st.sampled_from([",", "\t", ";", "|"]),
)
def test_a_table_written_in_any_encoding_reads_back(tmp_path_factory, load_path, rows, encoding, delimiter):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["姓名", "手机号", "备注"])
    writer.writerows([a, f"138{n:08d}", b] for a, n, b in rows)
    path = tmp_path_factory.mktemp("table") / "a.csv"
    path.write_bytes(encoded(out.getvalue(), encoding))
    assert load_path(path).numbers == [f"86138{n:08d}" for _, n, _ in rows]
