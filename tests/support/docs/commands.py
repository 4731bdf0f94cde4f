"""The shell commands of the documents: as words, and which of them are not run by tests/docs/test_commands.py."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.docs.documents import DOCUMENTS, ROOT, Block, blocks

NOT_RUN = ROOT / "tests" / "docs" / "not_run.toml"
HARDWARE = "hardware: "
"""How the reason begins for which a command of pilookup itself may stay without a test."""

_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")
_COMMENT = re.compile(r"(?:^|\s+)#[ :!].*$", re.MULTILINE)
_CONTINUED = re.compile(r"[ ]*\\\n\s*")


@dataclass(frozen=True)
class Command:
    """A command of a console block with the output that the page shows, or a whole block of bash.

    Attributes:
        text: What is given to the shell.
        output: The lines that it prints, as in a transcript; empty if the page shows none.
    """

    text: str
    output: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The line that `not_run.toml` names it by: its first one after `set`, without a comment."""
        lines = [line.strip() for line in _COMMENT.sub("", self.text).splitlines() if line.strip()]
        return next((line for line in lines if not line.startswith("set ")), lines[0])


def commands_of(block: Block) -> list[Command]:
    """The commands of a block: each line with `$ `, and the lines that follow as its output; or a block of bash as one."""
    if block.language == "bash":
        return [Command(block.text)]
    found: list[Command] = []
    for line in _CONTINUED.sub(" ", block.text).splitlines():
        if line.strip().startswith("$ "):
            found.append(Command(line.strip()[2:]))
        elif line.strip():
            found[-1] = Command(found[-1].text, (*found[-1].output, line))
    return found


def commands_by_document() -> dict[Path, list[Command]]:
    """The commands of every document that has some, in order."""
    found: dict[Path, list[Command]] = {document: [] for document in DOCUMENTS}
    for block in blocks("console", "bash"):
        found[block.document] += commands_of(block)
    return {document: commands for document, commands in found.items() if commands}


def not_run() -> dict[str, str]:
    """The commands that no test runs, by their first line, with the reason of each."""
    listed = tomllib.loads(NOT_RUN.read_text(encoding="utf-8"))["not_run"]
    assert len({entry["command"] for entry in listed}) == len(listed), "a command is listed twice"
    return {entry["command"]: entry["reason"] for entry in listed}


def simple_commands(text: str) -> Iterator[list[str]]:
    """Yield a shell text's commands as lists of words, without comments and leading assignments."""
    for line in _CONTINUED.sub(" ", text).splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;")
        lexer.whitespace_split = True
        lexer.commenters = "#"
        words: list[str] = []
        for token in [*lexer, ";"]:
            if token[0] in "&|;":
                if words:
                    yield words
                words = []
            elif words or not _ASSIGNMENT.fullmatch(token):
                words.append(token)
