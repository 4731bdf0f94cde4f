"""Choose small faults by a seed, put each into a copy of the project, and see whether a test fails.

    python tools/mutants.py COVERAGE DURATIONS --report FILE [--count 200] [--seed 9] [--tree TREE] [--also OTHER]

COVERAGE is coverage's data file, DURATIONS the seconds of each test, both made by `tools/coverage_contexts.py`. A mutant is
one changed line in a function of `pilookup` or `pilookup_server`: a comparison, `and`, `or`, `not`, a number, an arithmetic
operator, `return X` or `raise`. The tests that ran the line are run, one set of parameters of each test before the second of
any, fastest first, until one fails: at most `--tests` of them, of at most `--seconds` in all.

To compare two versions, `--also OTHER` chooses among the mutants of lines that both trees have exactly once, so that the same
seed chooses the same mutants in either tree. `--select FILE` runs those that survived in another report, of either tree, and
no others.

Each result is printed and appended to the report as a line of JSON: killed, timed out, survived, or not covered. Mutants
that are in the report already are not run again. A test that also fails without the mutant does not count.
"""

import argparse
import ast
import json
import os
import queue
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("pilookup", "server/pilookup_server")
NOT_COPIED = (".*", "__pycache__", "node_modules", "target", "build", "dist")
LINKED = ("server/web/node_modules", "tests/node/node_modules")

SWAPS: dict[type[ast.AST], tuple[str, tuple[str, ...]]] = {
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
    ast.And: ("and", ("or",)),
    ast.Or: ("or", ("and",)),
    ast.Add: ("+", ("-",)),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("//",)),
    ast.FloorDiv: ("//", ("*",)),
    ast.Mod: ("%", ("*",)),
    ast.LShift: ("<<", (">>",)),
    ast.RShift: (">>", ("<<",)),
    ast.BitAnd: ("&", ("|",)),
    ast.BitOr: ("|", ("&",)),
    ast.BitXor: ("^", ("&",)),
}

Key = tuple[str, str]
# The outcomes of mutants that no test noticed.
LIVE = {"survived", "not covered"}


@dataclass(frozen=True)
class Mutant:
    """One changed line.

    Attributes:
        file: The file, relative to its tree.
        number: The number of the line.
        statement: The number of the first line of the statement, which is where coverage may have counted it.
        line: The line without its indentation.
        mutated: The same with the fault.
    """

    file: str
    number: int
    statement: int
    line: str
    mutated: str

    @property
    def key(self) -> Key:
        """What names the mutant in any tree that has the line once."""
        return self.line, self.mutated


def mutants_of(file: str, source: str) -> Iterator[Mutant]:
    """Yield the mutants of all functions of one file."""
    lines = source.encode().splitlines()
    for statement, node in _nodes(ast.parse(source)):
        if node.lineno != node.end_lineno:
            continue
        line = lines[node.lineno - 1]
        for start, end, text in _changes(node, line):
            mutated = line[:start] + text.encode() + line[end:]
            yield Mutant(file, node.lineno, statement.lineno, line.strip().decode(), mutated.strip().decode())


def _nodes(module: ast.Module) -> Iterator[tuple[ast.stmt, ast.expr | ast.stmt]]:
    """Yield the statements and expressions of functions, each with its statement, without annotations and f-strings."""

    def walk(node: ast.AST, statement: ast.stmt | None) -> Iterator[tuple[ast.stmt, ast.expr | ast.stmt]]:
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list", "type_comment"}:
                continue
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr):
                    continue
                inside = child if isinstance(child, ast.stmt) else statement
                if inside is not None and isinstance(child, ast.expr | ast.stmt):
                    yield inside, child
                yield from walk(child, inside)

    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in node.body:
                if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield statement, statement
                    yield from walk(statement, statement)


