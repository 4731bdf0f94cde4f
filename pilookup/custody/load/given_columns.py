"""Whether the columns that the operator named were in any file of the command."""

from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.columns.given import missing_names
from pilookup.custody.intake.table_columns import ChosenBy, ColumnRole, shown_header
from pilookup.errors import IntakeError

LISTED_COLUMNS: Final = 10
"""How many of the columns that are there are listed."""
LISTED_HEADERS: Final = 40
"""How many headers are listed."""


def check_given_columns(options: IntakeOptions, names: Sequence[str], reports: Sequence[Report]) -> None:
    """Refuse a load of files in none of which there was a column as named.

    A table without such a column is read as if none had been named. Where that is so for all tables of a command, the
    name is wrong; each name is looked at by itself.

    Args:
        options: The options of the load.
        names: The names of the files, for the error.
        reports: The reports of the files.

    Raises:
        IntakeError: No table has a column that `options` names, or none has numbers in a phone column that it names.
            The error lists the headers, or the columns with numbers.
    """
    location = names[0] if len(names) == 1 else f"{names[0]} and the other files"
    columns = [column for report in reports for column in report.columns]
    if columns:
        _check_names(location, options, reports)
    if not options.columns.get("phone") or not columns:
        return
    if any(column.role is ColumnRole.PHONE and column.by is ChosenBy.GIVEN for column in columns):
        return
    found = [f"{each.column} ({each.header})" if each.header else f"{each.column}" for each in columns]
    raise IntakeError(
        location,
        "no table has numbers in a column as given with --column phone=; the columns that were found are "
        f"{_listed(found, LISTED_COLUMNS)}",
    )


def _check_names(location: str, options: IntakeOptions, reports: Sequence[Report]) -> None:
    found = {name for report in reports for name in report.given}
    missing = missing_names(options, found)
    if not missing or (options.columns.get("phone") and not found):
        return  # of several wrong names the columns that were found say more
    headers = [header for report in reports for header in report.headers]
    there = f"the headers are {_listed(headers, LISTED_HEADERS)}" if headers else "no table has a header: give numbers"
    option = "--not-column" if missing[0] in options.not_columns else "--column phone="
    raise IntakeError(location, f"no table has a column {shown_header(missing[0])} as given with {option}; {there}")


def _listed(texts: Sequence[str], most: int) -> str:
    listed = list(dict.fromkeys(texts))
    return ", ".join(listed[:most]) + (", ..." if len(listed) > most else "")
