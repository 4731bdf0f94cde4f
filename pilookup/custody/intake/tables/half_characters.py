"""Finds delimiters in GB18030 that were read as the second byte of a character."""

from typing import Final

_SECOND_BYTES: Final = range(0x40, 0x7F)
"""Bytes of ASCII that may be the second byte of a character. A comma, a semicolon and a tab are none of them."""


class HalfCharacters:
    """Restores lines in which a name was cut off in the middle of a character, before a delimiter such as |.

    Attributes:
        count: Number of lines restored so far.
    """

    def __init__(self, delimiter: str, width: int) -> None:
        """Prepare to restore lines.

        Args:
            delimiter: The delimiter of the lines.
            width: Number of cells in most rows.
        """
        self._delimiter = delimiter
        self._width = width
        self.count = 0

    @property
    def possible(self) -> bool:
        """Whether the delimiter may be a second byte."""
        return self._delimiter.isascii() and any(ord(char) in _SECOND_BYTES for char in self._delimiter[:1])

    def restored(self, line: str) -> str:
        """The line with U+FFFD in place of half characters, if it then has the usual number of cells."""
        if '"' in line or line.count(self._delimiter) + 1 >= self._width:
            return line
        cells = line.encode("gb18030", "replace").split(self._delimiter.encode())
        if len(cells) != self._width:
            return line
        self.count += 1
        return self._delimiter.join(cell.decode("gb18030", "replace") for cell in cells)
