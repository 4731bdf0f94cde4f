"""`pilookup withdraw`: take a dataset out, for good."""

from typing import Annotated

import typer

from pilookup.cli.commands.publish import tell
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
    from pilookup.custody.publish.publish import republish  # noqa: PLC0415
    from pilookup.custody.removal import withdraw as run  # noqa: PLC0415

    with publishing(home, scheduler, "republish") as (session, advance, tasks):
        withdrawn = run(session, dataset)
        done = republish(session, advance, executor=tasks, memory=memory)
    if not json:
        say(f"{dataset}: withdrawn" if withdrawn else f"{dataset}: withdrawn before; nothing was left to withdraw")
    tell(done, json=json)
