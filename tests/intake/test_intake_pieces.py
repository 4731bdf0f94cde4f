"""The fast way against the slow one: pieces of a text give what reading it line by line gives, to the last reject."""

import csv
import io
import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pilookup import _core
from pilookup.custody.intake import IntakeOptions, Report, read
from pilookup.custody.intake.extract import PieceReader
from pilookup.custody.intake.packed import OFFSET
from pilookup.custody.intake.plain import pieces, plain_text
from pilookup.custody.intake.report import Rejects, Tally
from pilookup.custody.intake.source import Source, read_range
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind


def strings(items):
    offsets = np.frombuffer(items.offsets, OFFSET).tolist()
    return [items.data[start:stop] for start, stop in pairwise(offsets)]


def slowly(path, options):
    """(rows sorted, report, rejects) as `read` has them."""
    report, rejects, rows = Report(), io.StringIO(), []
    for batch in read(path, options, report, rejects):
        rows += zip(batch.identifiers, [account or b"" for account in batch.accounts], batch.months, strict=True)
    return sorted(rows), report, rejects.getvalue()


def fast(path, options, size):
    """The same by pieces of about `size` bytes; None where the text has to go the slow way."""
    source = Source(path)
    text = plain_text(source.part(), options, datetime.now(UTC).date().toordinal())
    if text is None:
        return None
    report, tally, rejects, rows = Report(), Tally(), io.StringIO(), []
    writer = Rejects(rejects)
    with source.open() as stream:
        for piece in pieces(stream, text, size):
            out = io.StringIO()
            data = read_range(path, text.form.place, source.signature, piece.start, piece.reach)
            reader = PieceReader(text.form, piece, data, Rejects(out, header=False))
            packed = reader.read()
            identifiers, places = strings(packed.identifiers), np.frombuffer(packed.places, OFFSET).tolist()
            names = strings(packed.accounts) if packed.accounts is not None else [b""] * len(packed)
            months = np.frombuffer(packed.months, "<u2").tolist()
            rows += zip([identifiers[place] for place in places], names, months, strict=True)
            report.rows += reader.report.rows
            report.accepted += reader.report.accepted
            report.rejected.update(reader.report.rejected)
            tally.add(reader.tally)
            writer.join(out.getvalue(), text.plan.label)
    if not report.rows:
        raise IntakeError(text.form.place, "has a header but no rows")
    report.notes = text.notes(tally)
    return sorted(rows), report, rejects.getvalue()


def outcome(way, *given):
    try:
        return way(*given)
    except IntakeError as error:
        return str(error)


def assert_same(path, options, sizes=(1, 7, 64, 1 << 20)):
    wanted = outcome(slowly, path, options)
    for size in sizes:
        found = outcome(fast, path, options, size)
        assert found is not None, "went the slow way"
        assert found == wanted, f"pieces of {size}"
    return wanted


