"""`pilookup passphrase`: give a half of HOME a new passphrase."""

from typing import Annotated, Final

import typer

from pilookup.cli.console import say
from pilookup.cli.new_passphrases import new_passphrases
from pilookup.cli.options import HomeOption, OperatorOption, OwnOption
from pilookup.custody.home import Home
from pilookup.custody.passphrase_change import change_passphrase
from pilookup.keyring import Half
from pilookup.keyring.passphrase import read_passphrase
from pilookup.keyring.passphrase_rules import check_length

_VARIABLE: Final = "PILOOKUP_NEW_PASSPHRASE"


def passphrase(
    half: Annotated[Half, typer.Argument(help="Whose passphrase is replaced.", show_default=False)],
    home: HomeOption,
    own: OwnOption = False,
    operator: OperatorOption = None,
) -> None:
    """Replace the passphrase and the master key of a half. A killed command leaves the former ones, or the new ones."""

    def new() -> bytes:
        return new_passphrases({half: _VARIABLE}, lambda given: check_length(half, given[half]), own=own)[half]

    change_passphrase(Home(home), half, read_passphrase, new, operator=operator)
    say(f"The {half} half has a new passphrase. Former key files are destroyed; copies of them open as before.")
