"""`pilookup dataset`: show and change the texts of a dataset, and when it expires."""

import json as json_module
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.cli.console import counted, say, say_json
from pilookup.cli.dataset_texts import read_texts
from pilookup.cli.options import HomeOption, JsonOption, OperatorOption
from pilookup.errors import CustodyError

if TYPE_CHECKING:
    from pilookup.custody import DatasetStatus

app = typer.Typer(no_args_is_help=True, help="Show and change the texts of a dataset, and when it expires.")

Slug = Annotated[str, typer.Argument(metavar="DATASET", help="The dataset's id.", show_default=False)]


@app.command()
def show(dataset: Slug, home: HomeOption, json: JsonOption = False) -> None:
    """Show a dataset with its texts. `texts` of --json is what `dataset set --texts` reads. No passphrase is needed."""
    from pilookup.custody import Custody  # noqa: PLC0415 - needs the extra `load`

    known = {each.id: each for each in Custody.status_of(home).datasets or ()}
    if dataset not in known:
        raise CustodyError(f"there is no dataset {dataset}")
    if json:
        say_json(known[dataset].to_json())
        return
    _print(known[dataset])


def _print(dataset: "DatasetStatus") -> None:
    say(f"dataset {dataset.id} ({dataset.kind}), number {dataset.catalogue_id} of the catalogue")
    say(f"  title: {dataset.title_zh} / {dataset.title_en}")
    if dataset.withdrawn:
        say("  withdrawn")
    say(f"  {counted(dataset.loads, 'file')}, {counted(dataset.accepted, 'number')} accepted")
    say(f"  seized on: {dataset.seized_on or '-'}; sensitive: {'yes' if dataset.sensitive else 'no'}")
    say(f"  expires on: {dataset.expires_on or '-'}")
    if dataset.texts:
        say(f"  texts of {dataset.texts_updated_on}:")
        say(json_module.dumps(dict(dataset.texts), ensure_ascii=False, indent=2))


@app.command("set")
def change(
    dataset: Slug,
    home: HomeOption,
    title_zh: Annotated[str | None, typer.Option(help="The case's title in Chinese.", show_default=False)] = None,
    title_en: Annotated[str | None, typer.Option(help="The case's title in English.", show_default=False)] = None,
    seized_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day of the seizure.", show_default=False)
    ] = None,
    expires: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="The day (UTC) from which the dataset leaves with the next publish.",
            show_default=False,
        ),
    ] = None,
    never_expires: Annotated[bool, typer.Option("--never-expires", help="Take the day of the expiry away.")] = False,
    texts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Platforms, how to close an account, and appeals, in TOML or JSON, in place of all former ones.",
            show_default=False,
        ),
    ] = None,
    operator: OperatorOption = None,
) -> None:
    """Change texts and days of a dataset. They take effect with the next publish of each channel."""
    from pilookup.cli.opening import opened  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody import DatasetChange  # noqa: PLC0415

    if expires and never_expires:
        raise typer.BadParameter("cannot be given with --expires", param_hint="--never-expires")
    new = DatasetChange(
        title_zh,
        title_en,
        seized_on.date() if seized_on else None,
        expires.date() if expires else None,
        never_expires,
        read_texts(texts) if texts else None,
    )
    with opened(home, online=False, scheduler=None, operator=operator) as custody:
        custody.change_dataset(dataset, new)
        publishes = custody.to_publish_all()
    say(f"{dataset}: changed; it takes effect with the next publish" + (f"; {publishes}" if publishes else ""))
