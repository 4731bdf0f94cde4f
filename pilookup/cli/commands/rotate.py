"""`pilookup rotate`: start a new epoch of a channel, with a new key."""

from pilookup.cli.commands.publish import Bloom, Channel, print_published
from pilookup.cli.options import DEFAULT_MEMORY, HomeOption, JsonOption, MemoryOption, SchedulerOption


def rotate(
    channel: Channel,
    home: HomeOption,
    bloom: Bloom = False,
    scheduler: SchedulerOption = None,
    memory: MemoryOption = DEFAULT_MEMORY,  # type: ignore[assignment] # Typer parses it
    json: JsonOption = False,
) -> None:
    """Start a new epoch with a new key and publish it. The seized files are not needed for it."""
    from pilookup.cli.opening import publishing  # noqa: PLC0415 - needs the extra `load`

    with publishing(home, scheduler, f"rotate {channel}") as (custody, advance):
        outcome = custody.rotate(channel, bloom=bloom, memory=memory, on_progress=advance)
    print_published([outcome], json=json)
