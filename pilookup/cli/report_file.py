"""The file that `load --report` names."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pilookup.cli.output_file import check_new_path, write_new

if TYPE_CHECKING:
    from pilookup.custody import LoadOutcome


def check_report_path(path: Path | None) -> None:
    """Refuse a name that cannot be that of a new file; raises typer.BadParameter."""
    check_new_path(path, "--report")


def write_report(path: Path, outcome: "LoadOutcome", now: datetime) -> None:
    """Write the report of a load as an HTML page, in one step and with mode 0600.

    Raises:
        CustodyError: The file cannot be written, or was created by another program. The text says that the load is not
            undone.
    """
    from pilookup.custody.load_report.page import html_report  # noqa: PLC0415 - needs the extra `load`

    write_new(path, html_report(outcome, now), lost="no report was written", after=stored_text(outcome))


def stored_text(outcome: "LoadOutcome") -> str:
    """What an error after a load adds, if the load stored something."""
    return "" if outcome.dry_run or outcome.refused else "; the load is complete"
