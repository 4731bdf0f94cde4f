"""`pilookup rotate`: a new channel key, from the vault alone."""

from pilookup.cli.console import progress
from pilookup.cli.options import HomeOption, JsonOption
from pilookup.cli.publish_ import Bloom, Channel, tell


def rotate(channel: Channel, home: HomeOption, bloom: Bloom = False, json: JsonOption = False) -> None:
    """Start a new epoch under a new key and publish it; the numbers are not needed again."""
    from pilookup.cli.session import opened  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.publish import rotate as run  # noqa: PLC0415

    with opened(home, online=True) as session, progress(f"rotate {channel}", "entries") as advance:
        done = run(session, channel, advance, bloom=bloom)
    tell([done], json=json)
