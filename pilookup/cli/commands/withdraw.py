"""`pilookup withdraw`: withdraw a dataset for good."""

from typing import Annotated

import typer

from pilookup.cli.commands.publish import print_published
from pilookup.cli.console import say, say_json, signatures_needed
from pilookup.cli.options import (
    DEFAULT_MEMORY,
    DateOption,
    HomeOption,
    JsonOption,
    KeysOption,
    MemoryOption,
    OperatorOption,
    SchedulerOption,
)


def withdraw(
    dataset: Annotated[str, typer.Argument(help="The dataset's id.")],
    home: HomeOption,
    scheduler: SchedulerOption = None,
    memory: MemoryOption = DEFAULT_MEMORY,  # type: ignore[assignment] # Typer parses it
    date_is_right: DateOption = False,
    operator: OperatorOption = None,
    keys: KeysOption = None,
    json: JsonOption = False,
) -> None:
    """Remove a dataset from the vault and every served snapshot. Its id cannot be used again."""
    from pilookup.cli.opening import publishing  # noqa: PLC0415 - needs the extra `load`

    with publishing(
        home, scheduler, "republish", operator=operator, date_is_right=date_is_right, keys=keys or ()
    ) as opened:
        custody, advance = opened
        outcome = custody.withdraw(dataset, memory=memory, on_progress=advance)
    if not json:
        say(f"{dataset}: withdrawn" if outcome.withdrawn else f"{dataset}: was withdrawn before; nothing to withdraw")
    if json and outcome.unsigned:
        say_json(outcome.to_json())
    else:
        print_published(outcome.published, json=json)
    signatures_needed(outcome.waiting)
