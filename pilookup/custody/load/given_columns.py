"""Whether the phone columns that the operator named were in any file of the command."""

from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.table_columns import ChosenBy, ColumnRole
from pilookup.errors import IntakeError

LISTED_COLUMNS: Final = 10
"""How many of the columns that are there are listed."""


def check_given_columns(options: IntakeOptions, names: Sequence[str], reports: Sequence[Report]) -> None:
    """Refuse a load of files in none of which there was a phone column as named.

    A table without such a column is read as if none had been named. Where that is so for all tables of a command, the
    name is wrong.

    Args:
        options: The options of the load.
        names: The names of the files, for the error.
        reports: The reports of the files.

    Raises:
        IntakeError: No table has numbers in a column that `options` names as a phone column. The error lists the
            columns with numbers.
    """
    columns = [column for report in reports for column in report.columns]
    if not options.columns.get("phone") or not columns:
        return
    if any(column.role is ColumnRole.PHONE and column.by is ChosenBy.GIVEN for column in columns):
        return
    found = [f"{each.column} ({each.header})" if each.header else f"{each.column}" for each in columns]
    listed = list(dict.fromkeys(found))
    more = ", ..." if len(listed) > LISTED_COLUMNS else ""
    location = names[0] if len(names) == 1 else f"{names[0]} and the other files"
    raise IntakeError(
        location,
        "no table has numbers in a column as given with --column phone=; the columns that were found are "
        f"{', '.join(listed[:LISTED_COLUMNS])}{more}",
    )
