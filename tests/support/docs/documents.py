"""The project's documents, and the fenced blocks in them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its document, language and text."""

    document: Path
    language: str
    text: str

    def __str__(self):
        return f"{self.document.relative_to(ROOT)}: {self.text.splitlines()[0]}"


def blocks(language):
    """Return all blocks of a language, in all documents."""
    found = [
        Block(document, *fence.groups())
        for document in DOCUMENTS
        for fence in _FENCE.finditer(document.read_text(encoding="utf-8"))
    ]
    return [block for block in found if block.language == language]


def commands(text):
    """Return the commands of a console block, the lines that start with `$ `. A final backslash continues a line."""
    return [line[2:] for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line.startswith("$ ")]


def prose(document):
    """Return a document's text without its fenced blocks."""
    return _FENCE.sub("", document.read_text(encoding="utf-8"))
