"""Commands that other distributions add by the entry-point group `pilookup.commands`.

A command that cannot be loaded is replaced by one of the same name that says why and exits with status 1. So are the
commands of a `pilookup-server` whose version is not that of pilookup. All other commands keep working.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from typer import Typer

from pilookup import __version__
from pilookup.errors import PilookupError

GROUP = "pilookup.commands"
SERVER = "pilookup-server"


@dataclass(frozen=True, slots=True)
class InstalledCommand:
    """A command of another distribution, or a group of commands. problem: why it cannot be used; None if it can."""

    name: str
    function: Callable[..., None] | Typer
    problem: str | None = None


def installed_commands() -> Iterator[InstalledCommand]:
    """Every command of the group, sorted by name; raises nothing for one that cannot be loaded."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        yield _load(entry)


def _load(entry: EntryPoint) -> InstalledCommand:
    name, version = (entry.dist.name, entry.dist.version) if entry.dist else ("an unknown distribution", "")
    if name == SERVER and version != __version__:
        return _unusable(
            entry,
            f"{SERVER} {version} does not work with pilookup {__version__}: install both from the same release",
        )
    try:
        return InstalledCommand(entry.name, entry.load())
    except Exception as error:  # noqa: BLE001 - whatever it raises, the other commands must work
        reason = f"{type(error).__name__}: {error}"
        return _unusable(
            entry,
            f"the command {entry.name} of {name} {version} cannot be loaded ({reason}): reinstall or uninstall {name}",
        )


def _unusable(entry: EntryPoint, problem: str) -> InstalledCommand:
    def refuse() -> None:
        raise PilookupError(problem)

    return InstalledCommand(entry.name, refuse, problem)
