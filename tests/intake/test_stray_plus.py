"""A plus sign before mainland mobiles, which makes them numbers of North America, is seen by the column."""

import random

import pytest

from pilookup.custody.intake import IntakeOptions
from pilookup.custody.intake.columns.stray_plus import Plus, plus_of
from pilookup.protocol.label import Kind
from tests.support.intake.texts import assert_same


def mobile(seed):
    return f"1{random.Random(seed).choice('35789')}{random.Random(seed).randrange(10**9):09}"


def american(seed):
    """A number of North America whose digits look like those of a mobile."""
    pick = random.Random(seed)
    return f"+1{pick.choice('346789')}0{pick.randrange(2, 10)}{pick.randrange(2, 10)}{pick.randrange(10**6):06}"


def content(cells, header="手机号,姓名"):
    return "\n".join([header, *(f"{cell},某人" for cell in cells)]) + "\n"


def told(outcome, code):
    return sum(warning.count for warning in outcome.report.warnings if warning.code == code)


@pytest.mark.parametrize("share", [1, 2, 5])
def test_mobiles_with_a_stray_plus_are_read_as_mobiles(load, share):
    cells = [("+" if at % share == 0 else "") + mobile(at) for at in range(100)]
    outcome = load("a.csv", content(cells))
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(100))


def test_numbers_of_north_america_are_read_as_such(load):
    outcome = load("a.csv", content([american(at) for at in range(100)]))
    assert sorted(outcome.numbers) == sorted(american(at)[1:] for at in range(100))
    assert not outcome.report.warnings


@pytest.mark.parametrize("where", [3, 900])
def test_a_number_among_mobiles_that_may_be_of_either_is_told(load, where):
    cells = [mobile(at) for at in range(1000)]
    cells[where] = american("one")
    outcome = load("a.csv", content(cells))
    assert american("one")[1:] in outcome.numbers
    assert told(outcome, "lookalike_numbers") == 1


def test_a_number_of_north_america_that_is_written_with_signs_is_no_lookalike(load):
    cells = [mobile(at) for at in range(100)]
    outcome = load("a.csv", content([*cells, "+1 650-253-0000", "+1 (415) 555-2671"]))
    assert not outcome.report.warnings


@pytest.mark.parametrize("end", [0, 1, 2, 3, 30])
def test_one_number_that_is_none_of_north_america_is_enough(end):
    assert plus_of(["+13911234567"] + ["+13802345678"] * min(end, 9)) is Plus.STRAY
    assert plus_of(["+13802345678"] * max(end, 1)) is Plus.CALLING_CODE
    assert plus_of(["+13802345678", "13911234567", "13911234568"]) is Plus.DOUBTFUL


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("cells", ["mobiles", "stray", "american", "mixed"])
def test_splits_give_the_same(tmp_path, cells, encoding):
    rows = {
        "mobiles": [mobile(at) if at % 9 else american(at) for at in range(200)],
        "stray": ["+" + mobile(at) for at in range(200)],
        "american": [american(at) for at in range(200)],
        "mixed": [f"{mobile(at)}/{american(at)}" if at % 3 else "+" + mobile(at) for at in range(200)],
    }[cells]
    path = tmp_path / "a.csv"
    path.write_text(content(rows), encoding=encoding)
    for kind in (Kind.EXPOSURE, Kind.MALICIOUS):
        assert_same(path, IntakeOptions(kind), (1 << 7, 1 << 10))
