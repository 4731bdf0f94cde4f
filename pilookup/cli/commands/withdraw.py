"""`pilookup withdraw`: take a dataset out, for good."""

from typing import Annotated

import typer

from pilookup.cli.commands.publish import print_published
from pilookup.cli.console import say
from pilookup.cli.options import DEFAULT_MEMORY, HomeOption, JsonOption, MemoryOption, SchedulerOption


def withdraw(
    dataset: Annotated[str, typer.Argument(help="The dataset's id.")],
    home: HomeOption,
    scheduler: SchedulerOption = None,
    memory: MemoryOption = DEFAULT_MEMORY,  # type: ignore[assignment] # Typer parses it
    json: JsonOption = False,
) -> None:
    """Take a dataset out of the vault and of every served snapshot. Its id is not used again."""
    from pilookup.cli.opening import publishing  # noqa: PLC0415 - needs the extra `load`

    with publishing(home, scheduler, "republish") as (custody, advance):
        outcome = custody.withdraw(dataset, memory=memory, on_progress=advance)
    if not json:
        before = "" if outcome.withdrawn else " before; nothing was left to withdraw"
        say(f"{dataset}: withdrawn{before}")
    print_published(outcome.published, json=json)
