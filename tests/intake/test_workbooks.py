"""XLSX, XLS and Parquet files: their contents, and damaged files."""

# ruff: noqa: DTZ001 - spreadsheets have no time zones

import datetime as dt
import gzip
import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import xlwt
from hypothesis import example, given
from hypothesis import strategies as st

from pilookup.custody.intake import limits
from pilookup.custody.intake.tables import workbook
from pilookup.errors import IntakeError, MissingExtraError
from pilookup.protocol.label import Kind
from tests.support.intake.examples import hostile

ROWS = [
    ["姓名", "手机号", "注册时间"],
    ["张三", 13800138000, dt.datetime(2024, 1, 15, 10, 22)],
    ["李四", "139 0013 9000", 45306],
]
NUMBERS = ["8613800138000", "8613900139000"]


def xlsx(**sheets) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        if name.startswith("hidden"):
            sheet.hide()
    book.close()
    return out.getvalue()


def xls(rows) -> bytes:
    book, out = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("one")
    date = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(at, column, value, date if isinstance(value, dt.datetime) else xlwt.Style.default_style)
    book.save(out)
    return out.getvalue()


def parquet(columns, **options) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


XLSX, XLS = xlsx(one=ROWS), xls(ROWS)
PARQUET = parquet({"姓名": ["a", "b"], "手机号": ["13800138000", "13900139000"], "n": [1, 2]})


@pytest.mark.parametrize(("name", "content"), [("a.xlsx", XLSX), ("a.xls", XLS), ("a.xlsm", XLSX)])
def test_a_workbook(load, name, content):
    outcome = load(name, content)
    assert outcome.numbers == NUMBERS
    assert outcome.months == [289, 289]


@pytest.mark.parametrize(("name", "content"), [("a.xlsx", XLSX), ("a.xls", XLS), ("a.parquet", PARQUET)])
def test_in_archives(load, name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
        archive.writestr("b.txt", "13800138001\n")
    assert load("s.zip", out.getvalue()).numbers == [*NUMBERS, "8613800138001"]
    assert load(name + ".gz", gzip.compress(content)).numbers == NUMBERS


def test_all_visible_sheets_with_a_phone_column(load):
    content = xlsx(
        one=ROWS,
        note=[["说明"], ["无"]],
        empty=[],
        hidden=[["手机"], [13800138009]],
        two=[[], ["名单", ""], [], ["电话", "x"], ["13800138002", 1], ["12", 1]],
        bare=[["手机号"]],
    )
    outcome = load("a.xlsx", content)
    assert outcome.numbers == [*NUMBERS, "8613800138002"]
    assert outcome.rejects[0][:2] == ["a.xlsx sheet two", "6"]
    notes = " ".join(outcome.report.notes)
    assert [(w.code, w.location, w.count) for w in outcome.report.warnings] == [
        ("hidden_sheet", "a.xlsx sheet hidden", 1)
    ]
    assert "sheet note: no phone column, not read" in notes


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([["姓名", "电话"], ["a", "0571-88123456"], ["b", "(010)62345678"]], 2),
        ([["姓名", "电话"], ["a", "+852 91234567"]], 1),
        ([["姓名", "电话"], ["a", "013800138000"], ["b", "1795113800138001"]], 2),
        ([["a", "0571-88123456"], ["b", "057188123457"]], 2),
        ([["订单号", "金额"], ["057188123456", "12"], ["2024010112345678", "3"]], 0),
        ([["电话", "备注"], ["无", "2024-01-01"]], 0),
    ],
)
def test_numbers_of_any_form_in_a_hidden_sheet_are_told(load, rows, count):
    report = load("a.xlsx", xlsx(one=ROWS, hidden=rows)).report
    told = [(w.code, w.location, w.count) for w in report.warnings]
    assert told == ([("hidden_sheet", "a.xlsx sheet hidden", count)] if count else [])
    assert any("no phone number found" in note for note in report.notes) == (not count)


def test_no_sheet_with_a_phone_column(load):
    with pytest.raises(
        IntakeError,
        match=r"a\.xlsx: no phone number found in it: .*sheet hidden: hidden_sheet \(2\): .*--hidden-sheets",
    ):
        load("a.xlsx", xlsx(one=[["姓名"], ["张三"]], hidden=ROWS))


