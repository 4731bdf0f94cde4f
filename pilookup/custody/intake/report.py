"""The report of a load."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from pilookup.custody.intake.load_warning import LoadWarning, WarningCode
from pilookup.custody.intake.table_columns import ColumnUse

ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"


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
        columns: The columns that hold numbers, read or not, in the order of the tables.
        warnings: What the operator must look at. With `--strict` each of them prevents the load.
        months: Number of accepted numbers for each month in which they were last seen, as in `Accepted.months`; 0 is
            the unknown month. Numbers that have been erased are among them.
        given: Names of columns that the operator gave, as far as a table has them.
        headers: The headers of the tables, in the form of `ColumnUse.header`.
        by_column: The counts `ACCEPTED` and `REJECTED` of each column, by location, table and column as in `ColumnUse`.
            Numbers that have been erased are accepted here.
    """

    rows: int = 0
    accepted: int = 0
    distinct: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    columns: list[ColumnUse] = field(default_factory=list)
    warnings: list[LoadWarning] = field(default_factory=list)
    months: Counter[int] = field(default_factory=Counter)
    given: set[str] = field(default_factory=set)
    headers: dict[str, None] = field(default_factory=dict)
    by_column: dict[tuple[str, int, int], Counter[str]] = field(default_factory=dict)

    def warn(
        self,
        code: WarningCode,
        location: str,
        count: int,
        text: str,
        *,
        column: int | None = None,
        header: str | None = None,
    ) -> None:
        """Add a warning, unless nothing is concerned.

        Args:
            code: What it is about.
            location: The file, member or sheet.
            count: How many numbers are concerned; cells or members where numbers cannot be told. 0 adds nothing.
            text: One sentence for the operator, which names the option that settles it.
            column: The column, from 1.
            header: The header of the column, in the form of `ColumnUse.header`.
        """
        if count:
            self.warnings.append(LoadWarning(code, location, column, header, count, text))

    def add(self, other: "Report") -> None:
        """Add all of a report on other rows, except `distinct` and `duplicates`, which do not add up."""
        self.rows += other.rows
        self.accepted += other.accepted
        self.rejected.update(other.rejected)
        self.notes.extend(other.notes)
        self.columns.extend(other.columns)
        self.warnings.extend(other.warnings)
        self.months.update(other.months)
        self.given |= other.given
        self.headers |= other.headers
        for key, counts in other.by_column.items():
            self.by_column.setdefault(key, Counter()).update(counts)

    def warning_counts(self) -> dict[str, int]:
        """How many numbers the warnings are about, by code in alphabetical order."""
        counts: Counter[str] = Counter()
        for warning in self.warnings:
            counts[str(warning.code)] += warning.count
        return dict(sorted(counts.items()))

    def to_json(self) -> dict[str, object]:
        """The report as a JSON object, with reason codes in alphabetical order and without months."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "distinct": self.distinct,
            "duplicates": self.duplicates,
            "rejected": dict(sorted(self.rejected.items())),
            "notes": list(self.notes),
            "columns": [column.to_json() for column in self.columns],
            "warnings": [warning.to_json() for warning in self.warnings],
        }


@dataclass
class Tally:
    """Counts that become the notes and warnings of one table.

    Attributes:
        ragged: Rows with more or fewer cells than the header.
        repeated: Numbers that occur twice in one row.
        headers: Rows that repeat the header.
        unreadable: Dates that could not be read.
        out_of_range: Dates before 2000 or in the future.
        stray: Lines whose quotes do not pair up; `tables.text.notes_on` writes their note.
        accepted: Numbers that were accepted.
        changed: Numbers of rows that do not have the layout of the table and were read by themselves.
        other_party: Mainland mobiles beside labels that name another party.
        with_plus: By 0-based column, accepted numbers of North America that look like mainland mobiles with a plus.
        lookalikes: By 0-based column, accepted landlines without their 0 that may be other numbers.
        taken: By 0-based column, numbers that were accepted, those in several columns of a row in one of them.
        refused: By 0-based column, numbers that were rejected.
        lost: By 0-based column, numbers that lost digits in a spreadsheet.
        unread: By 0-based column, mainland mobiles that are outside the columns that are read, or in rejected cells.
        full: By 0-based column, other numbers outside the columns that are read that are written in full.
        bare: The same for those that are digits alone. They count where the column has other numbers that are not read.
        left: By 0-based column, numbers in columns that are known and not read: mainland mobiles, and those that are
            written in full.
    """

    ragged: int = 0
    repeated: int = 0
    headers: int = 0
    unreadable: int = 0
    out_of_range: int = 0
    stray: int = 0
    accepted: int = 0
    changed: int = 0
    other_party: int = 0
    taken: Counter[int] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    lookalikes: Counter[int] = field(default_factory=Counter)
    with_plus: Counter[int] = field(default_factory=Counter)
    lost: Counter[int] = field(default_factory=Counter)
    unread: Counter[int] = field(default_factory=Counter)
    full: Counter[int] = field(default_factory=Counter)
    bare: Counter[int] = field(default_factory=Counter)
    left: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add the counts of other rows of the same table."""
        for name in vars(other):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def unread_numbers(self) -> dict[int, int]:
        """By 0-based column in ascending order, how many numbers outside the columns that are read are told."""
        columns = sorted(+(self.unread + self.full))
        return {column: self.unread[column] + self.full[column] + self.bare[column] for column in columns}

    def notes(self, location: str) -> list[str]:
        """Sentences for the report, one for each count of rows, numbers and dates that is not zero, except `stray`."""
        counts = (self.ragged, self.repeated, self.headers, self.unreadable, self.out_of_range)
        return [
            f"{location}: {count:,} {one if count == 1 else many}{rest}"
            for count, (one, many, rest) in zip(counts, _SENTENCES, strict=True)
            if count
        ]


_SENTENCES = (
    ("row has", "rows have", " more or fewer cells than the header"),
    ("number", "numbers", " occurred twice in one row, counted once"),
    ("row repeats", "rows repeat", " the header"),
    ("date", "dates", " could not be read, taken as unknown"),
    ("date lies", "dates lie", " before 2000 or in the future, taken as unknown"),
)
