"""Layouts of tables at random: every number of a person is stored, or told by location and count; no other is stored.

`layouts_not_yet.txt` names the kinds that are not read so yet: `unsafe` if numbers are lost in silence, strangers are
taken, or others are not told; `incomplete` if numbers are only told that have to be read; `alarm` if there are warnings although everything is read; `unloaded` if `load` lacks an
option that the kind needs. A test for such a kind must
fail, so that the list can only get shorter.
"""

import os
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pilookup.identifier import canonicalise
from tests.support.intake.cases import Vault
from tests.support.intake.layouts import numbers, words
from tests.support.intake.layouts.judge import KINDS, Reading, judge, judge_reading, read, written
from tests.support.intake.layouts.model import Cell, Layout, Sheet

SEEDS = range(3)
LONG_RUN = int(os.environ.get("LAYOUTS", "100000"))
"""How many layouts the long run reads."""

WAYS = ("read", "alarm", "told", "refused", "silent", "stranger", "untold", "leak")
"""How a layout is read: as `Judgement.how`, but "alarm" for one that is read with a warning it does not need."""

_NOT_YET = frozenset((Path(__file__).parent / "layouts_not_yet.txt").read_text().splitlines())


def _kinds(fault):
    """Each kind as a parameter, with the mark of a test that must fail if the list says so."""
    error = TypeError if fault == "unloaded" else AssertionError
    must_fail = pytest.mark.xfail(strict=True, raises=error, reason="in layouts_not_yet.txt")
    return [pytest.param(kind, marks=[must_fail] if f"{kind} {fault}" in _NOT_YET else []) for kind in KINDS]


@cache
def judged(kind):
    """The judgements on the first layouts of a kind."""
    with TemporaryDirectory() as folder:
        return [judge(kind, seed, Path(folder)) for seed in SEEDS]


def _lines(judgements):
    return "\n".join(map(str, judgements))


@pytest.mark.parametrize("kind", _kinds("unsafe"))
def test_nothing_is_lost_in_silence_and_no_stranger_is_taken(kind):
    unsafe = [each for each in judged(kind) if not each.safe]
    assert not unsafe, _lines(unsafe)


FOUND = {
    "columns_move": (1313, 1519, 1704, 1968, 2040, 2097, 2139, 2207, 2248, 2250),
    "everything": (
        1857, 1861, 1925, 2209, 2255, 2299, 20301, 20331, 500605, 501211, 501545, 501588, 501751, 503465, 503524, 503992,
        504309, 504349, 601549, 601770, 602649, 603141, 603226, 703086, 704958, 705615, 706602, 707202, 810242, 812144, 812717,
    ),
    "hundreds_in_a_cell": (1556, 1937),
    "ragged_rows": (1829,),
    "registered_column_half_filled": (2032, 2299),
    "text_alone": (1401,),
}  # fmt: skip
"""Seeds of layouts that a long run has found to be unsafe."""


@pytest.mark.parametrize(("kind", "seed"), [(kind, seed) for kind, seeds in FOUND.items() for seed in seeds])
def test_what_a_long_run_has_found_stays_mended(tmp_path, kind, seed):
    judgement = judge(kind, seed, tmp_path)
    assert judgement.safe, judgement


@pytest.mark.parametrize("kind", _kinds("incomplete"))
def test_what_has_to_be_read_is_read(kind):
    incomplete = [each for each in judged(kind) if not each.complete]
    assert not incomplete, _lines(incomplete)


@pytest.mark.parametrize("kind", _kinds("alarm"))
def test_no_warning_where_everything_is_read(kind):
    alarms = [each for each in judged(kind) if each.warnings]
    assert not alarms, _lines(alarms)


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    with Vault.at(tmp_path_factory.mktemp("layouts") / "home") as vault:
        yield vault


@pytest.mark.parametrize("kind", _kinds("unloaded"))
def test_a_load_stores_what_is_read_row_by_row(vault, tmp_path, kind):
    """A load divides texts into splits; the numbers and the counts are the same."""
    layout, path, shape = written(kind, 0, tmp_path)
    reading = read(path, layout.options)
    slug = kind.replace("_", "-")
    if not reading.stored:
        assert vault.refuses(path, slug, layout.dataset, layout.args), shape
        return
    report = vault.load(path, slug, layout.dataset, layout.args)
    assert vault.stored(slug) == vault.elements(f"tel:{number}".encode() for number in reading.stored), shape
    assert (report.accepted, report.rejected) == (reading.report.accepted, reading.report.rejected), shape
    assert [each.to_json() for each in report.warnings] == [each.to_json() for each in reading.report.warnings], shape


