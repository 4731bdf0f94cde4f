"""The new passphrases of a command: those that somebody chose, and generated ones, which are shown once."""

import sys
from collections.abc import Callable, Mapping

import typer

from pilookup.cli.console import note
from pilookup.errors import KeyringError
from pilookup.keyring import Half
from pilookup.keyring.passphrase import BACKUP_VARIABLE, KEY_VARIABLE, chosen_passphrase, chosen_secret
from pilookup.keyring.passphrase_rules import check_length, generate_passphrase

_NEEDED_FOR = {
    Half.CUSTODY: "all commands of the police side: load, publish, rotate, withdraw, erase",
    Half.ONLINE: "publish, rotate, withdraw, erase, and the server",
}


def new_passphrases(
    variables: Mapping[Half, str], check: Callable[[Mapping[Half, bytes]], None], *, own: bool
) -> dict[Half, bytes]:
    """The new passphrase of each half: from its variable or file, from the keyboard, or else generated and shown.

    Args:
        variables: the halves whose passphrases are needed, and the variable that may give each.
        check: called with all of them before any is shown; raises KeyringError if one breaks a rule.
        own: whether to ask for those that no variable gives, instead of generating them.

    Raises:
        KeyringError: what `check` raised; a file cannot be trusted; a person is needed and this is no terminal; or the
            person did not confirm that the generated ones were written down.
    """
    passphrases, generated = {}, {}
    for half, variable in variables.items():
        chosen = chosen_passphrase(half, variable, ask=own)
        if chosen is None:
            chosen = generated[half] = _generate(f"the {half} half", variable)
        passphrases[half] = chosen
    check(passphrases)
    if generated:
        _show({str(half): (passphrase, _NEEDED_FOR[half]) for half, passphrase in generated.items()})
    return passphrases


def holder_passphrase(name: str, *, own: bool) -> bytes:
    """The new passphrase of a key that moves to its holder: from its variable or file, typed, or generated and shown.

    Args:
        name: the key.
        own: whether to ask for it, instead of generating it, if no variable gives it.

    Raises:
        KeyringError: it is too short, a file cannot be trusted, a person is needed and this is no terminal, or the
            person did not confirm that the generated one was written down.
    """
    return _new_passphrase(f"the key {name}", name, KEY_VARIABLE, "keys sign, by the holder of this key alone", own=own)


def backup_passphrase(*, own: bool) -> bytes:
    """The new passphrase of a backup, in the same ways; raises KeyringError as `holder_passphrase`."""
    return _new_passphrase("the backup", "backup", BACKUP_VARIABLE, "restore, and backup --check", own=own)


def _new_passphrase(owner: str, name: str, variable: str, needed_for: str, *, own: bool) -> bytes:
    chosen = chosen_secret(owner, variable, ask=own)
    if chosen is not None:
        check_length(owner, chosen)
        return chosen
    generated = _generate(owner, variable)
    _show({name: (generated, needed_for)})
    return generated


def _generate(owner: str, variable: str) -> bytes:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):  # a file or a log would keep it
        raise KeyringError(
            f"{owner} needs a passphrase: set {variable} or {variable}_FILE, "
            "or run this at a terminal, which shows a generated one"
        )
    return generate_passphrase()


def _show(generated: Mapping[str, tuple[bytes, str]]) -> None:
    """Show generated passphrases on the terminal, with what to do with them, until they are written down.

    Args:
        generated: the passphrase by what it opens, and what it is needed for.
    """
    note("generated; shown once and stored nowhere:")
    for name, (passphrase, needed_for) in generated.items():
        typer.echo(f"\n    {name:<7}  {passphrase.decode()}\n    for {needed_for}", err=True)
    typer.echo(
        "\nWrite each one down by itself, and keep it apart from this machine and from its backups.\n"
        "Without it, nothing that it protects can be used again.",
        err=True,
    )
    if not typer.confirm("Written down?", err=True):
        raise KeyringError("nothing was changed, since the generated passphrase was not written down; run it again")