PHONES = st.one_of(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(
        r"( |')?(\+86|0086|86|\(86\)|0)?[ -]?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(\.0)?[ '\t]?", fullmatch=True
    ),
    st.from_regex(r"1[3-9][0-9]{9}[/、 ;]1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(
        [
            "",
            " ",
            "　",
            "１３８００１３８０００",
            "010-62345678",
            "110101199003078515",
            "1.38E+10",
            "138****8000",
            "无",
            "abc",
            "+85223456789",
            "95588",
            "6222021234567890123",
            "\u00a013800138000",
            "13800138000\u200b",
        ]
    ),
)
ACCOUNTS = st.one_of(
    st.sampled_from(["", " ", "alpha", " beta ", "用户甲", "ｗｉｄｅ", "é", "e\u0301", "㈱", "a\u3000"]),
    st.text(st.characters(codec="gb18030", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=5),
)
DATES = st.one_of(
    st.sampled_from(
        [
            "",
            "2024-05-01",
            "2024/5/1 12:00",
            "20240501",
            "202405",
            "1714521600",
            "1714521600 5",
            "1999-01-01",
            "2999-01-01",
            "2024-02-30",
            "03/04/2024",
            "2024年5月1日",
            "Jan 5, 2024",
            "45000",
            "45000.5",
            "'2024-01-01'",
            "２０２４-01-02",
            "x",
            "2024.1",
            "2024-01-15T00:00:00Z",
            "2024-1-150 1",
            "0000-01-01",
            "12345678",
        ]
    ),
    st.from_regex(r"20[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([ T,][ -~]{0,6})?", fullmatch=True),
    st.from_regex(r"[0-9]{4,14}", fullmatch=True),
)
NAMES = st.sampled_from(["张三", "a", "", 'say ""so""', "x y", '"', 'a"b', "\t", "'", " "])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def messy(draw, delimiter=","):
    """A text of rows, some quoted, ragged, blank, with stray quotes and with line ends inside cells."""
    lines = [delimiter.join(["姓名", "手机号", "账号", "日期"])]
    for _ in range(draw(st.integers(0, 25))):
        cells = [draw(NAMES), draw(PHONES), draw(ACCOUNTS), draw(DATES)]
        shape = draw(st.integers(0, 11))
        if shape < 4:
            cells = [f'"{cell}"' for cell in cells]
        elif shape == 4:
            cells[0] = '"two\r\nlines"'
        elif shape == 5:
            cells[draw(st.integers(0, 3))] = '"open'
        elif shape == 6:
            cells = cells[: draw(st.integers(0, 3))]
        elif shape == 7:
            cells += ["more", draw(PHONES)]
        elif shape == 8:
            cells[1] = f'  "{cells[1]}" x'
        elif shape == 9:
            cells[draw(st.integers(1, 3))] = '"in\nside"'
        lines.append(delimiter.join(cells))
    end = draw(ENDS)
    return end.join(lines) + draw(st.sampled_from(["", end, end + "\x1a", end * 3]))


OPTIONS = [IntakeOptions(Kind.MALICIOUS), IntakeOptions(Kind.EXPOSURE)]
ENCODED = st.sampled_from(["utf-8", "utf-8-sig", "gb18030"])


@settings(max_examples=300, deadline=None, phases=[Phase.generate])
@given(messy(), ENCODED, st.sampled_from(OPTIONS), st.integers(1, 200))
def test_messy_tables_come_out_the_same(tmp_path_factory, text, encoding, options, size):
    path = tmp_path_factory.mktemp("messy") / "a.csv"
    path.write_bytes(text.encode(encoding, "replace"))
    assert_same(path, options, (size, 1 << 20))


@settings(max_examples=100, deadline=None, phases=[Phase.generate])
@given(messy("|"), st.integers(1, 200))
def test_other_delimiters_come_out_the_same(tmp_path_factory, text, size):
    path = tmp_path_factory.mktemp("messy") / "a.txt"
    for delimiter in ("|", "\t", ";", "----"):
        path.write_bytes(text.replace("|", delimiter).encode())
        assert_same(path, OPTIONS[0], (size,))


@settings(max_examples=100, deadline=None, phases=[Phase.generate])
@given(st.lists(PHONES, max_size=30), ENDS, ENCODED, st.integers(1, 100))
def test_plain_lists_come_out_the_same(tmp_path_factory, cells, end, encoding, size):
    path = tmp_path_factory.mktemp("list") / "a.txt"
    path.write_bytes(end.join(["13800138000", "13900139000,13700137000", *cells]).encode(encoding, "replace"))
    assert_same(path, OPTIONS[1], (size,))


@pytest.mark.parametrize("region", ["CN", "US"])
@pytest.mark.parametrize("columns", [{"phone": "手机,备用"}, {"phone": "备用", "date": "日期"}])
def test_several_phone_columns_and_other_regions_come_out_the_same(tmp_path, region, columns):
    rows = [
        "13800138000,13800138000,2024-01-01",
        "13800138001,13900139001,x",
        ",13900139002,",
        ",,",
        "a,13900139003,",
        "+1 212-555-0123,2125550199,1999-01-01",
        "13800138004",
        '"13800138005","",20240101',
        "13800138006,,1714521600",
    ]
    path = tmp_path / "a.csv"
    path.write_text("手机,备用,日期\n" + "\n".join(rows * 3) + "\n", encoding="utf-8")
    assert_same(path, IntakeOptions(Kind.MALICIOUS, region, columns))


@pytest.mark.parametrize(
    "content",
    [
        "phone\n",
        "phone\n\n,\n",
        "name\nx\n",
        "phone,name\n13800138000,a\n" + "y" * 140_000 + ",b\n",
        '"13800138000\n',
        'sep=;\nphone;name\n13800138000;x\n"12;y\n',
        "\ufeffphone\n13800138000",
    ],
)
def test_ends_and_errors_come_out_the_same(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode())
    assert_same(path, OPTIONS[1])


def test_cells_around_the_limit_come_out_the_same(tmp_path):
    for character in ("y", "村", "\U00020000"):
        for count in (131_071, 131_072, 131_073):
            for cell in (
                character * count,
                f'"{character * count}"',
                f'"{character * (count - 1)}""',
                f'"{character * count}',
            ):
                path = tmp_path / "a.csv"
                path.write_text(f"phone,name\n13800138000,a\n13800138001,{cell}\n13800138002,b\n", encoding="gb18030")
                assert_same(path, OPTIONS[1], (1 << 12,))


def test_what_is_gb18030_is_python_s_codec():
    def plain(data):
        scan = _core.TextScan("gb18030")
        return scan.feed(data) == 0

    for first in range(0x80, 0x100):
        for second in range(0x100):
            assert plain(bytes([first, second])) == decodes(bytes([first, second])), (first, second)
    for index in [
        *range(39_000, 41_000),
        *range(188_000, 190_000),
        *range(1_236_000, 1_240_000),
        *range(0, 1_587_600, 97),
    ]:
        code = bytes([0x81 + index // 12_600, 0x30 + index // 1260 % 10, 0x81 + index // 10 % 126, 0x30 + index % 10])
        assert plain(code) == decodes(code), code.hex()


def decodes(data):
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


CASES = json.loads((Path(__file__).parents[1] / "vectors" / "identifier.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_the_shared_identifier_vectors_come_out_the_same(tmp_path, encoding):
    texts = [case["text"] for case in CASES if case["region"] == "CN" and "\x00" not in case["text"]]
    texts = [
        text for text in texts if len(text) < 2000 and decodes(text.encode("gb18030", "ignore")) and text.isprintable()
    ]
    assert len(texts) > 100
    path = tmp_path / "a.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([["name", "phone"], ["a", "13800138000"], *[["b", text] for text in texts]])
    assert_same(path, OPTIONS[1], (100, 1 << 20))
