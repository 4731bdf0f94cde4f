"""`pilookup load`: load seized files into the vault."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.cli.console import complain, counted, progress, say, say_json
from pilookup.cli.evidence_file import EvidenceFile, check_evidence_path, counting_command
from pilookup.cli.load_text import outcome_lines
from pilookup.cli.options import HomeOption, JsonOption, OperatorOption, SchedulerOption
from pilookup.cli.passwords import read_passwords, with_passwords
from pilookup.cli.rejects import rejects_file
from pilookup.cli.report_file import check_report_path, write_report
from pilookup.clock import utc_now
from pilookup.custody.intake.model import ENCODINGS
from pilookup.errors import StrictLoadError
from pilookup.identifier import is_region
from pilookup.protocol.label import Kind

if TYPE_CHECKING:
    from pilookup.custody import LoadOutcome


def _region(region: str) -> str:
    """Check a region; raises typer.BadParameter."""
    if region != "CN" and not is_region(region):
        raise typer.BadParameter(f"{region}: not the code of a country or region in two capital letters, such as HK")
    return region


def _encoding(encoding: str | None) -> str | None:
    """Check an encoding; raises typer.BadParameter."""
    if encoding is not None and encoding not in ENCODINGS:
        raise typer.BadParameter(f"{encoding}: not one of {', '.join(ENCODINGS)}")
    return encoding


def load(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE|DIR",
            help="CSV, TSV, TXT, XLSX, XLS, Parquet, or .zip/.gz of them; or directories of such files.",
            show_default=False,
        ),
    ],
    dataset: Annotated[str, typer.Option(help="The dataset's id: a-z, 0-9 and dashes.", show_default=False)],
    kind: Annotated[Kind, typer.Option(help="What the dataset says about its numbers.", show_default=False)],
    home: HomeOption,
    title_zh: Annotated[
        str | None, typer.Option(help="The case's title in Chinese, shown where a number is found.")
    ] = None,
    title_en: Annotated[str | None, typer.Option(help="The case's title in English.")] = None,
    seized_on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day of the seizure.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="phone=NAME, account=NAME or date=NAME: a header or a number from 1. May be repeated."),
    ] = None,
    not_column: Annotated[
        list[str] | None, typer.Option(help="A column that is not read: a header or a number from 1. May be repeated.")
    ] = None,
    region: Annotated[
        str, typer.Option(callback=_region, help="Where numbers without a country code are from, such as HK.")
    ] = "CN",
    scan_text: Annotated[bool, typer.Option("--scan-text", help="Also read numbers in columns of text.")] = False,
    hidden_sheets: Annotated[bool, typer.Option("--hidden-sheets", help="Also read hidden sheets.")] = False,
    encoding: Annotated[
        str | None,
        typer.Option(callback=_encoding, help="The encoding of texts, such as big5, if it is not found by itself."),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(help="Passwords of encrypted files, one a line; by default asked for at the terminal."),
    ] = None,
    sensitive: Annotated[bool, typer.Option("--sensitive", help="Keep the dataset out of the public channel.")] = False,
    expires: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day (UTC) from which the dataset leaves with the next publish."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and count everything, store nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Store nothing if there is any warning.")] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out files and members that cannot be read.")
    ] = False,
    rejects: Annotated[Path | None, typer.Option(help="A new file for the rejected rows.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="A new file for a report with charts (HTML). It has no number in it.")
    ] = None,
    evidence_list: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A new file for the list of electronic data, with digests and lines to sign: .html, .csv or .json.",
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Load files again that were loaded before.")] = False,
    scheduler: SchedulerOption = None,
    operator: OperatorOption = None,
    json: JsonOption = False,
) -> None:
    """Load files into a dataset, all or none. The numbers are not kept. Run `publish` to make the data take effect."""
    from pilookup.cli.opening import opened  # noqa: PLC0415 - needs the extra `load`

    if strict and skip_bad:
        raise typer.BadParameter("cannot be given with --strict", param_hint="--skip-bad")
    check_report_path(report)
    check_evidence_path(evidence_list)
    evidence = EvidenceFile(evidence_list, files) if evidence_list else None
    columns, passwords = _columns(column or [], not_column or []), read_passwords(password_file)
    used = passwords
    with opened(home, online=False, scheduler=scheduler, operator=operator) as custody:

        def attempt(passwords: tuple[str, ...], locked: frozenset[str] | None) -> "LoadOutcome":
            nonlocal used
            used = passwords
            with rejects_file(rejects) as stream, progress("load", "rows") as advance:
                try:
                    return custody.load(
                        files,
                        dataset=dataset,
                        kind=kind,
                        title_zh=title_zh,
                        title_en=title_en,
                        seized_on=seized_on.date() if seized_on else None,
                        sensitive=sensitive,
                        expires_on=expires.date() if expires else None,
                        columns=columns,
                        not_columns=not_column or (),
                        region=region,
                        scan_text=scan_text,
                        hidden_sheets=hidden_sheets,
                        encoding=encoding,
                        passwords=passwords,
                        rejects=stream,
                        replace=replace,
                        dry_run=dry_run,
                        strict=strict,
                        skip_bad=skip_bad,
                        locked=locked,
                        on_progress=advance,
                    )
                except StrictLoadError as error:  # the rejected rows are written all the same
                    outcome: LoadOutcome = error.outcome
                    return outcome

        outcome = with_passwords(passwords, attempt, skip_bad=skip_bad)
    _show(outcome, json=json)
    if report:
        write_report(report, outcome, utc_now())
    if evidence:
        read_by = {
            "dataset": dataset,
            "kind": kind,
            "column": column,
            "not-column": not_column,
            "region": region,
            "scan-text": scan_text,
            "hidden-sheets": hidden_sheets,
            "encoding": encoding,
            "password-file": password_file,
            "skip-bad": skip_bad,
        }
        evidence.write(outcome, used, counting_command(files, read_by))
    if outcome.refused:
        raise StrictLoadError(outcome)
    if outcome.skipped:
        complain(f"{counted(len(outcome.skipped), 'file')} could not be read; the others were loaded")
        raise typer.Exit(1)


def _columns(given: list[str], left_out: list[str]) -> dict[str, list[str]]:
    """Return the columns of each role from texts such as `phone=NAME`; raises typer.BadParameter.

    Args:
        given: The values of --column.
        left_out: The values of --not-column, in which no column of `given` may be.
    """
    columns: dict[str, list[str]] = {}
    for text in given:
        role, separator, name = text.partition("=")
        if role not in ("phone", "account", "date") or not separator or not name:
            raise typer.BadParameter(f"{text}: not phone=NAME, account=NAME or date=NAME", param_hint="--column")
        if name in left_out:
            raise typer.BadParameter(f"{name}: is also given with --column", param_hint="--not-column")
        columns.setdefault(role, []).append(name)
    return columns


def _show(outcome: "LoadOutcome", *, json: bool) -> None:
    if json:
        say_json(outcome.to_json())
        return
    for line in outcome_lines(outcome):
        say(line)
