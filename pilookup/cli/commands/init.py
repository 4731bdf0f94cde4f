"""`pilookup init`: make a new HOME."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from pilookup.cli.console import note, say, say_json
from pilookup.cli.new_passphrases import new_passphrases
from pilookup.cli.options import JsonOption, OperatorOption, OwnOption
from pilookup.keyring import Half
from pilookup.keyring.passphrase import VARIABLES
from pilookup.keyring.passphrase_rules import check_passphrases


def init(
    directory: Annotated[
        Path | None, typer.Argument(metavar="HOME", help="A new or empty directory.", show_default=False)
    ] = None,
    home: Annotated[
        Path | None, typer.Option("--home", envvar="PILOOKUP_HOME", help="The same, as an option.", show_default=False)
    ] = None,
    own: OwnOption = False,
    operator: OperatorOption = None,
    json: JsonOption = False,
) -> None:
    """Make the keys, the vault and the channels `public` and `platform`."""
    from pilookup.custody import Custody  # noqa: PLC0415 - needs the extra `load`

    path = directory or home
    if path is None:
        raise typer.BadParameter("no directory was given", param_hint="HOME")
    made = new_passphrases(VARIABLES, _check, own=own)
    custody, online = made[Half.CUSTODY], made[Half.ONLINE]
    trust = Custody.initialise(path, passphrase=custody, online_passphrase=online, operator=operator, on_note=note)
    if json:
        say_json({"home": str(path), "trust": [str(file) for file in trust]})
        return
    say(f"{path}: created. Keep both passphrases: without them, nothing in it can be read.")
    for file in trust:
        say(f"Trust file for clients to pin: {file}")


def _check(passphrases: Mapping[Half, bytes]) -> None:
    check_passphrases(passphrases[Half.CUSTODY], passphrases[Half.ONLINE])
