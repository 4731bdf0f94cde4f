"""The counts of a load in the order in which its report shows them."""

from collections.abc import Iterator
from dataclasses import dataclass

from pilookup.custody.intake import Report
from pilookup.custody.intake.report import ACCEPTED, REJECTED
from pilookup.custody.intake.table_columns import ColumnRole
from pilookup.custody.load.outcome import LoadOutcome


@dataclass(frozen=True, slots=True)
class ColumnCounts:
    """What came out of one column, or of one file where its columns are not known.

    Attributes:
        location: The file, member or sheet.
        table: The number of the table there; None for a whole file.
        column: The column; None for a whole file.
        header: Its header; None where it is not known.
        accepted: Number of accepted numbers.
        rejected: Number of rejected numbers.
    """

    location: str
    table: int | None
    column: int | None
    header: str | None
    accepted: int
    rejected: int


def column_counts(outcome: LoadOutcome) -> list[ColumnCounts]:
    """What came out of each phone column, in the order of the files."""
    names = outcome.names or [f"{number}" for number in range(1, len(outcome.files) + 1)]
    return [counts for name, report in zip(names, outcome.files, strict=True) for counts in _of_file(name, report)]


def _of_file(name: str, report: Report) -> Iterator[ColumnCounts]:
    headers = {(each.location, each.table, each.column): each.header for each in report.columns}
    for key, counts in report.by_column.items():
        yield ColumnCounts(*key, headers.get(key), counts[ACCEPTED], counts[REJECTED])
    if report.by_column:
        return
    phones = [each for each in report.columns if each.role is ColumnRole.PHONE]
    rejected = report.rejected.total()
    if len(phones) == 1:
        [phone] = phones
        yield ColumnCounts(phone.location, phone.table, phone.column, phone.header, report.accepted, rejected)
    else:
        yield ColumnCounts(name, None, None, None, report.accepted, rejected)
