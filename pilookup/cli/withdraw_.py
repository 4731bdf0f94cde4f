"""`pilookup withdraw`: take a dataset out, for good."""

from typing import Annotated

import typer

from pilookup.cli.console import progress, say
from pilookup.cli.options import HomeOption, JsonOption
from pilookup.cli.publish_ import tell


def withdraw(
    dataset: Annotated[str, typer.Argument(help="The dataset's id.")], home: HomeOption, json: JsonOption = False
) -> None:
    """Take a dataset out of the vault and of every served snapshot. Its id is not used again."""
    from pilookup.cli.session import opened  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.erase import withdraw as run  # noqa: PLC0415
    from pilookup.custody.publish import republish  # noqa: PLC0415

    with opened(home, online=True) as session, progress("republish", "entries") as advance:
        run(session, dataset)
        done = republish(session, advance)
    if not json:
        say(f"{dataset}: withdrawn")
    tell(done, json=json)
