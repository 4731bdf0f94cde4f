"""The load report, and the file of rejected cells that only its owner may read."""

import csv
from collections import Counter
from dataclasses import dataclass, field
from typing import TextIO

from pilookup.custody.intake.limits import MAX_PHONE_CHARS

REJECTS_HEADER = ("place", "row", "column", "reason", "text")

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass
class Report:
    """What a load did, never with a number in it.

    rows: data rows that are not blank. accepted: numbers after splitting cells; distinct and duplicates are
    filled by the load, which alone sees all files. rejected: a count per reason code. notes: sentences for
    the operator.
    """

    rows: int = 0
    accepted: int = 0
    distinct: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """The report as a JSON object; reasons are sorted by name."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "distinct": self.distinct,
            "duplicates": self.duplicates,
            "rejected": dict(sorted(self.rejected.items())),
            "notes": list(self.notes),
        }


class Rejects:
    """CSV writer of rejected cells: place, row, column, reason, text. The caller opens the file, mode 0600.

    A text that a spreadsheet would run as a formula gets an apostrophe in front: rejects are opened in
    spreadsheets, and their content was written by criminals.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._writer = csv.writer(stream, lineterminator="\n") if stream else None
        if self._writer and stream and not _holds_text(stream):
            self._writer.writerow(REJECTS_HEADER)

    def add(self, place: str, row: int, column: str, reason: str, text: str) -> None:
        """Write one rejected piece; `place` is the file or archive member, `row` its line or row."""
        if self._writer:
            text = text[:MAX_PHONE_CHARS]
            safe = "'" + text if text.startswith(_FORMULA_STARTS) else text
            self._writer.writerow((place, row, column, reason, safe))


def _holds_text(stream: TextIO) -> bool:
    """Whether an earlier file of the same load has written to this stream."""
    return stream.seekable() and stream.tell() > 0