@pytest.mark.long
def test_many_layouts(capsys):
    """LAYOUTS layouts of all kinds: none is unsafe but of kinds that the list names. Prints how each kind is read."""
    each = LONG_RUN // len(KINDS) + 1
    total, unsafe = Counter(), []
    with ProcessPoolExecutor() as workers, capsys.disabled():
        print(f"\n{'kind':40}", *(f"{word:>9}" for word in WAYS))
        for kind, (counts, found) in zip(KINDS, workers.map(_judge_many, KINDS, [each] * len(KINDS)), strict=True):
            _print_row(kind, counts)
            total += counts
            unsafe += found if f"{kind} unsafe" not in _NOT_YET else []
        _print_row("all", total)
    assert not unsafe, f"{len(unsafe)} layouts\n" + "\n".join(unsafe[:40])


def _print_row(kind, counts):
    """Print how many layouts of a kind were read in which way, as soon as it is known: a stopped run has its figures."""
    assert set(counts) <= set(WAYS)
    print(f"{kind:40}", *(f"{counts[word]:9,}" for word in WAYS), flush=True)


def _judge_many(kind, count):
    """How `count` layouts of a kind were read, and a line for each that is not read safely."""
    how, unsafe = Counter(), []
    with TemporaryDirectory() as folder:
        for seed in range(1000, 1000 + count):
            judgement = judge(kind, seed, Path(folder))
            how["alarm" if judgement.warnings else judgement.how] += 1
            if not judgement.safe:
                unsafe.append(str(judgement))
    return how, unsafe


def test_the_list_of_kinds_names_kinds():
    assert {line.split()[0] for line in _NOT_YET} <= set(KINDS)
    assert {line.split()[1] for line in _NOT_YET} <= {"unsafe", "incomplete", "alarm", "unloaded"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_layout_depends_on_its_seed_alone(tmp_path, kind):
    found = []
    for _ in range(2):
        layout, path, shape = written(kind, 7, tmp_path)
        found.append((layout.kind, [cell.text for _, _, cell in layout.cells()], shape))
        path.unlink()
    assert found[0] == found[1]
    assert found[0][0] == kind
    assert any(cell.people for _, _, cell in layout.cells()) != (kind in ("accounts_alone", "foreign_list"))


def test_the_truth_of_plain_cells_follows_the_rules_of_identifiers():
    rng = random.Random(1)
    for make in (words.plain, words.bare, words.fixed_line):
        for _ in range(500):
            cell = make(rng)
            assert canonicalise(cell.text) == f"tel:{cell.people[0]}".encode()
    for _ in range(500):
        code, there = numbers.foreign(rng)
        assert canonicalise(f"+{code}{there}") == f"tel:+{code}{there}".encode()


def test_judgement():
    """A lost number is silent unless it is told where it stands; one that is not in the table is a stranger."""
    one, two, three = (
        Cell(number, (numbers.e164(number),)) for number in ("13712906458", "17098213467", "19137420586")
    )
    layout = Layout("made", [Sheet([[Cell("a"), Cell("b")], [one, two], [Cell("x"), three]])])
    every = {number for _, _, cell in layout.cells() for number in cell.people}
    reading = Reading()
    reading.stored = set(every)
    assert judge_reading(layout, "a.csv", reading) == ("read", {})
    reading.stored = {*every, "+8613800138000"}
    assert judge_reading(layout, "a.csv", reading) == ("stranger", {"stranger": 1})
    reading.stored = set(one.people)
    assert judge_reading(layout, "a.csv", reading) == ("silent", {"silent": 2})
    reading.rejects = [["a.csv", "2", "b", "letters", "17098213467"]]
    assert judge_reading(layout, "a.csv", reading) == ("silent", {"silent": 1, "told": 1})
    reading.report.warn("unread_numbers", "a.csv", 1, "text", column=1)
    assert judge_reading(layout, "a.csv", reading) == ("silent", {"silent": 1, "told": 1})
    reading.report.warn("unread_numbers", "a.csv", 1, "text", column=2)
    assert judge_reading(layout, "a.csv", reading) == ("told", {"told": 2})
    reading.report.warn("unread_numbers", "a.csv", 1, "13712906458", column=2)
    assert judge_reading(layout, "a.csv", reading)[0] == "leak"
    assert judge_reading(layout, "a.csv", Reading(refusal="a.csv: column 王芳")) == ("leak", {"leak": 1})
    assert judge_reading(layout, "a.csv", Reading(refusal="a.csv: x")) == ("refused", {})
    assert judge_reading(layout, "a.csv", Reading(refusal="x")) == ("silent", {"silent": 3})


def test_judgement_of_numbers_of_others():
    other = Cell("17098213467", others=("+8617098213467",))
    layout = Layout("made", [Sheet([[Cell("x"), other]])])
    reading = Reading()
    assert judge_reading(layout, "a.csv", reading) == ("untold", {"untold": 1})
    reading.report.warn("other_party", "a.csv", 1, "text", column=2)
    assert judge_reading(layout, "a.csv", reading) == ("read", {})
    reading.stored = set(other.others)
    assert judge_reading(layout, "a.csv", reading) == ("stranger", {"stranger": 1})
