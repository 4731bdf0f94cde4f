"""What was measured, as a table for people and as JSON."""

import importlib.metadata
import json
import os
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from timing import Spread

PACKAGES = ("pilookup", "pilookup-server", "cryptography", "fastapi", "httpx2", "numpy", "pyarrow", "tuf", "uvicorn")
ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Report:
    """Figures in the order they came; each is printed as it comes."""

    scale: float
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, subject: str, name: str, value: "Spread | float", unit: str, n: int, **more: Any) -> None:
        """One figure; `n` is how many things it was taken over, `more` goes to the JSON and the last column."""
        figure = value.to_json() if isinstance(value, Spread) else {"value": value}
        self.rows.append({"subject": subject, "name": name, **figure, "unit": unit, "n": n, **more})
        print(_line(self.rows[-1]), flush=True)

    def to_json(self) -> dict[str, Any]:
        return {"machine": machine(), "scale": self.scale, "figures": self.rows}

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def head() -> str:
    """The table's first lines: where and with what."""
    facts = machine()
    where = f"{facts['cpu']}, {facts['cores']} cores, load {facts['load_before']}, Python {facts['python']}"
    columns = f"{'subject':<9} {'figure':<47} {'median':>12}  {'min - max':<25} {'unit':<12} {'n':>9}"
    return f"{where}\ncommit {facts['commit']}\n\n{columns}"


def machine() -> dict[str, Any]:
    """Processor, system, versions, commit: what a figure means nothing without."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": _LOAD,
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "commit": _commit(),
    }


_LOAD = round(os.getloadavg()[0], 1)


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _commit() -> str | None:
    """The checkout's commit, with `+` where files differ from it; None outside a checkout."""

    def git(*words: str) -> str | None:
        done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False)  # noqa: S607
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("rev-parse", "--short=12", "HEAD")
    return commit and commit + ("+" if git("status", "--porcelain") else "")


def _line(row: dict[str, Any]) -> str:
    median = _short(row["median"] if "median" in row else row["value"])
    spread = f"{_short(row['min'])} - {_short(row['max'])}" if "median" in row else ""
    known = {"subject", "name", "median", "min", "max", "runs", "value", "unit", "n"}
    more = ", ".join(f"{key} {_short(value)}" for key, value in row.items() if key not in known)
    start = f"{row['subject']:<9} {row['name']:<47} {median:>12}  {spread:<25} {row['unit']:<12} {row['n']:>9,}"
    return f"{start}  {more}".rstrip()


def _short(value: Any) -> str:
    if not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.3g}"
