"""The file of rejected cells, which only its owner may read."""

import csv
import io
from collections.abc import Callable
from typing import TextIO

from pilookup.compute.callbacks import caller_code
from pilookup.custody.intake.limits import MAX_REJECT_CHARS

REJECTS_HEADER = ("place", "row", "column", "reason", "text")
"""Column names of the rejects file. Users' own scripts read them, so they do not change."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Rejects:
    """Writes rejected cells as CSV: place, row, column, reason, text. The caller opens the file, with mode 0600.

    A text that a spreadsheet would run as a formula gets an apostrophe in front, because the file of rejects is opened
    in spreadsheets and its content was written by criminals. What the stream raises is raised as CallbackError.
    """

    def __init__(self, stream: TextIO | None, *, header: bool = True) -> None:
        """Write to `stream`, or nowhere if it is None.

        Args:
            stream: The open text file.
            header: Whether to write the header line, unless the stream holds text already.
        """
        self._writer = csv.writer(stream, lineterminator="\n") if stream else None
        if self._writer and stream and header:
            with caller_code():
                if not _holds_text(stream):
                    self._writer.writerow(REJECTS_HEADER)

    def add(self, location: str, row: int, column: str, reason: str, text: str) -> None:
        """Write one rejected text, cut to `MAX_REJECT_CHARS`.

        Args:
            location: The file, archive member or sheet.
            row: The 1-based line or row.
            column: The header cell of the column, or its 1-based index.
            reason: The reason code.
            text: The rejected cell, or the rejected number in it.
        """
        if self._writer:
            text = text[:MAX_REJECT_CHARS]
            safe = "'" + text if text.startswith(_FORMULA_STARTS) else text
            with caller_code():
                self._writer.writerow((location, row, column, reason, safe))

    def join(self, text: str, label: Callable[[int], str] | None) -> None:
        """Write lines that another `Rejects` wrote without a header.

        Args:
            text: The lines, as CSV.
            label: Maps a 0-based column index to the column's label, where the lines have each column as a 1-based
                index; None if they have labels.
        """
        if self._writer:
            rows = csv.reader(io.StringIO(text, newline=""))
            labelled = [
                (location, row, label(int(at) - 1) if label else at, *rest) for location, row, at, *rest in rows
            ]
            with caller_code():
                self._writer.writerows(labelled)


def _holds_text(stream: TextIO) -> bool:
    """Whether text was written to this stream before, which an earlier file of the same load does."""
    return stream.seekable() and stream.tell() > 0
