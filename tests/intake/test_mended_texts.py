"""Texts with bytes that are no text, in several encodings, or in encodings that the operator names."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.custody.intake import IntakeOptions
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind
from tests.support.intake.examples import hostile

HEADER = "姓名,手机号,村\n"
ROWS = ["张三,13800138000,李家村\n", "李四,13900139000,王家村\n", "赵小六,13700137000,北村\n"]
NUMBERS = ["8613800138000", "8613900139000", "8613700137000"]
TABLE = HEADER + "".join(ROWS)


def bad_bytes(outcome):
    return [warning.count for warning in outcome.report.warnings if warning.code is WarningCode.BAD_BYTES]


@pytest.mark.parametrize("first", ["utf-8", "gb18030"])
@pytest.mark.parametrize("second", ["utf-8", "gb18030"])
def test_lines_in_two_encodings_are_read(load, first, second):
    outcome = load("a.csv", (HEADER + ROWS[0] + ROWS[1]).encode(first) + ROWS[2].encode(second) + b"x,12,y\n")
    assert outcome.numbers == NUMBERS
    assert outcome.rejects[0][:3] == ["a.csv", "5", "手机号"]
    assert not bad_bytes(outcome)


def test_utf8_lines_before_gb18030_that_pass_as_gb18030(load):
    outcome = load("a.csv", "姓名,手机号码\n张三,13800138000\n".encode() + "李四,13900139000\n".encode("gb18030"))
    assert outcome.numbers == NUMBERS[:2]
    assert outcome.rejects == []
    assert any("1 line is GB18030" in note for note in outcome.report.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_byte_that_is_no_text_is_told_by_line(load, encoding):
    outcome = load("a.csv", TABLE.encode(encoding).replace("李四".encode(encoding), b"\xff" + "四".encode(encoding)))
    assert outcome.numbers == NUMBERS
    assert bad_bytes(outcome) == [1]
    assert "the first is line 3" in outcome.report.warnings[0].text
    assert "--encoding" in outcome.report.warnings[0].text


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_the_last_character_is_cut_off(load, encoding):
    outcome = load("a.csv", (TABLE + "王五,13600136000,南村").encode(encoding)[:-1])
    assert outcome.numbers == [*NUMBERS, "8613600136000"]
    assert bad_bytes(outcome) == [1]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_a_number_with_a_bad_byte_is_rejected(load, encoding):
    bad = "\udc80".encode("utf-16-le", "surrogatepass") if encoding == "utf-16-le" else b"\xff"
    content = b"".join(
        [TABLE.encode(encoding), "x,1360013".encode(encoding), bad, "6000,y\nz,1350013".encode(encoding), bad]
    )
    outcome = load("a.csv", content + ",y\n".encode(encoding))
    assert outcome.numbers == NUMBERS
    assert [reject[1] for reject in outcome.rejects] == ["5", "6"]
    assert bad_bytes(outcome) == [2]


def test_names_in_latin_1(load):
    names = ["José", "Müller", "Zoë", "François", "Núñez", "Smith", "Jones", "Ngô"]
    text = "name,phone\n" + "".join(f"{name},1380013800{i}\n" for i, name in enumerate(names))
    outcome = load("a.csv", text.encode("latin-1"))
    assert outcome.numbers == [f"861380013800{i}" for i in range(8)]


def test_surrogate_pairs_in_utf8(load):
    pair = "😀".encode("utf-16-be")
    units = "".join(chr(int.from_bytes(pair[at : at + 2], "big")) for at in (0, 2))
    outcome = load("a.csv", TABLE.replace("李四", units).encode("utf-8", "surrogatepass"))
    assert outcome.numbers == NUMBERS
    assert not bad_bytes(outcome)
    outcome = load("a.csv", TABLE.replace("李四", units[:1]).encode("utf-8", "surrogatepass"))
    assert outcome.numbers == NUMBERS
    assert bad_bytes(outcome) == [1]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", [True, False])
def test_utf16_of_odd_length(load, codec, mark):
    content = (("\ufeff" if mark else "") + TABLE + "王五,13600136000,南").encode(codec)[:-1]
    outcome = load("a.csv", content)
    assert outcome.numbers == [*NUMBERS, "8613600136000"]
    assert bad_bytes(outcome) == [1]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_that_lacks_a_byte_is_read_from_the_next_line_on(load, codec):
    second = ROWS[1].encode(codec)
    content = ("\ufeff" + HEADER + ROWS[0]).encode(codec) + second[:3] + second[4:] + ROWS[2].encode(codec)
    outcome = load("a.csv", content)
    assert {NUMBERS[0], NUMBERS[2]} <= set(outcome.numbers) <= set(NUMBERS)
    assert bad_bytes(outcome) == [1]


def test_utf16_of_two_byte_orders(load):
    parts = [HEADER + ROWS[0], ROWS[1].rstrip("\n"), ROWS[2]]
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)
    content = b"".join(
        mark + part.encode("utf-16-be" if mark == codecs.BOM_UTF16_BE else "utf-16-le")
        for mark, part in zip(marks, parts, strict=True)
    )
    assert load("a.csv", content).numbers == NUMBERS


def test_utf8_after_utf16(load):
    content = codecs.BOM_UTF16_LE + (HEADER + ROWS[0]).encode("utf-16-le") + b"a,13900139000,b\r\nc,13700137000,d\r\n"
    assert load("a.csv", content).numbers == NUMBERS


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", ""])
def test_files_with_marks_that_were_joined(load, encoding, end):
    parts = ["\ufeff" + HEADER + row.rstrip("\n") + end for row in ROWS]
    outcome = load("a.csv", "".join(parts).encode(encoding))
    assert set(outcome.numbers) == set(NUMBERS)
    assert not bad_bytes(outcome)


def test_big5_is_recognised_by_its_words(load):
    text = "姓名,聯絡電話,地址\n陳大文,13800138000,香港\n黃小姐,13900139000,九龍\n"
    outcome = load("a.csv", text.encode("big5hkscs"))
    assert outcome.numbers == NUMBERS[:2]
    assert any("read as Big5" in note for note in outcome.report.notes)


@pytest.mark.parametrize(
    ("name", "codec", "text"),
    [
        ("big5", "big5", "名,號\n陳,13800138000\n"),
        ("shift-jis", "cp932", "名前,電話番号\n高橋,13800138000\n"),
        ("windows-1251", "cp1251", "имя,телефон\nИван,13800138000\n"),
        ("gbk", "gbk", TABLE),
    ],
)
def test_a_named_encoding(load_path, tmp_path, name, codec, text):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(codec))
    outcome = load_path(path, encoding=name, phone="2")
    assert outcome.numbers[0] == NUMBERS[0]
    assert not bad_bytes(outcome)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_named_encoding_is_not_that_of_files_in_unicode(load_path, tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(TABLE.encode(encoding))
    outcome = load_path(path, encoding="big5")
    assert outcome.numbers == NUMBERS
    assert not any("Big5" in note for note in outcome.report.notes)


def test_a_named_encoding_that_does_not_fit_is_noted(load_path, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(TABLE.encode() + b"x,13600136000,\xff\n")
    outcome = load_path(path, encoding="utf-8")
    assert outcome.numbers == [*NUMBERS, "8613600136000"]
    assert not outcome.report.warnings
    assert any("1 line has bytes that are no UTF-8 text" in note for note in outcome.report.notes)


def test_an_unknown_encoding():
    with pytest.raises(ValueError, match="no such encoding: utf-7; encodings are utf-8"):
        IntakeOptions(Kind.EXPOSURE, encoding="utf-7")


def test_text_in_no_encoding_is_refused_with_a_remedy(load):
    text = "".join(f"Ж{i}ыЖЯ\n" for i in range(50)) + "13800138000\n"
    with pytest.raises(IntakeError, match=r"a\.csv line \d+: the text is not UTF-8 or GB18030.*--encoding"):
        load("a.csv", text.encode("koi8-r").replace(b"\n", b"\xff\n"))


CELL = st.text(st.characters(codec="gb18030", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=8).map(
    lambda text: text.replace(",", "").replace('"', "").strip("\ufeff")
)


@hostile(200)
@given(
    st.lists(st.tuples(CELL, st.integers(0, 10**8 - 1), CELL), min_size=4, max_size=12, unique_by=lambda row: row[1]),
    st.sampled_from(["utf-8", "gb18030"]),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0x80, 0xFF), st.booleans()), min_size=1, max_size=3),
)
def test_random_bytes_never_make_another_number(tmp_path_factory, load_path, rows, encoding, damages):
    numbers = [f"138{number:08d}" for _, number, _ in rows]
    lines = [f"n{a},{number},b{b}\n" for (a, _, b), number in zip(rows, numbers, strict=True)]
    content = bytearray("".join(lines).encode(encoding))
    ascii_rows = "".join(f"x,{number},y\n" for number in numbers * 5).encode()
    for where, byte, insert in damages:
        at = where % len(content)
        if content[at] not in b",\n":
            content[at : at + (not insert)] = bytes([byte])
    path = tmp_path_factory.mktemp("damaged") / "a.csv"
    path.write_bytes("姓名,手机号,村\n".encode(encoding) + bytes(content) + ascii_rows)
    outcome = load_path(path)
    assert set(outcome.numbers) <= {f"86{number}" for number in numbers}
    assert len(outcome.numbers) + len(outcome.rejects) == 6 * len(rows)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=3000), st.sampled_from(["", "utf-16-le", "utf-16-be"]))
def test_random_bytes_are_a_table_or_an_error(tmp_path_factory, load_path, content, codec):
    path = tmp_path_factory.mktemp("random") / "a.csv"
    path.write_bytes(("\ufeff" + TABLE).encode(codec) + content if codec else TABLE.encode() + content)
    try:
        outcome = load_path(path)
    except IntakeError as error:
        assert error.location.startswith("a.csv")  # noqa: PT017 - either outcome is right
    else:
        assert set(NUMBERS) <= set(outcome.numbers)


@pytest.mark.parametrize("delimiter", ["|", "^", "~", "||"])
def test_half_a_character_before_a_delimiter_does_not_join_cells(load, delimiter):
    lines = [
        *("姓名,手机号,村\n", "张三,13800138000,李家村\n", "李四,13900139000,北\n", "王五,13500135000,x\n"),
        "赵六,13700137000,东\n",
        *(f"钱七,1360013600{i},南\n" for i in range(4)),
    ]
    content = "".join(lines).replace(",", delimiter).encode("gb18030")
    content = content.replace("李四".encode("gb18030"), "李四".encode("gb18030")[:-1])
    outcome = load("a.txt", content)
    assert outcome.numbers[:4] == ["8613800138000", "8613900139000", "8613500135000", "8613700137000"]
    assert len(outcome.numbers) == 8
    assert bad_bytes(outcome) == [1]
    assert outcome.rejects == []


RECORDS = {
    "a.json": '[{"name": "张", "phone": "13800138000"}, {"name": "李四", "phone": "13900139000"}]\n',
    "a.jsonl": '{"name": "张", "phone": "13800138000"}\n{"name": "李四", "phone": "13900139000"}\n',
    "a.sql": "INSERT INTO t (name, phone) VALUES ('张', '13800138000');\nINSERT INTO t VALUES ('李四', '13900139000');\n",
    "a.vcf": "BEGIN:VCARD\nFN:张\nTEL:13800138000\nEND:VCARD\nBEGIN:VCARD\nFN:李四\nTEL:13900139000\nEND:VCARD\n",
    "a.xml": '<all><p name="张" phone="13800138000"/>\n<p name="李四" phone="13900139000"/></all>\n',
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_bad_bytes_in_records_are_told(load, name, encoding):
    text = RECORDS[name]
    bad = text.encode(encoding).replace("四".encode(encoding), b"\xff")
    outcome = load(name, bad)
    assert set(outcome.numbers) == set(NUMBERS[:2])
    assert bad_bytes(outcome) == [1]


@pytest.mark.parametrize("name", RECORDS)
def test_records_in_a_named_encoding(load_path, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(RECORDS[name].replace("张", "許").encode("big5"))
    outcome = load_path(path, encoding="big5")
    assert set(outcome.numbers) == set(NUMBERS[:2])
    assert any("Big5" in note for note in outcome.report.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_bad_byte_in_a_line_that_is_as_long_as_its_file(load, encoding):
    rows = ",".join(f'{{"姓名":"张三","手机号":"{13800138000 + n}"}}' for n in range(150_000)).encode(encoding)
    rows += b',{"\xff":"x"}]'
    outcome = load("a.json", b"[" + rows)
    assert len(outcome.numbers) >= 150_000
    assert bad_bytes(outcome) == [1]
