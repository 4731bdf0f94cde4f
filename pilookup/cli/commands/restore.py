"""`pilookup restore`: make a HOME from a backup and the newest journal and release."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pilookup.cli.console import complain, counted, note, say, say_json
from pilookup.cli.options import JsonOption, OperatorOption
from pilookup.keyring import Half
from pilookup.keyring.passphrase import BACKUP_VARIABLE, read_passphrase, read_secret


def restore(
    file: Annotated[Path, typer.Argument(metavar="IN", help="The backup.", show_default=False)],
    home: Annotated[Path, typer.Argument(metavar="HOME", help="A new or empty directory.", show_default=False)],
    journal: Annotated[
        Path,
        typer.Option(
            help="HOME/online of a serving machine, copied, or the newest bundle exported.", show_default=False
        ),
    ],
    operator: OperatorOption = None,
    json: JsonOption = False,
) -> None:
    """Make a HOME from a backup; what was erased and withdrawn later is erased and withdrawn again."""
    from pilookup.custody.backup.restore import restore as restore_home  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.control import cleared_text  # noqa: PLC0415

    outcome = restore_home(
        file,
        home,
        journal,
        datetime.now(UTC),
        partial(read_secret, BACKUP_VARIABLE, "Passphrase of the backup"),
        partial(read_passphrase, Half.CUSTODY),
        operator,
    )
    if json:
        say_json(outcome.to_json())
        return
    if outcome.cleared is not None:
        note(cleared_text(outcome.cleared))
    say(f"Restored the backup of {outcome.contents.created:%Y-%m-%d %H:%M} UTC.")
    withdrawn = ", ".join(outcome.withdrawn) or "none"
    say(f"  erased again: {counted(outcome.erased, 'number')}; withdrawn again: {withdrawn}")
    for title in outcome.missing:
        say(f"  served, but not in the backup; load it again: {title}")
    say(f"  audit log: {outcome.audit.text()}")
    say("  everything else loaded after the backup must be loaded again too")
    for state in outcome.missing_keys:
        complain(str(state))
    if outcome.next:
        say("What to run now:")
    for number, step in enumerate(outcome.next, 1):
        say(f"  {number}. {step}")