def _changes(node: ast.expr | ast.stmt, line: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, replacement) of each change of a node that stands on one line; offsets are in bytes."""
    start, end = node.col_offset, node.end_col_offset or node.col_offset
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            yield from _swaps(operator, left, right, line)
        case ast.BoolOp(op=operator, values=values):
            for left, right in pairwise(values):
                yield from _swaps(operator, left, right, line)
        case ast.BinOp(left=left, op=operator, right=right):
            yield from _swaps(operator, left, right, line)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield start, operand.col_offset, line[start : operand.col_offset].decode().replace("not", "", 1).lstrip()
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            yield start, end, str(value + 1)
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield start, end, "return None"
        case ast.Raise():
            yield start, end, "pass"


def _swaps(operator: ast.AST, left: ast.expr, right: ast.expr, line: bytes) -> Iterator[tuple[int, int, str]]:
    if type(operator) not in SWAPS or left.end_col_offset is None:
        return
    text, others = SWAPS[type(operator)]
    start, end = left.end_col_offset, right.col_offset
    between = line[start:end].decode()
    for other in others:
        yield start, end, between.replace(text, other, 1)


def read_tree(tree: Path) -> tuple[dict[Key, Mutant], Counter[str]]:
    """Return the mutants of a tree by their keys, and how often each line occurs."""
    found: dict[Key, Mutant] = {}
    lines: Counter[str] = Counter()
    for package in PACKAGES:
        for path in sorted((tree / package).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            lines.update(line.strip() for line in source.splitlines())
            found.update((mutant.key, mutant) for mutant in mutants_of(str(path.relative_to(tree)), source))
    return found, lines


def choose(tree: Path, other: Path | None, count: int, seed: int) -> list[Mutant]:
    """Choose one mutant each of at most `count` lines.

    Args:
        tree: The tree whose lines they are.
        other: A tree that must have the same mutants, of lines that occur once in either tree.
        count: How many to choose.
        seed: The seed of the choice.
    """
    found, lines = read_tree(tree)
    keys = {key for key in found if lines[key[0]] == 1}
    if other is not None:
        others, other_lines = read_tree(other)
        keys = {key for key in keys & others.keys() if other_lines[key[0]] == 1}
    by_line: dict[str, list[Key]] = defaultdict(list)
    for key in sorted(keys):
        by_line[key[0]].append(key)
    # Repeatable on purpose; nothing here is secret.
    chooser = random.Random(seed)  # noqa: S311
    chosen = chooser.sample(sorted(by_line), min(count, len(by_line)))
    return [found[chooser.choice(by_line[line])] for line in chosen]


class Tests:
    """Which tests ran a line, and how long each takes."""

    def __init__(self, data: Path, durations: Path) -> None:
        self._data = sqlite3.connect(f"file:{data}?mode=ro", uri=True, check_same_thread=False)
        rows = (row.partition("\t") for row in durations.read_text(encoding="utf-8").splitlines())
        self.seconds = {name: float(seconds) for seconds, _, name in rows}

    def covering(self, mutant: Mutant) -> list[str]:
        """Return the tests of a mutant's line, each test function once before any is there twice, fastest first."""
        query = """SELECT DISTINCT context FROM arc JOIN context ON context.id = arc.context_id JOIN file ON file.id = file_id
            WHERE path LIKE ? AND abs(tono) IN (?, ?) AND tono > 0"""
        rows = self._data.execute(query, (f"%/{mutant.file}", mutant.number, mutant.statement))
        names = {part for (context,) in rows for part in context.split("|")}
        rounds: Counter[str] = Counter()
        ordered: list[tuple[int, str]] = []
        for name in sorted(names & self.seconds.keys(), key=lambda name: (self.seconds[name], name)):
            function = name.partition("[")[0]
            ordered.append((rounds[function], name))
            rounds[function] += 1
        return [name for _, name in sorted(ordered, key=lambda entry: entry[0])]


