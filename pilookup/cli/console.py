"""Output for a person or a script: lines, JSON and progress. No phone number is ever printed."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from unicodedata import category

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from pilookup.compute.callbacks import Progress as Advance

if TYPE_CHECKING:
    from pilookup.custody import UnsignedChannel

_OBEYED: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print one line for a person on standard output."""
    typer.echo(plain(text))


def plain(text: str) -> str:
    """A text without characters that a terminal obeys: control and format characters, apart from line feeds and tabs.

    Names of files on a medium, which are in many texts, may have been chosen by somebody else.
    """
    return "".join(_escaped(each) if category(each) in _OBEYED and each not in "\n\t" else each for each in text)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def say_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun, such as `1 file` or `2,000 files`.

    Args:
        count: the count.
        one: the singular.
        many: the plural; by default the singular with an s.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def note(text: str) -> None:
    """Print a remark on standard error."""
    _errors.print(f"pilookup: {plain(text)}", markup=False)


SIGNATURES_NEEDED = 3
"""The exit status of a command that did its work, and whose release has yet to be signed where the keys are."""


def signatures_needed(waiting: "Sequence[UnsignedChannel]") -> None:
    """Say of each channel which signatures are missing and what to type next, and end with status 3; nothing for none.

    Args:
        waiting: the channels whose releases have yet to be signed.
    """
    for each in waiting:
        complain(f"{each.channel}: the change is made here, but not served, since signatures are missing:")
        for state in each.missing:
            complain(f"  {state}")
        complain("  What to run now:")
        for number, step in enumerate(each.steps, 1):
            complain(f"  {number}. {step}")
    if waiting:
        raise typer.Exit(SIGNATURES_NEEDED)


def complain(text: str) -> None:
    """Print why a command failed on standard error."""
    _errors.print(f"pilookup: {plain(text)}", markup=False, style="bold red")


@contextmanager
def progress(title: str, unit: str) -> Iterator[Advance]:
    """Show a bar with rate and remaining time if standard error is a terminal; yields the function that advances it.

    The total that this function is called with is 0 while it is unknown.

    Args:
        title: the text in front of the bar.
        unit: what the rate counts, such as `rows`.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        _Rate(unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=_errors, transient=True, disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task(title, total=None, rows=0)
        yield lambda done, total, rows: bar.update(task, completed=done, total=total or None, rows=rows)


class _Rate(ProgressColumn):
    """A column of the progress bar: rows so far, and rows per second since the start."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """Return the column's text."""
        rows = task.fields.get("rows", 0)
        elapsed = task.elapsed or 0
        rate = rows / elapsed if elapsed > 0 else 0
        return Text(f"{rows:,} {self._unit}, {rate:,.0f}/s")
