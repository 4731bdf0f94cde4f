"""The filters that build files and scripts give to cargo and pytest, and the tests that these can match."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.docs.documents import ROOT

SCRIPTS = [ROOT / "Makefile", ROOT / ".ci" / "run", *sorted((ROOT / "tests").glob("*.sh"))]

_RUST_TEST = re.compile(r"#\[test\]\s*(?:#\[[^\]]*\]\s*)*fn (\w+)")
_SEPARATORS = {"&&", "||", ";", "|", "(", ")"}
# The options of cargo and pytest whose value is the next word.
_CARGO_VALUES = {"--package", "-p", "--manifest-path", "--test", "--features"}
_PYTEST_VALUES = {"-n", "--dist", "-k", "-p", "--durations"}


@dataclass(frozen=True)
class Filter:
    """One filter: the script that gives it, the runner (`cargo`, `pytest`), its kind (`name`, `path`, `mark`), its text."""

    script: str
    runner: str
    kind: str
    text: str


def filters_of(script: str, text: str) -> Iterator[Filter]:
    """Find the filters in the commands of a script or Makefile. A final backslash continues a line."""
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        words = shlex.split(line, comments=True) if re.search(r"\b(cargo test|pytest)\b", line) else []
        for command in _commands(words):
            if command[:2] == ["cargo", "test"]:
                yield from (Filter(script, "cargo", "name", name) for name in _cargo_names(command[2:]))
            elif command[:1] == ["pytest"]:
                yield from (Filter(script, "pytest", *given) for given in _pytest_filters(command[1:]))


def rust_test_names() -> set[str]:
    """Return the names of the core's unit tests as cargo prints them: `simd::ristretto::tests::name`.

    The binary `constant_time` has no harness; it takes its own name as a filter for all its checks.
    """
    names = {"constant_time"}
    source = ROOT / "rust" / "core" / "src"
    for path in source.rglob("*.rs"):
        parts = [part for part in path.relative_to(source).with_suffix("").parts if part not in {"mod", "lib"}]
        names.update("::".join([*parts, name]) for name in _RUST_TEST.findall(path.read_text(encoding="utf-8")))
    return names


def marks_in_use() -> set[str]:
    """Return the marks that the tests bear."""
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return {mark for text in texts for mark in re.findall(r"pytest\.mark\.(\w+)", text)}


def path_has_tests(text: str) -> bool:
    """Whether a path given to pytest leads to a file of tests, or to a directory with one."""
    path = ROOT / text.partition("::")[0]
    return path.is_file() or any(path.rglob("test_*.py"))


def script_filters() -> list[Filter]:
    """Return the filters of all scripts of the project."""
    return [
        found
        for script in SCRIPTS
        for found in filters_of(str(script.relative_to(ROOT)), Path(script).read_text(encoding="utf-8"))
    ]


def _commands(words: list[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in words:
        bare = word.strip("()")
        if bare:
            command.append(bare)
        if word in _SEPARATORS or word.endswith((";", ")")):
            yield [part for part in command if part not in _SEPARATORS]
            command = []
    yield command


def _cargo_names(arguments: list[str]) -> Iterator[str]:
    after_options = False
    previous = ""
    for word in arguments:
        if word == "--":
            after_options = True
        elif not word.startswith("-") and previous not in _CARGO_VALUES:
            yield word
        previous = "" if after_options else word


def _pytest_filters(arguments: list[str]) -> Iterator[tuple[str, str]]:
    previous = ""
    for word in arguments:
        option, equals, value = word.partition("=")
        if previous == "-m":
            yield from (("mark", name) for name in re.findall(r"\w+", word) if name not in {"and", "or", "not"})
        elif option in {"--ignore", "--deselect"} and equals:
            yield "path", value
        elif not word.startswith("-") and previous not in _PYTEST_VALUES:
            yield "path", word
        previous = word
