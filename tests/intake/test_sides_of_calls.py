"""A table that names the owner of the phone: a warning counts his number, and it is not read from caller and callee."""

import random

import pytest

from pilookup.custody.intake import IntakeOptions
from pilookup.protocol.label import Kind
from tests.support.intake.layouts.judge import read
from tests.support.intake.texts import assert_same

SIDES = [
    "主叫号码,被叫号码",
    "主叫,被叫",
    "发送方,接收方",
    "发送号码,接收号码",
    "From,To",
    "Caller,Callee",
    "Calling Number,Called Number",
]
OWNERS = ["机主号码", "本机号码", "本方号码", "Owner"]


def number(rng):
    return f"13{rng.randrange(10**9):09}"


def calls(header, rows, rng):
    """Lines of calls that the owner makes and gets, the owner, and the others."""
    owner, others = number(rng), [number(rng) for _ in range(rows)]
    pairs = [(owner, other) if rng.random() < 0.5 else (other, owner) for other in others]
    return [header, *(f"{owner},{one},{two},2026-01-01" for one, two in pairs)], owner, others


@pytest.mark.parametrize("rows", [3, 24])
@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("sides", SIDES)
def test_the_owner_is_told_and_only_the_other_sides_are_read(load, sides, owner, rows):
    lines, _, others = calls(f"{owner},{sides},时间", rows, random.Random(f"{owner}{sides}{rows}"))
    outcome = load("a.csv", "\n".join(lines))
    assert sorted(outcome.numbers) == sorted(f"86{other}" for other in others)
    assert [(str(each.code), each.count) for each in outcome.report.warnings] == [("other_party", rows)]


@pytest.fixture
def read_calls(tmp_path):
    """Reads lines with the columns that the operator names or leaves out: the numbers, and whether there are warnings."""

    def read_lines(lines, **options):
        path = tmp_path / "a.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        reading = read(path, IntakeOptions(Kind.EXPOSURE, **options))
        return {number.removeprefix("+86") for number in reading.stored}, bool(reading.report.warnings)

    return read_lines


@pytest.mark.parametrize("sides", SIDES[:3])
def test_the_owner_is_not_stored_where_the_operator_leaves_his_column_out(read_calls, sides):
    """The warning on the owner advises this."""
    lines, _, others = calls(f"机主号码,{sides},时间", 12, random.Random(sides))
    assert read_calls(lines, not_columns=("机主号码",)) == (set(others), False)


def test_the_owner_is_stored_only_where_the_operator_names_his_column(read_calls):
    lines, owner, others = calls("机主号码,主叫号码,被叫号码,时间", 12, random.Random(4))
    assert read_calls(lines, columns={"phone": ("主叫号码", "被叫号码")}) == (set(others), True)
    every = read_calls(lines, columns={"phone": ("机主号码", "主叫号码", "被叫号码")})
    assert every == ({owner, *others}, False)


@pytest.mark.parametrize("size", [1, 100, 1000])
def test_splits_read_the_same_as_rows(tmp_path, size):
    lines, _, _ = calls(f"{OWNERS[0]},{SIDES[0]},时间", 40, random.Random(size))
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert_same(path, IntakeOptions(Kind.EXPOSURE), (size,))


@pytest.mark.parametrize("sides", [("机主信息", "对方信息"), ("本方", "对方"), ("机主", "对端")])
@pytest.mark.parametrize("labels", ["号码,姓名", "姓名,号码", "手机号,姓名"])
def test_a_group_header_says_whose_numbers_they_are(load, sides, labels):
    rng = random.Random(labels)
    at = labels.split(",").index("姓名")
    rows = [(number(rng), number(rng)) for _ in range(6)]
    lines = [f"{sides[0]},,{sides[1]},,通话", f"{labels},{labels},时间"]
    for one, two in rows:
        cells = [*([one, "甲"] if at else ["甲", one]), *([two, "乙"] if at else ["乙", two])]
        lines.append(",".join([*cells, "2026-01-01"]))
    outcome = load("a.csv", "\n".join(lines))
    assert sorted(outcome.numbers) == sorted(f"86{two}" for _, two in rows)
    assert [(str(each.code), each.count) for each in outcome.report.warnings] == [("other_party", 6)]


def test_a_table_without_an_owner_has_both_sides(load):
    rng = random.Random(7)
    rows = [(number(rng), number(rng)) for _ in range(12)]
    outcome = load("a.csv", "\n".join(["主叫号码,被叫号码", *(",".join(row) for row in rows)]))
    assert sorted(outcome.numbers) == sorted(f"86{cell}" for row in rows for cell in row)
    assert not outcome.report.warnings