def test_a_given_column_is_taken_from_the_sheets_that_have_it(load):
    content = xlsx(one=[["甲", "电话"], [13800138000, 1]], two=[["电话"], [13900139000]])
    outcome = load("a.xlsx", content, phone="甲")
    assert outcome.numbers == NUMBERS[:2]  # the second sheet has no such column: it is read as if none had been named
    assert [column.by for column in outcome.report.columns if column.role == "phone"] == ["given", "name"]


def test_lost_digits_are_noted(load):
    content = xlsx(one=[["手机"], [13800138000], ["1.38E+10"], [4.4010119900101e17]])
    outcome = load("a.xlsx", content)
    assert outcome.report.rejected == {"digits_lost": 2}
    assert [(each.code, each.count) for each in outcome.report.warnings] == [("digits_lost", 2)]


def test_odd_cells_are_rejected_not_fatal(load):
    content = xlsx(one=[["手机", "x"], [13800138000, 1], [True, 1], [dt.datetime(2024, 1, 15), 1], [0.5, 1], ["", 1]])
    outcome = load("a.xlsx", content)
    assert (outcome.report.rows, outcome.report.accepted) == (5, 1)


def test_a_sheet_that_does_not_start_at_a1(load):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row(9, 3, ["x", "甲"])
    sheet.write_row(10, 3, ["x", 13800138000])
    sheet.write_row(11, 3, ["x", 12])
    book.close()
    outcome = load("a.xlsx", out.getvalue(), phone="5")
    assert outcome.numbers == NUMBERS[:1]
    assert outcome.rejects[-1][1] == "12"


def test_a_sheet_larger_than_one_run_of_rows(load):
    rows = [["手机号", "账号"], *([13800000000 + i, f"u{i}"] for i in range(5000))]
    outcome = load("a.xlsx", xlsx(one=rows), Kind.MALICIOUS)
    assert outcome.numbers == [str(8613800000000 + i) for i in range(5000)]
    assert outcome.accounts[-1] == b"u4999"


def test_a_workbook_over_the_limit(load, monkeypatch):
    monkeypatch.setattr(limits, "MAX_HELD_BYTES", 1000)
    with pytest.raises(IntakeError, match="save its sheets as CSV"):
        load("a.xlsx", XLSX)


def test_a_workbook_that_unpacks_to_too_much(load, monkeypatch):
    monkeypatch.setattr(limits, "MAX_WORKBOOK_BYTES", 1000)
    with pytest.raises(IntakeError, match="unpacks to more than 1,000 bytes"):
        load("a.xlsx", XLSX)


