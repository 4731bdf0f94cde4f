"""Why a file in which no number was found is refused, and what helps."""

from pilookup.custody.intake.report import Report
from pilookup.errors import NoNumbersError


def require_numbers(location: str, report: Report) -> None:
    """Check that numbers were found in a file.

    Args:
        location: The file.
        report: The report on it.

    Raises:
        NoNumbersError: None was. The error says why, with counts, and what helps.
    """
    if report.accepted or report.rejected["erased"]:
        return
    parts = []
    if report.rejected:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(report.rejected.items()))
        parts.append(f"{report.rows:,} rows, rejected: {reasons}")
    elif not report.columns:
        parts.append("no column holds phone numbers")
    elif not report.rows:
        parts.append("it has a header but no rows")
    parts += [_without_location(note, location) for note in report.notes if "not read" in note]
    for warning in report.warnings:
        column = f" column {warning.header or warning.column}" if warning.column else ""
        inside = warning.location.removeprefix(location).strip()
        where = f"{inside}: " if inside else ""
        parts.append(f"{where}{warning.code}{column} ({warning.count:,}): {warning.text}")
    parts.append("look at the rejected cells with --rejects FILE, and name the column with --column phone=NAME")
    raise NoNumbersError(location, "no phone number found in it: " + "; ".join(parts))


def _without_location(note: str, location: str) -> str:
    return note.removeprefix(f"{location}: ")
