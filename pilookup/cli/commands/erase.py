"""`pilookup erase`: take one number out, for good."""

import typer

from pilookup.cli.commands.publish import tell
from pilookup.cli.console import counted, say, say_json
from pilookup.cli.options import (
    DEFAULT_MEMORY,
    HomeOption,
    JsonOption,
    MemoryOption,
    Number,
    SchedulerOption,
    ask_number,
)
from pilookup.identifier import canonicalise


def erase(
    number: Number = None,
    home: HomeOption = ...,  # type: ignore[assignment]
    scheduler: SchedulerOption = None,
    memory: MemoryOption = DEFAULT_MEMORY,  # type: ignore[assignment] # Typer parses it
    json: JsonOption = False,
) -> None:
    """Take a number out of the vault and of every served snapshot; loading the same files does not bring it back."""
    from pilookup.cli.opening import publishing  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.publish.publish import republish  # noqa: PLC0415
    from pilookup.custody.removal import erase as run  # noqa: PLC0415

    identifier = canonicalise(ask_number(number))
    if not isinstance(identifier, bytes):
        raise typer.BadParameter(f"not a phone number: {identifier}", param_hint="NUMBER")
    with publishing(home, scheduler, "republish") as (session, advance, tasks):
        outcome = run(session, identifier)
        done = republish(session, advance, executor=tasks, memory=memory)
    if json:
        say_json({"datasets": outcome.datasets, "published": [item.to_json() for item in done]})
        return
    say(f"Erased: it was in {counted(outcome.datasets, 'dataset')}. It stays out when files are loaded again.")
    tell(done, json=False)