def test_a_grid_bomb_ends_in_an_error_not_in_a_crash(load):
    """Two cells lie at opposite corners of a sheet. The full grid between them would take hundreds of gigabytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "手机")
    sheet.write(1_048_575, 16_383, 1)
    book.close()
    with pytest.raises(IntakeError, match="takes more than 4 GiB of memory"):
        load("a.xlsx", out.getvalue())


def test_a_reader_that_dies_at_once_is_an_error(load, monkeypatch):
    monkeypatch.setattr(limits, "MAX_SHEET_MEMORY", 1 << 20)
    noise = [["手机"], *([f"{i * 7919:x}" * 10] for i in range(20_000))]
    with pytest.raises(IntakeError, match="the file is damaged"):
        load("a.xlsx", xlsx(one=noise))


def test_an_encrypted_workbook(load):
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(IntakeError, match="under a password"):
        load("a.xls", container)


def test_damage_prints_nothing(load, capfd):
    for at in range(600, len(XLS), 97):
        damaged = bytearray(XLS)
        damaged[at] ^= 0xFF
        try:
            load("a.xls", bytes(damaged))
        except IntakeError:
            continue
        if at > 2000:
            break
    assert capfd.readouterr() == ("", "")


GOOD = {"a.xlsx": XLSX, "a.xls": XLS}


@hostile(40)
@given(st.sampled_from(sorted(GOOD)), st.integers(0, 10**6), st.integers(0, 255), st.booleans())
def test_damaged_workbooks_raise_only_intake_errors(load, name, at, byte, cut):
    content = bytearray(GOOD[name])
    content[at % len(content)] = byte
    try:
        load(name, GOOD[name][: at % len(content)] if cut else bytes(content))
    except IntakeError:
        return


@hostile(200)
@given(st.integers(0, 10**6), st.integers(0, 255), st.booleans())
@example(171, 2, False)
def test_damaged_parquet_raises_only_intake_errors(load, at, byte, cut):
    content = bytearray(PARQUET)
    content[at % len(content)] = byte
    try:
        load("a.parquet", PARQUET[: at % len(content)] if cut else bytes(content))
    except IntakeError:
        return


PHONES = [13800138000, 13900139000]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(map(str, PHONES)),
        pa.array(map(str, PHONES), pa.large_string()),
        pa.array(map(str, PHONES)).dictionary_encode(),
        pa.array([str(phone).encode() for phone in PHONES]),
        pa.array(PHONES, pa.int64()),
        pa.array(PHONES, pa.uint64()),
        pa.array(PHONES, pa.float64()),
        pa.array(PHONES, pa.decimal128(20, 0)),
    ],
    ids=lambda column: str(column.type),
)
def test_parquet_column_types(load, column):
    assert load("a.parquet", parquet({"phone": column})).numbers == NUMBERS


@pytest.mark.parametrize(
    "column",
    [
        pa.array([dt.date(2024, 1, 15)] * 2),
        pa.array([dt.datetime(2024, 1, 15)] * 2),
        pa.array([dt.datetime(2024, 1, 15)] * 2, pa.timestamp("ns", "Asia/Shanghai")),
        pa.array(["2024年1月15日"] * 2),
        pa.array([1705285353] * 2),
    ],
    ids=lambda column: str(column.type),
)
def test_parquet_date_types(load, column):
    assert load("a.parquet", parquet({"date": column, "phone": PHONES})).months == [289, 289]


def test_parquet_nulls_and_row_numbers(load):
    outcome = load("a.parquet", parquet({"phone": ["13800138000", None, "12"], "x": ["a", "b", "c"]}))
    assert outcome.report.rows == 3
    assert outcome.rejects[0][1:4:2] == ["2", "empty"]
    assert outcome.rejects[1][1] == "3"


def test_parquet_streams_over_row_groups(load):
    phones = [f"1380{i:07d}" for i in range(50_000)]
    outcome = load("a.parquet", parquet({"x": ["x"] * 50_000, "手机": phones}, row_group_size=7_000))
    assert outcome.numbers == ["86" + phone for phone in phones]


def test_parquet_columns_keep_the_order_asked_for(load):
    content = parquet({"账号": ["u"], "绑定手机": ["13900139000"], "时间": ["2024-01-15"], "注册手机": ["13800138000"]})
    outcome = load("a.parquet", content, Kind.MALICIOUS)
    assert outcome.numbers == NUMBERS[:1]
    assert (outcome.accounts, outcome.months) == ([b"u"], [289])
    assert [(each.code, each.count) for each in outcome.report.warnings] == [("other_phone_columns", 1)]


def test_a_table_of_nested_columns_only_has_no_phone_column(load):
    with pytest.raises(IntakeError, match="no phone column"):
        load("a.parquet", parquet({"x": [["a"]], "y": [["b"]]}))


def test_two_parquet_columns_of_one_name_are_refused(load):
    sink = io.BytesIO()
    phone = pa.array(["13800138000"])
    pq.write_table(pa.Table.from_arrays([phone, phone], ["phone", "phone"]), sink)
    with pytest.raises(IntakeError, match="two columns have one name"):
        load("a.parquet", sink.getvalue())


def test_a_nested_column_next_to_the_phone_does_not_matter(load):
    assert load("a.parquet", parquet({"x": [["a"]], "phone": ["13800138000"]})).numbers == NUMBERS[:1]


def test_parquet_without_rows_or_phone(load):
    with pytest.raises(IntakeError, match="has no rows"):
        load("a.parquet", parquet({"phone": pa.array([], pa.string())}))
    with pytest.raises(IntakeError, match="no phone column"):
        load("a.parquet", parquet({"name": ["a"]}))


def test_one_long_value_shared_by_every_row_takes_no_memory(load):
    value = "x" * (1 << 20)
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 5_000, pa.int32()), pa.array([value]))
    content = parquet({"phone": column, "n": [1] * 5_000})
    with pytest.raises(IntakeError, match=r"rejected: too_long 5,000"):
        load("a.parquet", content, phone="phone")


def test_workbooks_need_calamine(load, monkeypatch):
    monkeypatch.setattr(workbook.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match="python-calamine"):
        load("a.xlsx", XLSX)
