"""`pilookup load`: load seized files into the vault."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.cli.console import counted, progress, say, say_json
from pilookup.cli.options import HomeOption, JsonOption, SchedulerOption
from pilookup.cli.rejects import rejects_file
from pilookup.protocol.label import Kind

if TYPE_CHECKING:
    from pilookup.custody import LoadOutcome


def load(
    files: Annotated[
        list[Path], typer.Argument(help="CSV, TSV, TXT, XLSX, XLS, Parquet, or .zip/.gz of them.", show_default=False)
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
        list[str] | None, typer.Option(help="phone=NAME, account=NAME or date=NAME: a header or a number from 1.")
    ] = None,
    region: Annotated[str, typer.Option(help="Where numbers without a country code are from.")] = "CN",
    sensitive: Annotated[bool, typer.Option("--sensitive", help="Keep the dataset out of the public channel.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and count everything, store nothing.")] = False,
    rejects: Annotated[Path | None, typer.Option(help="A new file for the rejected rows.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Load files again that were loaded before.")] = False,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Load files into a dataset, all or none. The numbers are not kept. Run `publish` to make the data take effect."""
    from pilookup.cli.opening import opened  # noqa: PLC0415 - needs the extra `load`

    columns = _columns(column or [])
    with (
        opened(home, online=False, scheduler=scheduler) as custody,
        rejects_file(rejects) as stream,
        progress("load", "rows") as advance,
    ):
        outcome = custody.load(
            files,
            dataset=dataset,
            kind=kind,
            title_zh=title_zh,
            title_en=title_en,
            seized_on=seized_on.date() if seized_on else None,
            sensitive=sensitive,
            columns=columns,
            region=region,
            rejects=stream,
            replace=replace,
            dry_run=dry_run,
            on_progress=advance,
        )
    if json:
        say_json(outcome.to_json())
    else:
        _print_outcome(outcome)


def _columns(given: list[str]) -> dict[str, str]:
    """Return the column of each role from texts such as `phone=NAME`; raises typer.BadParameter."""
    columns = {}
    for text in given:
        role, separator, name = text.partition("=")
        if role not in ("phone", "account", "date") or not separator or not name:
            raise typer.BadParameter(f"{text}: not phone=NAME, account=NAME or date=NAME", param_hint="--column")
        columns[role] = name
    return columns


def _print_outcome(outcome: "LoadOutcome") -> None:
    total = outcome.total
    say(f"{outcome.dataset}: {counted(total.rows, 'row')}, {counted(total.accepted, 'number')} accepted")
    duplicates, rejected = counted(total.duplicates, "duplicate"), sum(total.rejected.values())
    say(f"  {total.distinct:,} distinct, {duplicates}, {rejected:,} rejected")
    for reason, count in sorted(total.rejected.items()):
        say(f"    {reason}: {count:,}")
    for remark in total.notes:
        say(f"  {remark}")
    if outcome.dry_run:
        say("  dry run: nothing was stored")
