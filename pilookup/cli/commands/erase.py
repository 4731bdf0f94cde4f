"""`pilookup erase`: erase one number for good."""

import typer

from pilookup.cli.commands.publish import print_published
from pilookup.cli.console import counted, say, say_json, signatures_needed
from pilookup.cli.options import (
    DEFAULT_MEMORY,
    DateOption,
    HomeOption,
    JsonOption,
    KeysOption,
    MemoryOption,
    Number,
    OperatorOption,
    SchedulerOption,
    ask_number,
)
from pilookup.identifier import canonicalise


def erase(
    number: Number = None,
    home: HomeOption = ...,  # type: ignore[assignment]
    scheduler: SchedulerOption = None,
    memory: MemoryOption = DEFAULT_MEMORY,  # type: ignore[assignment] # Typer parses it
    date_is_right: DateOption = False,
    operator: OperatorOption = None,
    keys: KeysOption = None,
    json: JsonOption = False,
) -> None:
    """Erase a number from the vault and every served snapshot. Loading the same files does not bring it back."""
    from pilookup.cli.opening import publishing  # noqa: PLC0415 - needs the extra `load`

    text = ask_number(number)
    if not isinstance(identifier := canonicalise(text), bytes):
        raise typer.BadParameter(f"not a phone number: {identifier}", param_hint="NUMBER")
    with publishing(
        home, scheduler, "republish", operator=operator, date_is_right=date_is_right, keys=keys or ()
    ) as opened:
        custody, advance = opened
        outcome = custody.erase(text, memory=memory, on_progress=advance)
    if json:
        say_json(outcome.to_json())
        signatures_needed(outcome.waiting)
        return
    say(f"Erased from {counted(outcome.datasets, 'dataset')}. Loading files again does not bring the number back.")
    print_published(outcome.published, json=False)
    signatures_needed(outcome.waiting)
