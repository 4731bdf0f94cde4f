"""Texts read by splits give the same numbers, report and rejects as texts read row by row."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pilookup import _core
from pilookup.custody.intake import IntakeOptions
from pilookup.protocol.label import Kind
from tests.support.intake.texts import ENCODED, ENDS, OPTIONS, PHONES, assert_same, messy_tables


@settings(max_examples=300, deadline=None, phases=[Phase.generate])
@given(messy_tables(), ENCODED, st.sampled_from(OPTIONS), st.integers(1, 200))
def test_messy_tables_come_out_the_same(tmp_path_factory, text, encoding, options, size):
    path = tmp_path_factory.mktemp("messy_tables") / "a.csv"
    path.write_bytes(text.encode(encoding, "replace"))
    assert_same(path, options, (size, 1 << 20))


@settings(max_examples=100, deadline=None, phases=[Phase.generate])
@given(messy_tables("|"), st.integers(1, 200))
def test_other_delimiters_come_out_the_same(tmp_path_factory, text, size):
    path = tmp_path_factory.mktemp("messy_tables") / "a.txt"
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


def test_the_core_accepts_the_gb18030_that_python_decodes():
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
