"""`pilookup rotate`: start a new epoch of a channel, with a new key."""

from typing import Annotated

import typer

from pilookup.cli.commands.publish import Bloom, Channel, print_published
from pilookup.cli.console import say_json, signatures_needed
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
from pilookup.errors import KeysElsewhereError

Compromised = Annotated[
    bool, typer.Option("--compromised", help="Somebody may have a key: end the epochs served so far at once.")
]


def rotate(
    channel: Channel,
    home: HomeOption,
    compromised: Compromised = False,
    bloom: Bloom = False,
    scheduler: SchedulerOption = None,
    memory: MemoryOption = DEFAULT_MEMORY,  # type: ignore[assignment] # Typer parses it
    date_is_right: DateOption = False,
    operator: OperatorOption = None,
    keys: KeysOption = None,
    json: JsonOption = False,
) -> None:
    """Start a new epoch with a new key and publish it. The seized files are not needed for it."""
    from pilookup.cli.opening import publishing  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.publish.outcome import UnsignedChannel, unsigned_to_json  # noqa: PLC0415

    with publishing(
        home, scheduler, f"rotate {channel}", operator=operator, date_is_right=date_is_right, keys=keys or ()
    ) as opened:
        custody, advance = opened
        try:
            outcome = custody.rotate(channel, compromised=compromised, bloom=bloom, memory=memory, on_progress=advance)
        except KeysElsewhereError as error:
            waiting = [UnsignedChannel(channel, error.missing, error.steps)]
            if json:
                say_json({"published": []} | unsigned_to_json(waiting))
            signatures_needed(waiting)
            raise
    print_published([outcome], json=json)
