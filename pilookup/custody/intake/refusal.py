"""Why a file in which no number was found is refused, and what helps."""

from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake.columns.given import headers_there, listed, missing_names, missing_text
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.table_columns import ColumnRole, ColumnUse, shown_header
from pilookup.errors import NoNumbersError
from pilookup.identifier import Reason

_LISTED_COLUMNS: Final = 10
_REGION: Final = "if the numbers are of another country, name it with --region"
_LOOK: Final = "look at the rejected cells with --rejects FILE"


def require_numbers(location: str, report: Report, options: IntakeOptions) -> None:
    """Check that numbers were found in a file.

    Args:
        location: The file.
        report: The report on it.
        options: The options of the load.

    Raises:
        NoNumbersError: None was. The error says why, with counts, and what helps.
    """
    if report.accepted or report.rejected["erased"]:
        return
    parts = _reasons(report, options)
    parts += [_without_location(note, location) for note in report.notes if "not read" in note]
    for warning in report.warnings:
        column = f" column {warning.header or warning.column}" if warning.column else ""
        inside = warning.location.removeprefix(location).strip()
        where = f"{inside}: " if inside else ""
        parts.append(f"{where}{warning.code}{column} ({warning.count:,}): {warning.text}")
    parts += _remedies(report, options)
    raise NoNumbersError(location, "no phone number found in it: " + "; ".join(parts))


def _reasons(report: Report, options: IntakeOptions) -> list[str]:
    if report.rejected:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(report.rejected.items()))
        return [f"{report.rows:,} rows, rejected: {reasons}"]
    if not report.columns:
        return ["no column holds phone numbers"]
    if report.rows:
        return []
    if any(column.role is ColumnRole.PHONE for column in report.columns):
        return ["it has a header but no rows"]
    return [_unread(report, options)]


def _unread(report: Report, options: IntakeOptions) -> str:
    """Says that a file has columns with numbers, of which none is read."""
    told = {(warning.location, warning.column) for warning in report.warnings}
    silent = [column for column in report.columns if (column.location, column.column) not in told]
    count = len(report.columns)
    text = f"{count:,} {'column holds' if count == 1 else 'columns hold'} digits, and none is read as phone numbers"
    if not silent:
        return text
    because = f"most digits in {listed(map(_name, silent), _LISTED_COLUMNS)} are no phone numbers of {options.region}"
    return f"{text}; {because}" + (", or --not-column leaves them out" if options.not_columns else "")


def _name(column: ColumnUse) -> str:
    return f"column {column.column} ({column.header})" if column.header else f"column {column.column}"


def _remedies(report: Report, options: IntakeOptions) -> list[str]:
    """What helps: the right name of a column, the rejected cells, if there are any, and the country."""
    look = [_LOOK] if report.rejected else []
    return [*_right_column(report, options, look), *([_REGION] if _may_be_abroad(report, options) else [])]


def _may_be_abroad(report: Report, options: IntakeOptions) -> bool:
    """Whether most rejected cells have as many digits as numbers and are none of mainland China."""
    digits = report.rejected[Reason.NO_AREA_CODE] + report.rejected[Reason.NOT_POSSIBLE]
    return options.region == "CN" and digits * 2 > report.rejected.total()


def _right_column(report: Report, options: IntakeOptions, look: Sequence[str]) -> list[str]:
    given = options.columns.get("phone", ())
    if not given:
        return [", and ".join([*look, "name the column with --column phone=NAME"])]
    missing = [name for name in missing_names(options, report.given) if name not in options.not_columns]
    if missing:
        text = missing_text(missing[0], options)
    else:
        shown = listed(map(shown_header, given), _LISTED_COLUMNS)
        text = f"no column as given with --column phone= ({shown}) holds a phone number"
    are_places = not report.headers and all(name.strip().isdigit() for name in given)
    return [text, *([] if are_places else [headers_there(report.headers)]), *look]


def _without_location(note: str, location: str) -> str:
    return note.removeprefix(f"{location}: ")