@dataclass
class Workbench:
    """A copy of the tree, and what is known of the tests that run in it."""

    copy: Path
    python: str
    good: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)

    def failing(self, tests: list[str], seconds: float) -> str | None:
        """Run tests until one fails; return its name, or None if all pass.

        Raises:
            subprocess.TimeoutExpired: they took longer than `seconds`.
        """
        command = [self.python, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", "0", "-m", "", "-rfE"]
        environment = os.environ | {"PYTHONPATH": f"{self.copy}:{self.copy}/server", "PYTHONDONTWRITEBYTECODE": "1"}
        with (
            tempfile.TemporaryFile("w+") as output,
            subprocess.Popen(
                [*command, "--hypothesis-seed=0", *tests],
                cwd=self.copy,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            if process.returncode == 0:
                return None
            output.seek(0)
            text = output.read()
        named = [test for test in tests if re.search(rf"^(FAILED|ERROR) {re.escape(test)}( - |$)", text, re.MULTILINE)]
        return named[0] if named else tests[0]

    def passes(self, test: str) -> bool:
        """Tell whether a test passes without a mutant."""
        if test not in self.good | self.bad:
            try:
                passed = self.failing([test], 600) is None
            except subprocess.TimeoutExpired:
                passed = False
            (self.good if passed else self.bad).add(test)
        return test in self.good

    def judge(self, mutant: Mutant, tests: list[str], seconds: float) -> tuple[str, str]:
        """Return the outcome of a mutant, and the test that failed."""
        path = self.copy / mutant.file
        original = path.read_text(encoding="utf-8")
        lines = original.splitlines(keepends=True)
        lines[mutant.number - 1] = lines[mutant.number - 1].replace(mutant.line, mutant.mutated)
        while tests := [test for test in tests if test not in self.bad]:
            path.write_text("".join(lines), encoding="utf-8")
            try:
                failed = self.failing(tests, seconds)
            except subprocess.TimeoutExpired:
                return "timed out", ""
            finally:
                path.write_text(original, encoding="utf-8")
            if failed is None:
                return "survived", ""
            if self.passes(failed):
                return "killed", failed
        return "not covered", ""


def affordable(tests: Iterable[str], durations: dict[str, float], most: int, seconds: float) -> list[str]:
    """Return the first tests, at most `most`, that take at most `seconds` in all; the first in any case."""
    taken: list[str] = []
    total = 0.0
    for test in tests:
        total += durations[test]
        if taken and (total > seconds or len(taken) == most):
            break
        taken.append(test)
    return taken


def copy_tree(tree: Path, to: Path) -> None:
    """Copy what the tests need; installed Node.js packages are linked."""
    shutil.copytree(tree, to, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
    for hidden in (".cargo", ".ci"):
        shutil.copytree(tree / hidden, to / hidden)
    for modules in LINKED:
        if (tree / modules).exists():
            (to / modules).symlink_to((tree / modules).resolve())


def read_report(path: Path) -> dict[Key, str]:
    """Return the outcome of each mutant of a report."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines() if path.exists() else [])
    return {(row["line"], row["mutated"]): row["outcome"] for row in rows}


def run(mutants: list[Mutant], options: argparse.Namespace) -> None:
    """Judge mutants in as many copies as there are jobs, and append each result to the report."""
    tests = Tests(options.coverage, options.durations)
    benches: queue.SimpleQueue[Workbench] = queue.SimpleQueue()

    def judge(mutant: Mutant) -> None:
        covering = affordable(tests.covering(mutant), tests.seconds, options.tests, options.seconds)
        start = time.monotonic()
        bench = benches.get()
        try:
            limit = 30 + 3 * sum(tests.seconds[test] for test in covering)
            outcome, failed = bench.judge(mutant, covering, limit)
        finally:
            benches.put(bench)
        row: dict[str, str | float] = {
            "outcome": outcome,
            "place": f"{mutant.file}:{mutant.number}",
            "line": mutant.line,
        }
        row |= {"mutated": mutant.mutated, "failed": failed, "tests": len(covering)}
        row["seconds"] = round(time.monotonic() - start, 1)
        print(f"{outcome:11}  {row['place']}  {mutant.line}  ->  {mutant.mutated}  {failed}", flush=True)
        with options.report.open("a", encoding="utf-8") as report:
            report.write(json.dumps(row, ensure_ascii=False) + "\n")

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.jobs) as pool:
        for job in range(options.jobs):
            copy_tree(options.tree, Path(folder, str(job)))
            benches.put(Workbench(Path(folder, str(job)), options.python))
        list(pool.map(judge, mutants))


def main() -> None:
    parser = argparse.ArgumentParser(description="put small faults into a copy and see whether a test fails")
    parser.add_argument("coverage", type=Path, help="coverage's data file, with a context for each test")
    parser.add_argument("durations", type=Path, help="the seconds of each test")
    parser.add_argument("--report", type=Path, required=True, help="where results are appended, as lines of JSON")
    parser.add_argument("--count", type=int, default=200, help="number of mutants")
    parser.add_argument("--seed", type=int, default=9, help="seed of the choice")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the version whose lines are changed")
    parser.add_argument("--also", type=Path, help="a second version that must have the same lines, each once")
    parser.add_argument("--select", type=Path, help="a report: run the mutants that survived in it, and no others")
    parser.add_argument("--tests", type=int, default=25, help="most tests to run for one mutant")
    parser.add_argument("--seconds", type=float, default=40, help="most seconds that those tests take in all")
    parser.add_argument("--jobs", type=int, default=1, help="number of mutants to run at a time")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that runs the tests")
    options = parser.parse_args()
    if options.select is None:
        chosen = choose(options.tree.resolve(), options.also, options.count, options.seed)
    else:
        found, _ = read_tree(options.tree.resolve())
        chosen = [
            found[key] for key, outcome in read_report(options.select).items() if outcome in LIVE and key in found
        ]
    done = read_report(options.report)
    run([mutant for mutant in chosen if mutant.key not in done], options)
    done = read_report(options.report)
    outcomes = Counter(done[mutant.key] for mutant in chosen)
    print(", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items())))


if __name__ == "__main__":
    main()
