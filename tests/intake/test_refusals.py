"""Why a file without a phone number is refused: the reason is true, and the remedy names what is there."""

import io
import re
import zipfile

import pytest

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.read import read_file
from pilookup.errors import IntakeError, NoNumbersError
from pilookup.protocol.label import Kind

PEOPLE = [f"{name},330106,{name}路" for name in ("李娜", "何勇", "马超", "胡军")]
TABLE = "姓名,编号,住址\n" + "\n".join(PEOPLE) + "\n"


def refusal(load, content, **columns):
    with pytest.raises(NoNumbersError) as raised:
        load("a.csv", content, **columns)
    return raised.value.message


@pytest.mark.parametrize(("wrong", "rows"), [("手机", 0), ("姓名", 4), ("9", 0), ("3", 4), ("姓名,住址", 4)])
def test_a_column_that_is_missing_or_holds_no_numbers_is_named_with_the_headers_that_are_there(load, wrong, rows):
    message = refusal(load, TABLE, phone=wrong)
    assert (
        f"as given with --column phone= ({wrong})" in message if rows else f"no table has a column {wrong}" in message
    )
    assert "the headers are 姓名, 编号, 住址" in message
    assert "--column phone=NAME" not in message
    assert ("--rejects" in message) == bool(rows)
    assert (f"{rows} rows, rejected: no_digits" in message) == bool(rows)


@pytest.mark.parametrize("wrong", ["1", "3"])
def test_a_place_in_a_table_without_a_header_is_not_answered_by_the_advice_to_give_numbers(load, wrong):
    message = refusal(load, "\n".join(PEOPLE), phone=wrong)
    assert f"({wrong}) holds a phone number" in message
    assert "give numbers" not in message


@pytest.mark.parametrize("rows", [20, 40, 300])
@pytest.mark.parametrize("header", ["", "姓名,号码\n", "Name,Phone\n"])
def test_rows_whose_digits_are_no_phone_numbers_are_not_said_to_be_missing(load, header, rows):
    lines = [f"李娜,8927{index:07}" for index in range(0, rows * 1117, 1117)]
    message = refusal(load, header + "\n".join(lines) + "\n")
    assert "no rows" not in message
    assert re.search(r"1 column holds digits, and none is read|[0-9]+ rows, rejected: not_possible", message)


def test_a_column_that_is_left_out_is_told_as_such(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("姓名,手机号\n" + "\n".join(f"李娜,1380013{index:04}" for index in range(20)), encoding="utf-8")
    options = IntakeOptions(Kind.EXPOSURE, not_columns=("手机号",))
    with pytest.raises(NoNumbersError, match=r"column 2 \(手机号\) .* or --not-column leaves them out; "):
        list(read_file(path, options, Report()))


def test_a_header_alone_is_still_told_as_such(load):
    assert "it has a header but no rows" in refusal(load, "姓名,手机号\n")


def test_numbers_below_the_rows_that_decide_are_read_from_a_column_that_is_given(load):
    rows = [f"李娜,,{index}" for index in range(400)] + [f"何勇,1380013{index:04},x" for index in range(5)]
    found = load("a.csv", "姓名,联络,备注\n" + "\n".join(rows) + "\n", phone="联络").numbers
    assert len(found) == 5


def test_cards_without_their_ends_are_refused_with_a_remedy_that_works(load):
    card = "BEGIN:VCARD\nVERSION:3.0\nTEL:{}\n"
    numbers = [f"1380013{index:04}" for index in range(12)]
    with pytest.raises(IntakeError, match="add the missing END:VCARD to each in a copy"):
        load("a.vcf", "".join(card.format(number) for number in numbers))
    assert len(load("a.vcf", "".join(f"{card.format(number)}END:VCARD\n" for number in numbers)).numbers) == 12


def test_the_log_of_a_database_in_an_archive_is_not_advised_to_be_loaded_as_a_table(load):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "手机号\n13800138000\n")
        archive.writestr("u.db-wal", bytes.fromhex("377f0682002de218") + bytes(64))
    [warning] = load("a.zip", packed.getvalue()).report.warnings
    assert "VACUUM INTO" in warning.text
    assert "as a table" not in warning.text


def test_binary_data_are_not_only_taken_for_encrypted(load):
    with pytest.raises(IntakeError, match="decrypt it, or unpack it if it is the image of a disk"):
        load("a.iso", bytes(range(256)) * 200)
