"""Every delimiter in every encoding, with titles above the table, empty cells around it and another table under it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake import Report
from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.mobiles import find_mobiles
from pilookup.custody.intake.files.detect import detect_format
from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.files.source import Source
from pilookup.custody.intake.files.utf16 import utf16_without_bom
from pilookup.custody.intake.tables.text import text_table
from tests.support.intake.dialects import people
from tests.support.intake.examples import hostile

DELIMITERS = [",", ";", "\t", "|", "----", "||", "^", "~", "#", "$$", "\x01", "\x02", "\x1e", "\x1f", "\x01\x01"]
ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
ENDS = ["\n", "\r\n", "\r"]
TITLES = [
    "手机号码明细表",
    "取证报告",
    "涉案人员名单（二〇二四年）",
    "单位{}杭州",
    "序列{}",
    "制表日期{}2024-05-01",
    "",
]


@st.composite
def shapes(draw, delimiter):
    """(the lines, the phone numbers) of a table with titles, empty cells and perhaps another table."""
    sign = delimiter[0]
    lines = [title.format(delimiter) for title in draw(st.lists(st.sampled_from(TITLES), max_size=8))]
    before, phones = draw(st.sampled_from([0, 0, 1, 4])), []
    for _ in range(draw(st.integers(1, 2))):
        header, rows, at, with_header = draw(people(least=4))
        phones += [row[at] for row in rows]
        for row in [header, *rows] if with_header else rows:
            after = draw(st.integers(0, 3))
            cells = [*[""] * before, *(cell.replace(sign, "") for cell in row), *[""] * after]
            lines.append(delimiter.join(cells))
        lines += [""] * draw(st.integers(0, 1))
    return lines, phones


def cells_of(path):
    """The cells, and whether each line is one of them."""
    member, report = Source(path).as_member(), Report()
    assert detect_format(member) is Format.TEXT
    with text_table(member, report) as table:
        cells = [cell for block in table.blocks(0) for row in block.rows for cell in row]
    return cells, any("one cell a line" in note for note in report.notes)


@pytest.mark.parametrize("delimiter", DELIMITERS)
@hostile(40)
@given(data=st.data(), encoding=st.sampled_from(ENCODINGS), end=st.sampled_from(ENDS))
def test_phone_cells_are_whole(tmp_path_factory, delimiter, data, encoding, end):
    lines, phones = data.draw(shapes(delimiter))
    path = tmp_path_factory.mktemp("shape") / "a.txt"
    path.write_bytes("".join(line + end for line in lines).encode(encoding))
    cells, by_line = cells_of(path)
    if by_line:  # where nearly all cells beside the numbers are empty: nothing is cut
        cells = [part for cell in cells for part in cell.split(delimiter)]
    # Two delimiters in a row may be read as one, and leave one beside the number.
    assert set(phones) <= {cell.strip(delimiter) for cell in cells}


WORDS = st.text(st.sampled_from("一二三四五六七八九〇张李开的是村组号０１２３４５６７８９，。：“”"), max_size=30)


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@hostile(60)
@given(rows=st.lists(st.tuples(WORDS, st.integers(13000000000, 19999999999)), min_size=1, max_size=20))
def test_the_byte_order_of_utf16_is_found_in_chinese_text(order, rows):
    text = "".join(f"{words},{number}\r\n" for words, number in rows)
    assert utf16_without_bom(text.encode(order)) == order


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "ascii"])
@hostile(60)
@given(rows=st.lists(st.tuples(st.sampled_from(["a", "zhang", "li 4", "x1"]), st.integers(13000000000, 19999999999))))
def test_text_of_single_bytes_with_nul_is_no_utf16(encoding, rows):
    text = "".join(f"{name}\x00,{number}\n" for name, number in rows)
    assert utf16_without_bom(text.encode(encoding)) is None


@pytest.mark.parametrize("sign", ["\x01", "\x02", "\x07", "\x1b", "\x1f", "\x7f", "\x9f", "\r", "\t"])
def test_control_characters_separate_numbers(load, sign):
    cell = f"13800138000{sign}13900139000"
    assert len(find_mobiles(cell)) == 2
    assert find_mobiles(f"138001{sign}38000") == []
    outcome = load("a.json", '[{"phone": "' + cell.replace(sign, f"\\u{ord(sign):04x}") + '"}]')
    assert outcome.numbers == ["8613800138000", "8613900139000"]
    if sign not in "\r\t":
        assert not [found for _, found in find_numbers(f"138001{sign}38000") if isinstance(found, bytes)]


@pytest.mark.parametrize("delimiter", ["^", "||", "~"])
def test_a_delimiter_behind_a_cell_of_a_thousand_numbers(load, delimiter):
    numbers = [f"138{n:08d}" for n in range(3000)]
    rows = [delimiter.join([";".join(numbers[at : at + 1000]), "群"]) for at in (0, 1000, 2000)]
    outcome = load("a.txt", "\n".join([delimiter.join(["接收号码", "内容"]), *rows]))
    assert outcome.numbers == [f"86{number}" for number in numbers]


def test_a_sign_inside_a_few_cells_is_no_delimiter(load):
    rows = [f"张三,1380013{n:04d},{'a~b~c' if n % 2 else 'x'}" for n in range(20)]
    outcome = load("a.txt", "\n".join(["姓名,手机号,备注", *rows]))
    assert len(outcome.numbers) == 20
    assert any('separated by ","' in note for note in outcome.report.notes)
