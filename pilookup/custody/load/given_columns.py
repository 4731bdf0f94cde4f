"""Whether the columns that the operator named were in any file of the command."""

from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.columns.given import headers_there, listed, missing_names, missing_text
from pilookup.custody.intake.report import ACCEPTED
from pilookup.custody.intake.table_columns import ChosenBy, ColumnRole
from pilookup.errors import IntakeError

LISTED_COLUMNS: Final = 10
"""How many of the columns that are there are listed."""


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
    if any(_has_given_numbers(report) for report in reports):
        return
    found = [f"{each.column} ({each.header})" if each.header else f"{each.column}" for each in columns]
    raise IntakeError(
        location,
        "no table has numbers in a column as given with --column phone=; the columns that were found are "
        f"{listed(found, LISTED_COLUMNS)}",
    )


def _has_given_numbers(report: Report) -> bool:
    """Whether numbers were accepted in a phone column that the options name."""
    given = (each for each in report.columns if each.role is ColumnRole.PHONE and each.by is ChosenBy.GIVEN)
    return any(
        counts[ACCEPTED]
        for each in given
        if (counts := report.by_column.get((each.location, each.table, each.column))) is not None
    )


def _check_names(location: str, options: IntakeOptions, reports: Sequence[Report]) -> None:
    found = {name for report in reports for name in report.given}
    missing = missing_names(options, found)
    if not missing or (options.columns.get("phone") and not found):
        return  # of several wrong names the columns that were found say more
    headers = [header for report in reports for header in report.headers]
    raise IntakeError(location, f"{missing_text(missing[0], options)}; {headers_there(headers)}")
