"""Numbers of other countries, serial numbers and rounded numbers in phone columns are refused and told, never stored."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pilookup.custody.intake import IntakeOptions
from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.errors import NoNumbersError
from pilookup.identifier import Reason
from pilookup.protocol.label import Kind
from tests.support.intake.layouts.judge import read
from tests.support.intake.texts import assert_same


def digits(rng, count):
    return "".join(rng.choice("0123456789") for _ in range(count))


def mobile(rng):
    return f"13{digits(rng, 8)}{rng.choice('123456789')}"


# --- serial numbers ---


@pytest.mark.parametrize("sign", ["-", " ", "--", ") "])
@pytest.mark.parametrize("year", ["2019", "2023", "202301", "20230"])
def test_a_serial_number_behind_a_year_is_no_landline(year, sign):
    rng = random.Random(f"{year}{sign}")
    for _ in range(50):
        cell = f"{year}{sign}{digits(rng, 10 - len(year))}"
        assert not any(isinstance(result, bytes) for _, result in find_numbers(cell)), cell


@pytest.mark.parametrize(
    "cell",
    [
        "571-88886666", "(571)88886666", "20-88886666", "10 8888 6666", "571 8888 6666", "86-571-88886666", "0571-88886666",
        "86 571 8888 6666", "400-888-6666", "400 8886 666", "4008-123-123", "4008 123 123", "8008-103-103", "950-4012-345",
        "8605718888 6666", "86105888 6666", "1) (10)58886666",
    ],
)  # fmt: skip
def test_a_landline_whose_first_group_is_its_area_code_is_one(cell):
    assert sum(isinstance(result, bytes) for _, result in find_numbers(cell)) == 1


@pytest.mark.parametrize("header", ["案卷号", "门诊号", "号", "备注", None])
def test_a_column_of_serial_numbers_beside_phones_is_not_read(load, header):
    rng = random.Random(header)
    rows = [(f"2023-{digits(rng, 6)}", mobile(rng)) for _ in range(20)]
    lines = [f"{serial},甲,{number}" for serial, number in rows]
    outcome = load("a.csv", "\n".join([f"{header},姓名,手机号", *lines] if header else lines))
    assert sorted(outcome.numbers) == sorted(f"86{number}" for _, number in rows)


# --- numbers of other countries ---

ABROAD = {
    "(206) 706-3570": lambda rng: (
        f"({rng.choice('2345')}{digits(rng, 2)}) {rng.choice('23456789')}{digits(rng, 2)}-{digits(rng, 4)}"
    ),
    "206-706-3570": lambda rng: (
        f"{rng.choice('2345')}{digits(rng, 2)}-{rng.choice('23456789')}{digits(rng, 2)}-{digits(rng, 4)}"
    ),
    "355 4190489": lambda rng: f"3{digits(rng, 2)} {digits(rng, 7)}",
    "8 (916) 884-27-87": lambda rng: f"8 (9{digits(rng, 2)}) {digits(rng, 3)}-{digits(rng, 2)}-{digits(rng, 2)}",
    "07755 375640": lambda rng: f"07{digits(rng, 3)} {digits(rng, 6)}",
    "0912 569 9522": lambda rng: f"09{digits(rng, 2)} {digits(rng, 3)} {digits(rng, 4)}",
    "05497895400": lambda rng: f"05{digits(rng, 9)}",
}
"""How numbers of other countries are written, and what makes one."""


@pytest.mark.parametrize("header", ["Phone", "电话"])
@pytest.mark.parametrize("form", ABROAD)
def test_a_column_of_numbers_of_another_country_is_refused(load, form, header):
    rng = random.Random(f"{form}{header}")
    rows = "\n".join(f"甲,{ABROAD[form](rng)}" for _ in range(60))
    with pytest.raises(NoNumbersError, match="--region"):
        load("a.csv", f"Name,{header}\n{rows}\n")


@pytest.mark.parametrize("form", ABROAD)
def test_each_is_rejected_beside_a_column_of_mobiles(load, form):
    rng = random.Random(form)
    rows = [(ABROAD[form](rng), mobile(rng)) for _ in range(60)]
    outcome = load("a.csv", "\n".join(["Phone,手机", *(f"{one},{two}" for one, two in rows)]))
    assert sorted(outcome.numbers) == sorted(f"86{two}" for _, two in rows)
    assert len(outcome.rejects) >= 60 or [str(each.code) for each in outcome.report.warnings] == ["lookalike_numbers"]


def test_landlines_with_some_digits_wrong_are_read(load):
    rng = random.Random(5)
    rows = [f"0571-8888{digits(rng, 4)}" for _ in range(50)] + ["0571-888", "88886666", "0571-88886666789"]
    outcome = load("a.csv", "\n".join(["电话", *rows]))
    assert len(outcome.numbers) == len(set(rows[:50]))


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("form", ABROAD)
def test_splits_read_the_same_as_rows(tmp_path, form, size):
    rng = random.Random(form)
    path = tmp_path / "a.csv"
    path.write_text(
        "Phone,手机\n" + "".join(f"{ABROAD[form](rng)},{mobile(rng)}\n" for _ in range(40)), encoding="utf-8"
    )
    assert_same(path, IntakeOptions(Kind.EXPOSURE), (size,))


# --- rounded numbers ---


@pytest.mark.parametrize("places", [".0", ""])
@pytest.mark.parametrize("zeros", [4, 5, 6, 8])
@pytest.mark.parametrize("share", [0.05, 0.3, 1.0])
def test_numbers_that_were_rounded_are_told_and_not_stored(tmp_path, load, share, zeros, places):
    rng = random.Random(f"{share}{zeros}")
    exact = [mobile(rng) for _ in range(200 - round(200 * share))]
    rounded = [f"13{digits(rng, 8 - zeros)}{rng.choice('123456789')}{'0' * zeros}" for _ in range(round(200 * share))]
    cells = [f"{number}{places}" for number in (*exact, *rounded)]
    rng.shuffle(cells)
    text = "姓名,手机号\n" + "".join(f"甲,{cell}\n" for cell in cells)
    if not exact:
        with pytest.raises(NoNumbersError, match="digits_lost 200"):
            load("a.csv", text)
        return
    outcome = load("a.csv", text)
    assert sorted(outcome.numbers) == sorted(f"86{number}" for number in exact)
    assert [(str(each.code), each.count) for each in outcome.report.warnings] == [("digits_lost", len(rounded))]
    path = tmp_path / "b.csv"
    path.write_text(text, encoding="utf-8")
    assert_same(path, IntakeOptions(Kind.EXPOSURE), (1, 500))


def test_numbers_that_end_in_zeros_are_read_where_the_operator_names_their_column(tmp_path):
    numbers = [f"138{at}0000000" for at in range(10)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["手机号", *numbers]), encoding="utf-8")
    reading = read(path, IntakeOptions(Kind.EXPOSURE, columns={"phone": ("手机号",)}))
    assert reading.stored == {f"+86{number}" for number in numbers}
    assert not reading.report.warnings


def test_a_number_that_ends_in_zeros_is_read_among_others(load):
    rng = random.Random(2)
    numbers = [mobile(rng) for _ in range(198)] + ["13800000000", "13912340000"]
    outcome = load("a.csv", "\n".join(["手机号", *numbers]))
    assert sorted(outcome.numbers) == sorted(f"86{number}" for number in numbers)
    assert not outcome.report.warnings


@pytest.mark.parametrize("kind", [pa.float32(), pa.dictionary(pa.int8(), pa.float32())])
def test_floats_of_32_bits_have_lost_digits(tmp_path, kind):
    path = tmp_path / "a.parquet"
    column = pa.array([float(f"138{at:08}") for at in range(20)], pa.float32())
    pq.write_table(pa.table({"phone": column.dictionary_encode().cast(kind) if "dict" in str(kind) else column}), path)
    reading = read(path, IntakeOptions(Kind.EXPOSURE))
    assert not reading.stored
    assert reading.report.rejected == {"digits_lost": 20}


# --- 86+, messages, texts that come with the files ---


def test_86_with_a_plus_behind_it_is_the_country_code():
    rng = random.Random(3)
    for _ in range(50):
        number = mobile(rng)
        for cell in (f"86+{number}", f"0086+{number}", f"86+{number}/86+{number}"):
            assert {result for _, result in find_numbers(cell)} == {f"tel:+86{number}".encode()}


@pytest.mark.parametrize("header", ["内容", "短信内容", "消息", "正文", "body", "Message", "text", "SMS Content"])
@pytest.mark.parametrize(
    "message", ["【顺丰】您的快递已到，快递员电话{}", "您好，我是房东，新号码{}，旧号停用", "{} 张经理"]
)  # fmt: skip
def test_a_column_of_messages_is_told_and_not_read(load, header, message):
    rng = random.Random(header)
    rows = [(mobile(rng), mobile(rng)) for _ in range(20)]
    outcome = load("a.csv", "\n".join([f"号码,{header}", *(f"{one},{message.format(two)}" for one, two in rows)]))
    assert sorted(outcome.numbers) == sorted(f"86{one}" for one, _ in rows)
    assert sum(each.count for each in outcome.report.warnings) == 20


def test_the_refusal_names_the_reason(load):
    with pytest.raises(NoNumbersError, match=str(Reason.NO_AREA_CODE)):
        load("a.csv", "电话\n" + "2023-907820\n" * 3)
