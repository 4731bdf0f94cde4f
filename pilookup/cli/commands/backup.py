"""`pilookup backup`: back up the custody half, or check a backup."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.cli.console import complain, counted, note, say, say_json
from pilookup.cli.new_passphrases import backup_passphrase
from pilookup.cli.options import HomeOption, JsonOption, OperatorOption, OwnOption
from pilookup.keyring.passphrase import BACKUP_VARIABLE, read_secret

if TYPE_CHECKING:
    from pilookup.custody.backup.backup import BackupOutcome


def backup(
    file: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write, or to check.", show_default=False)],
    home: HomeOption = None,  # type: ignore[assignment] # not needed to check a backup
    check: Annotated[bool, typer.Option("--check", help="Read a backup and verify all of it, instead.")] = False,
    own: OwnOption = False,
    operator: OperatorOption = None,
    json: JsonOption = False,
) -> None:
    """Write a backup of the custody half under a passphrase of its own. With it alone, nothing can be signed."""
    if check:
        from pilookup.custody.backup.backup import check_backup  # noqa: PLC0415 - needs the extra `load`

        outcome = check_backup(file, read_secret(BACKUP_VARIABLE, "Passphrase of the backup"))
    else:
        if home is None:
            raise typer.BadParameter("needed to write a backup", param_hint="--home")
        from pilookup.cli.opening import opened  # noqa: PLC0415 - needs the extra `load`

        with opened(home, online=False, scheduler=None, operator=operator) as custody:
            outcome = custody.back_up(file, backup_passphrase=lambda: backup_passphrase(own=own))
    if json:
        say_json(outcome.to_json())
    else:
        _print(outcome, checked=check)


def _print(outcome: "BackupOutcome", *, checked: bool) -> None:
    contents = outcome.contents
    state = "is whole" if checked else "was read back"
    say(
        f"The backup of {contents.created:%Y-%m-%d %H:%M} UTC {state}: {counted(contents.datasets, 'dataset')}, "
        f"{counted(outcome.files, 'file')}, {counted(outcome.bytes, 'byte')}."
    )
    if contents.left_out:
        note(f"left out, so that nothing can be signed with the backup alone: {', '.join(contents.left_out)}")
    for each in outcome.after_restore:
        (complain if each.final else note)(str(each))
    if checked and contents.left_out:
        note("whether releases can be signed after a restore depends on the keys of holders; see: pilookup status")
