"""`pilookup rotate`: a new channel key, from the vault alone."""

from pilookup.cli.commands.publish import Bloom, Channel, tell
from pilookup.cli.options import DEFAULT_MEMORY, HomeOption, JsonOption, MemoryOption, SchedulerOption


def rotate(
    channel: Channel,
    home: HomeOption,
    bloom: Bloom = False,
    scheduler: SchedulerOption = None,
    memory: MemoryOption = DEFAULT_MEMORY,  # type: ignore[assignment] # Typer parses it
    json: JsonOption = False,
) -> None:
    """Start a new epoch under a new key and publish it; the numbers are not needed again."""
    from pilookup.cli.opening import publishing  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.publish.publish import rotate as run  # noqa: PLC0415

    with publishing(home, scheduler, f"rotate {channel}") as (session, advance, tasks):
        done = run(session, channel, advance, bloom=bloom, executor=tasks, memory=memory)
    tell([done], json=json)
