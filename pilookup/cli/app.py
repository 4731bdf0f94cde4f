"""The application: the list of commands, and the exit status (0 done, 1 failed, 2 usage error, 3 signatures needed)."""

import importlib
import os
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from pilookup import __version__
from pilookup.cli.console import complain
from pilookup.cli.installed_commands import installed_commands
from pilookup.errors import PilookupError, UsageError

COMMANDS = (
    "init",
    "load",
    "publish",
    "rotate",
    "withdraw",
    "erase",
    "passphrase",
    "status",
    "backup",
    "restore",
    "check",
    "sync",
    "screen",
    "verify",
    "sandbox",
)
GROUPS = ("audit", "bundle", "dataset", "keys", "receipt", "reports")
"""Commands that have commands of their own; each module has an `app`."""

_ANY = {"allow_extra_args": True, "ignore_unknown_options": True}
"""An unusable command accepts any arguments, so that it can say what is wrong with it."""


class Commands(TyperGroup):
    """Turns every PilookupError, OSError and MemoryError of a command into a line and exit status 1, or 2 for usage."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; raises typer.Exit with status 1 after one of these errors, with 2 after a UsageError."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            complain(str(error))
            raise typer.Exit(2) from None
        except PilookupError as error:
            complain(str(error))
        except OSError as error:
            where = f"{os.fspath(error.filename)}: " if isinstance(error.filename, str | os.PathLike) else ""
            complain(f"{where}{error.strerror or type(error).__name__}")
        except MemoryError:
            complain("not enough memory (a command that publishes uses less with a smaller --memory)")
        raise typer.Exit(1)


def build() -> typer.Typer:
    """Return the application with every installed command."""
    app = typer.Typer(
        cls=Commands,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Check whether a phone number is in a seized list, without revealing the list or the number.",
    )
    app.callback()(_options)
    for name in COMMANDS:
        app.command(name)(_command(name))
    for name in GROUPS:
        app.add_typer(importlib.import_module(f"pilookup.cli.commands.{name}").app, name=name)
    for command in installed_commands():
        if isinstance(command.function, typer.Typer):
            app.add_typer(command.function, name=command.name)
        elif command.problem is None:
            app.command(command.name)(command.function)
        else:
            app.command(command.name, help=f"Unusable: {command.problem}", context_settings=_ANY)(command.function)
    return app


def _command(name: str) -> Callable[..., None]:
    """Return a command's function. It imports large libraries (pyarrow, SQLAlchemy) only when it is called."""
    module = importlib.import_module(f"pilookup.cli.commands.{name}")
    command: Callable[..., None] = getattr(module, name)
    return command


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version and exit."
    ),
) -> None:
    pass
