"""The report of a load, and the file of rejected cells, which only its owner may read."""

import csv
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from pilookup.compute.callbacks import caller_code
from pilookup.custody.intake.limits import MAX_PHONE_CHARS

REJECTS_HEADER = ("place", "row", "column", "reason", "text")
"""Column names of the rejects file. Users' own scripts read them, so they do not change."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass
class Report:
    """What a load did. It never contains a phone number.

    Attributes:
        rows: Number of data rows that are not blank.
        accepted: Number of accepted numbers, after the numbers of each cell were separated.
        distinct: Number of distinct numbers. The load sets it, because only the load sees all files.
        duplicates: `accepted` less `distinct`; set by the load.
        rejected: Number of rejected numbers for each reason code.
        notes: Sentences for the operator.
    """

    rows: int = 0
    accepted: int = 0
    distinct: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Add the counts and notes of a report on other rows; `distinct` and `duplicates` do not add up and stay."""
        self.rows += other.rows
        self.accepted += other.accepted
        self.rejected.update(other.rejected)
        self.notes.extend(other.notes)

    def to_json(self) -> dict[str, object]:
        """The report as a JSON object, with reason codes in alphabetical order."""
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
    """Counts that become the notes of one table.

    Attributes:
        ragged: Rows with more or fewer cells than the header.
        repeated: Numbers that occur twice in one row.
        lost: Numbers that lost digits in a spreadsheet.
        unreadable: Dates that could not be read.
        out_of_range: Dates before 2000 or in the future.
        stray: Lines whose quotes do not pair up; `tables.text.notes_on` writes their note.
    """

    ragged: int = 0
    repeated: int = 0
    lost: int = 0
    unreadable: int = 0
    out_of_range: int = 0
    stray: int = 0

    def add(self, other: "Tally") -> None:
        """Add the counts of other rows of the same table."""
        for name in vars(other):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def notes(self, location: str) -> list[str]:
        """Sentences for the report, one for each count that is not zero, except `stray`."""
        counts = (self.ragged, self.repeated, self.lost, self.unreadable, self.out_of_range)
        return [
            f"{location}: {count:,} {one if count == 1 else many}{rest}"
            for count, (one, many, rest) in zip(counts, _SENTENCES, strict=True)
            if count
        ]


_SENTENCES = (
    ("row has", "rows have", " more or fewer cells than the header"),
    ("number", "numbers", " occurred twice in one row, counted once"),
    (
        "number",
        "numbers",
        " lost digits in a spreadsheet (such as 1.38E+10): ask for the original, or the column as text",
    ),
    ("date", "dates", " could not be read, taken as unknown"),
    ("date lies", "dates lie", " before 2000 or in the future, taken as unknown"),
)


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
        """Write one rejected text, cut to `MAX_PHONE_CHARS`.

        Args:
            location: The file, archive member or sheet.
            row: The 1-based line or row.
            column: The header cell of the column, or its 1-based index.
            reason: The reason code.
            text: The rejected cell, or the rejected number in it.
        """
        if self._writer:
            text = text[:MAX_PHONE_CHARS]
            safe = "'" + text if text.startswith(_FORMULA_STARTS) else text
            with caller_code():
                self._writer.writerow((location, row, column, reason, safe))

    def join(self, text: str, label: Callable[[int], str]) -> None:
        """Write lines that another `Rejects` wrote without a header, with each column as a 1-based index.

        Args:
            text: The lines, as CSV.
            label: Maps a 0-based column index to the column's label.
        """
        if self._writer:
            rows = csv.reader(io.StringIO(text, newline=""))
            labelled = [(location, row, label(int(at) - 1), *rest) for location, row, at, *rest in rows]
            with caller_code():
                self._writer.writerows(labelled)


def _holds_text(stream: TextIO) -> bool:
    """Whether text was written to this stream before, which an earlier file of the same load does."""
    return stream.seekable() and stream.tell() > 0
