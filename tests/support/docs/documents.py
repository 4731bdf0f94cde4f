"""The project's documents, and the fenced blocks in them."""

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its document, language and text."""

    document: Path
    language: str
    text: str

    def __str__(self):
        return f"{self.document.relative_to(ROOT)}: {self.text.splitlines()[0]}"


def blocks(*languages):
    """Return all blocks of some languages, in all documents. A block within a list is read without its indentation."""
    found = [
        Block(document, language, dedent(text))
        for document in DOCUMENTS
        for _indent, language, text in _FENCE.findall(document.read_text(encoding="utf-8"))
    ]
    return [block for block in found if block.language in languages]


def prose(document):
    """Return a document's text without its fenced blocks."""
    return _FENCE.sub("", document.read_text(encoding="utf-8"))
