"""Mobiles that are split over adjacent columns are read as one number; other columns of digits stay what they are."""

import random

import pytest

from pilookup.custody.intake import IntakeOptions
from pilookup.protocol.label import Kind
from tests.support.intake.texts import assert_same

PARTS = {(3, 8): "前三位,后八位", (7, 4): "号段,尾号", (3, 4, 4): "手机1,手机2,手机3"}
HEADERS = [
    ((3, 8), "手机号,"), ((3, 8), "手机前3位,手机后8位"), ((7, 4), "手机号前七位,手机号后四位"), ((7, 4), "prefix,suffix"), ((7, 4), "号码,尾号"),
    ((3, 4, 4), "手机,,"), ((3, 4, 4), "前三位,中间四位,后四位"), *PARTS.items(),
]  # fmt: skip


def mobile(seed):
    return f"1{random.Random(seed).choice('3578')}{random.Random(seed).randrange(10**9):09}"


def parts_of(number, parts):
    found, at = [], 0
    for length in parts:
        found.append(number[at : at + length])
        at += length
    return found


def table(parts, header, rows, before="姓名,", behind=",备注", changed=None):
    lines = [f"{before}{header}{behind}"]
    for at in range(rows):
        cells = (changed or {}).get(at, parts_of(mobile(at), parts))
        lines.append(",".join([*["某人"] * before.count(","), *cells, *["好"] * behind.count(",")]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("rows", [2, 30])
@pytest.mark.parametrize(("before", "behind"), [("", ""), ("姓名,", ",备注"), ("序号,姓名,", ",金额,备注")])
@pytest.mark.parametrize(("parts", "header"), HEADERS)
def test_split_numbers_are_read(load, parts, header, before, behind, rows):
    outcome = load("a.csv", table(parts, header, rows, before, behind))
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(rows))
    assert not outcome.report.warnings
    assert not outcome.rejects


@pytest.mark.parametrize(("parts", "header"), HEADERS)
def test_a_row_without_a_part_is_rejected_or_its_whole_number_is_read(load, parts, header):
    short = [*parts_of(mobile("short"), parts)[:-1], "12"]
    whole = [*[""] * (len(parts) - 1), mobile("whole")]
    outcome = load("a.csv", table(parts, header, 30, changed={20: short, 21: whole}))
    assert "86" + mobile("whole") in outcome.numbers
    assert len(outcome.numbers) == 29
    assert len(outcome.rejects) == 1


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("价格,日期", ["138", "20240115"]), ("编号,年份", ["1381234", "2024"]), ("数量,单价,总价", ["138", "1000", "2000"]),
        ("手机型号,日期", ["138", "20240115"]),
    ],
)  # fmt: skip
def test_other_columns_of_digits_are_not_joined(load, header, cells):
    rows = "".join(f"{','.join(cells)},{mobile(at)}\n" for at in range(30))
    outcome = load("a.csv", f"{header},手机号\n{rows}")
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(30))
    assert not outcome.report.warnings


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize(("parts", "header"), HEADERS)
def test_splits_give_the_same(tmp_path, parts, header, encoding):
    path = tmp_path / "a.csv"
    path.write_text(table(parts, header, 60, changed={40: ["", *parts_of(mobile(40), parts)[1:]]}), encoding=encoding)
    for kind in (Kind.EXPOSURE, Kind.MALICIOUS):
        assert_same(path, IntakeOptions(kind), (1 << 7, 1 << 9))
