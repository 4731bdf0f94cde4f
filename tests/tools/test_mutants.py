"""tools/mutants.py chooses the same small faults by the same seed, and finds which of them the tests notice."""

import json
import sqlite3
import subprocess
import sys

import pytest

from tests.support.docs.documents import ROOT
from tests.support.tools import load_tool

mutants = load_tool("mutants")

ADULT = """
def adult(age):
    return age >= 18


def name_of(age):
    "Name it."
    if not adult(age):
        raise ValueError("young")
    return "adult"
"""
TESTS = """
import pytest
from pilookup.ages import adult, name_of

@pytest.mark.parametrize("age", [17, 18])
def test_adult(age):
    assert adult(age) == (age > 17)

def test_name():
    assert name_of(30)
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("return a < b", {"return a <= b", "return a >= b", "return None"}),
        ("return (a) is not (b)", {"return (a) is (b)", "return None"}),
        ("x = a and b or c", {"x = a or b or c", "x = a and b and c"}),
        ("x = not (a)", {"x = (a)"}),
        ("x = a * 2", {"x = a // 2", "x = a * 3"}),
        ("x = 'ä' + a", {"x = 'ä' - a"}),
        ("raise ValueError", {"pass"}),
        ("x: Literal[1] = True", set()),
        ("x = f'{a + 1}'", set()),
        ("return", set()),
        ("return None", set()),
    ],
)
def test_each_kind_of_line_has_its_mutants(line, expected):
    found = list(mutants.mutants_of("a.py", f"def f(a: int = 3, *, b):\n    {line}\n"))
    assert {mutant.mutated for mutant in found} == expected
    assert {(mutant.file, mutant.number, mutant.line) for mutant in found} <= {("a.py", 2, line)}


def test_lines_outside_functions_and_statements_over_several_lines_stay_as_they_are():
    source = "A = 1 + 2\n\n\ndef f(a):\n    g(\n        a + 1,\n        2,\n    )\n"
    found = list(mutants.mutants_of("a.py", source))
    assert {(mutant.number, mutant.statement, mutant.mutated) for mutant in found} == {
        (6, 5, "a - 1,"),
        (6, 5, "a + 2,"),
        (7, 5, "3,"),
    }


def tree(folder, source=ADULT):
    for package in mutants.PACKAGES:
        (folder / package).mkdir(parents=True)
    for name in (".cargo", ".ci", "tests"):
        (folder / name).mkdir()
    (folder / "pilookup" / "__init__.py").touch()
    (folder / "pilookup" / "ages.py").write_text(source)
    (folder / "tests" / "test_ages.py").write_text(TESTS)
    return folder


def test_two_trees_give_the_same_choice_of_lines_that_both_have_once(tmp_path):
    one = tree(tmp_path / "one", f"{ADULT}\n\ndef f(a):\n    return a + 1\n")
    other = tree(tmp_path / "other", f"\n\n{ADULT}\n\ndef f(a):\n    return a + 1\n\n\ndef g(a):\n    return a + 1\n")
    chosen = mutants.choose(one, other, 10, 4)
    assert [mutant.key for mutant in chosen] == [mutant.key for mutant in mutants.choose(other, one, 10, 4)]
    assert {mutant.line for mutant in chosen} == {
        "return age >= 18",
        "if not adult(age):",
        'raise ValueError("young")',
        'return "adult"',
    }
    assert len(mutants.choose(one, None, 10, 4)) == 5
    assert len(mutants.choose(one, None, 2, 4)) == 2


def measured(folder):
    """Write what coverage and the plugin would: both tests ran every line but the `raise`."""
    names = [
        "tests/test_ages.py::test_adult[17]",
        "tests/test_ages.py::test_adult[18]",
        "tests/test_ages.py::test_name",
    ]
    (folder / "durations").write_text("".join(f"0.{at}\t{name}\n" for at, name in enumerate(names)))
    with sqlite3.connect(folder / "coverage") as data:
        data.executescript("""CREATE TABLE file (id, path); CREATE TABLE context (id, context);
            CREATE TABLE arc (file_id, context_id, fromno, tono); INSERT INTO file VALUES (1, '/x/pilookup/ages.py')""")
        data.executemany("INSERT INTO context VALUES (?, ?)", enumerate(names))
        data.executemany("INSERT INTO arc VALUES (1, ?, -1, ?)", [(at, line) for at in range(3) for line in (3, 8, 10)])
    data.close()
    return folder / "coverage", folder / "durations"


def test_the_second_parameters_of_a_test_come_after_all_other_tests(tmp_path):
    tests = mutants.Tests(*measured(tmp_path))
    ordered = tests.covering(mutants.Mutant("pilookup/ages.py", 3, 3, "", ""))
    assert [test.partition("::")[2] for test in ordered] == ["test_adult[17]", "test_name", "test_adult[18]"]
    assert tests.covering(mutants.Mutant("ages.py", 9, 9, "", "")) == []
    assert mutants.affordable(ordered, tests.seconds, 2, 10) == ordered[:2]
    assert mutants.affordable(ordered, dict.fromkeys(ordered, 7.0), 25, 10) == ordered[:1]


def test_faults_that_tests_notice_are_killed_and_others_survive(tmp_path):
    report = tmp_path / "report"
    project = tree(tmp_path / "tree")
    command = [sys.executable, ROOT / "tools" / "mutants.py", *measured(tmp_path), "--tree", project]
    done = subprocess.run([*command, "--report", report], capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in report.read_text().splitlines()]
    outcomes = {row["line"]: row["outcome"] for row in rows}
    assert outcomes.pop("return age >= 18") == "killed"
    assert outcomes == {
        "if not adult(age):": "killed",
        'raise ValueError("young")': "not covered",
        'return "adult"': "killed",
    }
    assert done.stdout.splitlines()[-1] == "3 killed, 1 not covered"
    assert (project / "pilookup" / "ages.py").read_text() == ADULT
    again = subprocess.run([*command, "--report", report], capture_output=True, text=True, check=True)
    assert again.stdout == "3 killed, 1 not covered\n"
    selected = subprocess.run(
        [*command, "--report", tmp_path / "other", "--select", report], capture_output=True, text=True, check=True
    )
    assert selected.stdout.splitlines()[-1] == "1 not covered"
