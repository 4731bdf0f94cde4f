"""Finds the mobiles in the parts of an XLSX package that are no cells: page headers, links, lists, names and caches.

It runs in the process of `sheet_program`. Parts are searched as they are, since the schemas of these parts are many.
"""

import re
import zipfile
from typing import Final

from pilookup.custody.intake.limits import BLOCK_BYTES
from pilookup.custody.intake.tables.unshown_text import UnshownNumbers

_READ: Final = re.compile(
    r"xl/(?:sharedStrings|styles|calcChain)\.xml|xl/theme/.*|\[Content_Types\]\.xml|docProps/app\.xml", re.IGNORECASE
)
"""Parts that are read elsewhere, or that hold no text of people."""
_XML: Final = re.compile(r".*\.(?:xml|rels)", re.IGNORECASE)
_BEHIND: Final = (
    (
        re.compile(r"xl/worksheets/[^/]*\.xml", re.IGNORECASE),
        re.compile(rb"</(?:\w+:)?sheetData>|<(?:\w+:)?sheetData\s*/>"),
    ),
    (re.compile(r"xl/workbook\.xml", re.IGNORECASE), re.compile(rb"</(?:\w+:)?sheets>")),
)
"""What is read elsewhere at the start of a part, and where it ends: the cells of a sheet, and the names of sheets."""
_MOBILE: Final = re.compile(
    rb"(?:(?<![0-9A-Za-z.])|(?<=&amp;[LCR]))(?:\+?86)?(1[3-9][0-9](?:[0-9]{8}|-[0-9]{4}-[0-9]{4}))(?![0-9A-Za-z.])"
)
_OVERLAP: Final = 32
"""More bytes than a number has: it may go on in the next block."""


def find_in_other_parts(package: zipfile.ZipFile, found: UnshownNumbers, side_parts: re.Pattern[str]) -> None:
    """Add the mobiles in the other parts of a package.

    Args:
        package: The package.
        found: Receives the numbers.
        side_parts: The names of the parts of comments and drawings. Their texts are read elsewhere, and they have
            positions and identifiers that look like mobiles.
    """
    for name in package.namelist():
        if _XML.fullmatch(name) and not _READ.fullmatch(name) and not side_parts.fullmatch(name):
            _search(package, name, found, next((end for part, end in _BEHIND if part.fullmatch(name)), None))


def _search(package: zipfile.ZipFile, name: str, found: UnshownNumbers, behind: re.Pattern[bytes] | None) -> None:
    """Search a part, or what stands in it behind a pattern."""
    text = b""
    with package.open(name) as stream:
        while block := stream.read(BLOCK_BYTES):
            text = text[-_OVERLAP:] + block
            if behind is not None:
                end = behind.search(text)
                if end is None:
                    continue
                text, behind = text[end.end() :], None
            for mobile in _MOBILE.finditer(text):
                if mobile.end() < len(text) or len(block) < BLOCK_BYTES:
                    found.add_words(mobile[1].decode())
