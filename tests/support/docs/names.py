"""What the project's texts mention of its own code: paths, dotted names, and names in backticks.

The texts are documents, build files and shell scripts as a whole, and the comments and docstrings of source code.
"""

import ast
import importlib
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath

from tests.support.docs.documents import ROOT
from tests.support.docs.files import project_files

PYTHON = {".py", ".pyi"}
SLASHED = {".rs", ".ts", ".mjs"}
WHOLE = {".md", ".sh", ".toml"}
WHOLE_NAMES = {"Makefile", "run"}

# A path may start at the root of the project, at the file that mentions it, or at one of these.
BASES = ("", "server", "server/pilookup_server", "server/web", "server/web/src", "rust", "rust/core", "rust/core/src")

_TOPS = "pilookup|pilookup_server|server|rust|tests|tools|docs|benchmarks|examples|deploy"
_PATH = re.compile(
    rf"(?<![\w./{{}}<>$*@-])((?:\.\./)*(?:(?:{_TOPS})/[\w./-]*\w|(?:[\w-]+/)*\w[\w-]*\.(?:pyi?|rs|ts|mjs|sh|md)\b))(?![\w/*{{<])"
)
_DOTTED = re.compile(r"(?<![\w./@-])((?:pilookup|pilookup_server)(?:\.[A-Za-z_]\w*)+)(?![\w/-])")
_BACKTICKED = re.compile(r"(?<!`)`([A-Za-z_][\w.:]*)(?:\(\))?`(?!`)")
_SLASH_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass
class Mentions:
    """What one file mentions, in the order of its text."""

    file: PurePosixPath
    paths: list[str] = field(default_factory=list)
    dotted: list[str] = field(default_factory=list)
    backticked: list[str] = field(default_factory=list)


def mentions(file: PurePosixPath, text: str) -> Mentions:
    """Find what a file's texts mention.

    Args:
        file: The file, relative to the root of the project. Its suffix says which parts of it are texts.
        text: What the file contains.
    """
    found = Mentions(file)
    for part in texts(file, text):
        found.paths += _PATH.findall(part)
        found.dotted += _DOTTED.findall(part)
        found.backticked += _BACKTICKED.findall(part)
    return found


def texts(file: PurePosixPath, text: str) -> Iterable[str]:
    """The texts of a file: all of a document or build file, comments and docstrings of code, nothing of others."""
    if file.suffix in WHOLE or file.name in WHOLE_NAMES:
        return [text]
    if file.suffix in PYTHON:
        return _python_texts(text)
    return _SLASH_COMMENT.findall(text) if file.suffix in SLASHED else []


def words_of_code() -> frozenset[str]:
    """Return every word of the project's code outside comments and docstrings, short string literals included."""
    words: set[str] = set()
    for file, text in sources():
        if file.suffix in PYTHON:
            words.update(_python_words(text))
        elif file.suffix in SLASHED:
            words.update(WORD.findall(_SLASH_COMMENT.sub("", text)))
        elif file.suffix not in {".md", ".txt", ".lock", ".in"}:
            words.update(WORD.findall(text))
    return frozenset(words)


@cache
def sources() -> tuple[tuple[PurePosixPath, str], ...]:
    """Return every text file of the project: its path relative to the root, and what it contains."""
    found = []
    for path in sorted(project_files()):
        try:
            found.append((PurePosixPath(path.relative_to(ROOT).as_posix()), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return tuple(found)


@cache
def _known() -> frozenset[str]:
    files = [path.relative_to(ROOT) for path in project_files()]
    return frozenset(part.as_posix() for path in files for part in (path, *path.parents))


@cache
def _tails() -> frozenset[str]:
    """The ends of every path, as `b/c` and `c` are those of `a/b/c`."""
    return frozenset("/".join(parts[i:]) for parts in (path.split("/") for path in _known()) for i in range(len(parts)))


def path_exists(path: str, file: PurePosixPath) -> bool:
    """Whether a path that a file mentions leads to a file or directory of the project.

    A decision may be named by its number alone, as `docs/adr/0013`; a table of contents names documents without suffix.
    """
    if not _tails().isdisjoint((path, f"{path}.md".removeprefix("../"))):
        return True
    for base in (*BASES, file.parent.as_posix()):
        place = (ROOT / base / path).resolve()
        known = place.relative_to(ROOT).as_posix() if place.is_relative_to(ROOT) else ""
        if known in _known() or (re.fullmatch(r"docs/adr/\d{4}", known) and list(ROOT.glob(f"{known}-*.md"))):
            return True
    return False


def dotted_name_exists(name: str) -> bool:
    """Whether a dotted name is that of a module, or of something that a module or class has."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[count:]:
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return True
    return False


def _python_texts(source: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def _python_words(source: str) -> Iterator[str]:
    longest_literal = 200
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.string
        elif token.type == tokenize.STRING and len(token.string) < longest_literal:
            yield from WORD.findall(token.string)
