"""What a person or a script sees: lines, JSON, progress. Numbers never pass through here."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

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

_errors = Console(stderr=True, highlight=False, soft_wrap=True)

Advance = Callable[[int, int, int], None]
"""Told (done, total, rows): how far, of how much, and the rows so far, for the rate."""


def say(text: str) -> None:
    """One line for a person, on standard output."""
    typer.echo(text)


def say_json(value: Any) -> None:
    """One JSON document, on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def counted(count: int, one: str, many: str = "") -> str:
    """`1 file`, `2,000 files`; many: the plural where it is not `one` with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def note(text: str) -> None:
    """A remark beside the result, on standard error."""
    _errors.print(f"pilookup: {text}", markup=False)


def complain(text: str) -> None:
    """Why a command failed, on standard error."""
    _errors.print(f"pilookup: {text}", markup=False, style="bold red")


@contextmanager
def progress(title: str, unit: str) -> Iterator[Advance]:
    """A bar with rate and time left where standard error is a terminal; silent elsewhere."""
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
    """Rows so far and rows a second since the start."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        rows = task.fields.get("rows", 0)
        elapsed = task.elapsed or 0
        rate = rows / elapsed if elapsed > 0 else 0
        return Text(f"{rows:,} {self._unit}, {rate:,.0f}/s")
