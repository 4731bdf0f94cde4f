"""The file that `load --report` names."""

from datetime import datetime
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pilookup import durable
from pilookup.errors import CustodyError

if TYPE_CHECKING:
    from pilookup.custody import LoadOutcome


def check_report_path(path: Path | None) -> None:
    """Refuse a name that cannot be that of a new file; raises typer.BadParameter."""
    if path is None:
        return
    if lexists(path):
        raise typer.BadParameter(f"{path}: already exists", param_hint="--report")
    if not path.parent.is_dir():
        raise typer.BadParameter(f"{path.parent}: no such directory", param_hint="--report")


def write_report(path: Path, outcome: "LoadOutcome", now: datetime) -> None:
    """Write the report of a load as an HTML page, in one step and with mode 0600.

    Raises:
        CustodyError: The file cannot be written, or was created by another program. The text says that the load is not
            undone.
    """
    from pilookup.custody.load_report.page import html_report  # noqa: PLC0415 - needs the extra `load`

    stored = "" if outcome.dry_run or outcome.refused else "; the load is complete"
    try:
        durable.create(path, html_report(outcome, now).encode("utf-8", "replace"))
    except FileExistsError:
        raise CustodyError(f"{path}: was created by another program, so no report was written{stored}") from None
    except OSError as error:
        raise CustodyError(durable.failure_text(error, "cannot be written", path) + stored) from error
