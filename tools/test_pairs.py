"""Compare the tests of two versions of the project, so that a move or a rename loses none of them unnoticed.

    EVERY_CASE=1 python -m pytest --collect-only -q -m '' > old.txt        in a checkout of the old version
    python tools/test_pairs.py old.txt [new.txt]

A pair is a test function and its parameters, as pytest names them: `tests/x/test_y.py::test_z[a-b]`. Each old pair is
mapped by the file moves of `tests/moved_files.txt` and by the renames of `tests/renamed.txt`, both lines of `old -> new`,
and looked up among the new pairs. A rename without brackets covers all parameters of the test. The new name `removed`
states that a test was removed on purpose. Without new.txt the pairs of this checkout are collected. The renames also list
tests of `rust/`, as `rust/x/y.rs::test`; they are looked up in this checkout's sources.

Prints the missing pairs and their number, and the renames whose new name is not among the new tests. Ends with status 1
if there is either.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOVED = ROOT / "tests" / "moved_files.txt"
RENAMED = ROOT / "tests" / "renamed.txt"
REMOVED = "removed"

_RUST_TEST = re.compile(r"^\s*fn (\w+)\(", re.MULTILINE)
_PAIR = re.compile(r"(?P<file>[\w./-]+\.(?:py|rs))::(?P<test>[\w:]+)(?P<parameters>\[.*\])?")


def read_mapping(text: str) -> dict[str, str]:
    """Read lines of `old -> new`.

    Raises:
        ValueError: a line has no arrow, or an old name is listed twice.
    """
    mapping: dict[str, str] = {}
    for line in filter(None, text.splitlines()):
        old, arrow, new = line.partition(" -> ")
        if not arrow or old in mapping:
            raise ValueError(f"not a mapping, or listed twice: {line}")
        mapping[old] = new
    return mapping


def pairs(output: str) -> set[str]:
    """Return the pairs that `pytest --collect-only -q` printed."""
    return {line for line in output.splitlines() if _PAIR.fullmatch(line)}


def current_name(pair: str, moved: Mapping[str, str], renamed: Mapping[str, str]) -> str:
    """Follow the moves and renames of one old pair to its newest name.

    Raises:
        ValueError: the renames lead back to a name that was already left.
    """
    seen: set[str] = set()
    while pair not in seen:
        seen.add(pair)
        match = _PAIR.fullmatch(pair)
        if match is None:
            return pair
        parameters = match["parameters"] or ""
        base = pair.removesuffix(parameters)
        if pair in renamed:
            pair = renamed[pair]
        elif base in renamed and not renamed[base].startswith(f"{base}["):  # a test that got parameters has them now
            pair = renamed[base] if renamed[base] == REMOVED else renamed[base] + parameters
        elif match["file"] in moved:
            pair = moved[match["file"]] + pair.removeprefix(match["file"])
        else:
            return pair
    raise ValueError(f"the renames of {pair} form a circle")


def missing(
    old: Iterable[str], new: set[str], moved: Mapping[str, str], renamed: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return each old pair that is not among the new ones, with the name that it should have today."""
    names = ((pair, current_name(pair, moved, renamed)) for pair in sorted(old))
    return [(pair, name) for pair, name in names if name != REMOVED and name not in new]


def dangling(new: set[str], moved: Mapping[str, str], renamed: Mapping[str, str]) -> list[str]:
    """Return the renames whose last name is not a test today."""
    known = new | {pair.partition("[")[0] for pair in new} | {REMOVED}
    return [old for old in sorted(renamed) if current_name(old, moved, renamed) not in known]


def rust_tests(root: Path) -> set[str]:
    """Return the functions of the Rust sources under `root/rust`, named as the renames name tests."""
    files = (path for part in ("core", "binding") for path in (root / "rust" / part).rglob("*.rs"))
    return {
        f"{path.relative_to(root)}::{name}" for path in files for name in _RUST_TEST.findall(path.read_text("utf-8"))
    }


def collect() -> str:
    """Return the output of pytest's collection of this checkout, with the tests that markers and the sample leave out."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", ""]
    environment = os.environ | {"EVERY_CASE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


def main() -> int:
    parser = argparse.ArgumentParser(description="compare the tests of two versions")
    parser.add_argument("old", type=Path, help="the pairs of the old version: output of pytest --collect-only -q")
    parser.add_argument("new", type=Path, nargs="?", help="the pairs of the new version; collected if not given")
    options = parser.parse_args()
    moved, renamed = (read_mapping(path.read_text(encoding="utf-8")) for path in (MOVED, RENAMED))
    old = pairs(options.old.read_text(encoding="utf-8"))
    new = pairs(options.new.read_text(encoding="utf-8") if options.new else collect())
    if not old or not new:
        print("a list names no tests", file=sys.stderr)
        return 1
    lost, loose = missing(old, new, moved, renamed), dangling(new | rust_tests(ROOT), moved, renamed)
    for pair, name in lost:
        print(f"missing: {pair}" if pair == name else f"missing: {pair}\n      as {name}")
    for name in loose:
        print(f"renamed to a test that does not exist: {name}")
    removed = sum(current_name(pair, moved, renamed) == REMOVED for pair in old)
    print(
        f"{len(old)} old pairs, {len(new)} new: {len(lost)} missing, {removed} removed on purpose, {len(loose)} dangling"
    )
    return 1 if lost or loose else 0


if __name__ == "__main__":
    sys.exit(main())
