"""Checks a text block by block: binary content, lines that are too long, NUL and byte order marks inside."""

from itertools import groupby
from typing import Final

from pilookup.custody.intake.files.mended_text import MARK
from pilookup.custody.intake.limits import LONG_LINE, MAX_LINE_CHARS
from pilookup.custody.intake.unreadable import NotATableError
from pilookup.errors import IntakeError

GLUED_BYTES: Final = 12
"""A byte order mark before this many bytes of the first line begins another file."""

_UNLIMITED: Final = 1 << 62
_PLAIN_CONTROLS: Final = frozenset("\t\n\r\x0b\x0c\x1a\x00")
SEPARATING_CONTROLS: Final = frozenset("\x01\x02\x03\x1c\x1d\x1e\x1f")
"""Control characters that programs write between cells."""


class TextChecks:
    """Checks text block by block: refuses a line that is too long and binary content, and counts lines.

    Attributes:
        line: 1-based number of the line that is not finished.
        nuls: Whether there was a NUL character.
        marks: Whether there was a BOM at the start of a later line, before the first line again, or of UTF-16 that is
            read in the wrong byte order.
        blank: Whether there was nothing but white space, NUL, end-of-file marks and BOMs.
        characters: Number of characters so far.
    """

    def __init__(self, location: str, *, long_lines: bool) -> None:
        """Start at the first character.

        Args:
            location: The file or member, for errors.
            long_lines: Whether a line may be longer than `MAX_LINE_CHARS`.
        """
        self._location = location
        self._max_line = _UNLIMITED if long_lines else MAX_LINE_CHARS
        self._open = 0  # characters so far in the line that is not finished
        self._last = ""
        self._first = ""
        self.line = 1
        self.nuls = self.marks = False
        self.blank = True
        self.characters = 0

    def feed(self, text: str) -> None:
        """Check the next block.

        Raises:
            IntakeError: A line is too long.
            NotATableError: The text starts with binary data.
        """
        if not self.characters:
            refuse_binary(self._location, text)
            self._first = text[: GLUED_BYTES // 3].partition("\n")[0].strip() or "\n"
        self.characters += len(text)
        self.nuls = self.nuls or "\x00" in text
        self.marks = self.marks or self._has_marks(text)
        self.blank = self.blank and not text.strip(" \t\r\n\x00\x1a\ufeff")
        unified = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
        first = unified.find("\n")
        grown = self._open + (len(unified) if first < 0 else first)
        if grown > self._max_line:
            raise IntakeError(f"{self._location} line {self.line}", LONG_LINE)
        self.line += unified.count("\n")
        if self._last == "\r" and text.startswith("\n"):
            self.line -= 1  # one line end, \r\n, that two blocks share
        self._last = text[-1:]
        self._open = grown if first < 0 else len(unified) - unified.rfind("\n") - 1

    def _has_marks(self, text: str) -> bool:
        text = self._last + text
        if "\ufffe" in text or "\u0a0d" in text:  # the latter is \r\n of bytes, read as one unit of UTF-16
            return True
        return (MARK in text and any(before + MARK in text for before in "\r\n")) or MARK + self._first in text


def refuse_binary(location: str, text: str) -> None:
    """Refuse a text whose first characters are binary data.

    Raises:
        NotATableError: They are.
    """
    head = text[:4096]
    controls = sum(char < " " and char not in _PLAIN_CONTROLS | SEPARATING_CONTROLS for char in head)
    # A row of empty cells is a run of one separator, and counts once.
    separators = sum(char in SEPARATING_CONTROLS for char, _ in groupby(head))
    if controls * 50 > len(head) or max(separators * 2, head.count("\x00") * 4) > len(head):
        raise NotATableError(location, "holds binary data, not text", "binary data")
