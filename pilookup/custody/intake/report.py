"""The load report, and the file of rejected cells that only its owner may read."""

import csv
import io
from collections import Counter
from collections.abc import Callable
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

    def add(self, other: "Report") -> None:
        """Count in what another report counted of other rows; distinct numbers do not add up and stay."""
        self.rows += other.rows
        self.accepted += other.accepted
        self.rejected.update(other.rejected)
        self.notes.extend(other.notes)

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


@dataclass
class Tally:
    """What a table's notes count. stray: lines whose quotes do not pair up; the rest as the notes say it."""

    ragged: int = 0
    repeated: int = 0
    lost: int = 0
    unreadable: int = 0
    out_of_range: int = 0
    stray: int = 0

    def add(self, other: "Tally") -> None:
        """Count in another part of the same table."""
        for name in vars(other):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def notes(self, location: str) -> list[str]:
        """Sentences about the rows, for the report."""
        counts = (self.ragged, self.repeated, self.lost, self.unreadable, self.out_of_range)
        return [
            f"{location}: {count:,} {one if count == 1 else many}{rest}"
            for count, (one, many, rest) in zip(counts, _SENTENCES, strict=True)
            if count
        ]


_SENTENCES = (
    ("row has", "rows have", " more or fewer cells than the header"),
    ("number", "numbers", " stood twice in one row, counted once"),
    (
        "number",
        "numbers",
        " lost digits in a spreadsheet (such as 1.38E+10): ask for the original, or the column as text",
    ),
    ("date", "dates", " could not be read, taken as unknown"),
    ("date lies", "dates lie", " before 2000 or in the future, taken as unknown"),
)


class Rejects:
    """CSV writer of rejected cells: place, row, column, reason, text. The caller opens the file, mode 0600.

    A text that a spreadsheet would run as a formula gets an apostrophe in front: rejects are opened in
    spreadsheets, and their content was written by criminals.
    """

    def __init__(self, stream: TextIO | None, *, header: bool = True) -> None:
        self._writer = csv.writer(stream, lineterminator="\n") if stream else None
        if self._writer and stream and header and not _holds_text(stream):
            self._writer.writerow(REJECTS_HEADER)

    def add(self, location: str, row: int, column: str, reason: str, text: str) -> None:
        """Write one rejected piece; `location` is the file or archive member, `row` its line or row."""
        if self._writer:
            text = text[:MAX_PHONE_CHARS]
            safe = "'" + text if text.startswith(_FORMULA_STARTS) else text
            self._writer.writerow((location, row, column, reason, safe))

    def join(self, text: str, label: Callable[[int], str]) -> None:
        """Write what another writer, without header, wrote about columns by their 1-based index."""
        if self._writer:
            rows = csv.reader(io.StringIO(text, newline=""))
            self._writer.writerows((location, row, label(int(at) - 1), *rest) for location, row, at, *rest in rows)


def _holds_text(stream: TextIO) -> bool:
    """Whether an earlier file of the same load has written to this stream."""
    return stream.seekable() and stream.tell() > 0
