"""Finds the numbers in the comments and text boxes of a workbook package. It runs in the process of `sheet_program`."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Final

from pilookup.custody.intake.limits import BLOCK_BYTES
from pilookup.custody.intake.tables.blob_text import text_of_blob
from pilookup.custody.intake.tables.other_parts import find_in_other_parts
from pilookup.custody.intake.tables.unshown_text import UnshownNumbers
from pilookup.custody.intake.tables.xml_events import XmlDamageError, parse_xml

SIDE_TEXTS: Final = "comments, text boxes and other parts beside the cells"
"""Where such numbers are, in a report."""

_PART: Final = re.compile(r".*(?:comment|drawing|diagrams/data)[^/]*\.(?:xml|vml|bin)", re.IGNORECASE)
_TEXTS: Final = frozenset({"t", "text", "textbox"})
_PARAGRAPHS: Final = frozenset({"p", "comment", "text", "textbox", "div"})
_TAG: Final = re.compile(r"<[^<>]*>")


def find_side_numbers(data: bytes) -> UnshownNumbers:
    """The numbers in the comments, text boxes, shapes and other parts of an XLSX or XLSB package.

    Raises:
        SheetFaultError: A part declares entities or is nested too deep.
    """
    found = UnshownNumbers()
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in filter(_PART.fullmatch, package.namelist()):
            if name.lower().endswith(".bin"):
                found.add_words(text_of_blob(package.read(name)))
                continue
            texts = SideTexts(found, _TEXTS, _PARAGRAPHS)
            try:
                for _ in parse_xml(_blocks(package, name), texts):
                    pass
            except XmlDamageError:  # the drawings of old versions are HTML, and need not be well-formed
                found.add_words(_TAG.sub("\n", package.read(name).decode("utf-8", "replace")))
        find_in_other_parts(package, found, _PART)
    return found


def _blocks(package: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with package.open(name) as stream:
        while block := stream.read(BLOCK_BYTES):
            yield block


class SideTexts:
    """Receives the events of texts beside the cells, and adds the numbers in them.

    Args:
        found: Receives the numbers.
        texts: The elements whose characters are text.
        paragraphs: The elements that end a line.
    """

    def __init__(self, found: UnshownNumbers, texts: frozenset[str], paragraphs: frozenset[str]) -> None:
        self._found = found
        self._texts = texts
        self._paragraphs = paragraphs
        self._depth = 0
        self._line: list[str] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        """An element starts."""
        self._depth += name in self._texts

    def end(self, name: str) -> None:
        """An element ends."""
        self._depth -= name in self._texts
        if name in self._paragraphs:
            self._found.add_words("".join(self._line))
            self._line = []

    def data(self, text: str) -> None:
        """Text, or a part of it."""
        if self._depth > 0:
            self._line.append(text)
