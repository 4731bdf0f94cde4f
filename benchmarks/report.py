"""The figures of a run, as a table and as JSON."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import Spread
from benchmarks.machine import machine

COLUMNS = f"{'subject':<9} {'figure':<52} {'median':>11}  {'min - max':<23} {'unit':<12} {'n':>10}  "
FORMAT = 2


@dataclass
class Report:
    """Figures in the order in which they were added; each is printed when it is added."""

    about: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=machine)

    def add(self, subject: str, name: str, value: "Spread | float", unit: str, n: int, **more: Any) -> None:
        """Add a figure. `n` is the number of things measured; `more` goes into the JSON and the last column."""
        figure = value.to_json() if isinstance(value, Spread) else {"value": value}
        self._put({"subject": subject, "name": name, **figure, "unit": unit, "n": n, **more})

    def miss(self, subject: str, name: str, reason: str) -> None:
        """Add a figure that this run cannot measure; the table shows the reason instead."""
        self._put({"subject": subject, "name": name, "not_shown": reason})

    def _put(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        print(line(row), flush=True)

    def head(self) -> str:
        """Return the first lines of the table: machine, versions and column titles."""
        facts = self.machine
        where = f"{facts['cpu']}, {facts['cores']} cores, load {facts['load_before']}, Python {facts['python']}"
        with_what = f"commit {facts['commit']}, arithmetic {facts['backend']}, flags {' '.join(facts['flags'])}"
        return f"{where}\n{with_what}\n\n{COLUMNS.rstrip()}"

    def to_json(self) -> dict[str, Any]:
        return {"format": FORMAT, "machine": self.machine, "about": self.about, "figures": self.rows}

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def line(row: dict[str, Any]) -> str:
    """Return a line of the table: subject, figure, median, least and greatest, unit, n, and other values."""
    start = f"{row['subject']:<9} {row['name']:<52}"
    if "not_shown" in row:
        return f"{start} not shown: {row['not_shown']}"
    median = short(row["median"] if "median" in row else row["value"])
    spread = f"{short(row['min'])} - {short(row['max'])}" if "median" in row else ""
    known = {"subject", "name", "median", "min", "max", "runs", "value", "unit", "n"}
    more = ", ".join(f"{key} {_told(value)}" for key, value in row.items() if key not in known)
    return f"{start} {median:>11}  {spread:<23} {row['unit']:<12} {row['n']:>10,}  {more}".rstrip()


def short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.3g}"


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return short(value["median"])
    return short(value) if isinstance(value, int | float) else str(value)
