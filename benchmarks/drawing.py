"""Draws the plot in the environment with matplotlib; if that cannot be installed, the run says so and continues."""

import subprocess
from pathlib import Path

from benchmarks import environment

PLOT = Path(__file__).with_name("plot") / "draw.py"


def draw(folder: Path, results: list[Path]) -> None:
    """Write benchmarks.png and benchmarks.svg into `folder`."""
    try:
        python = environment.python("plot")
    except environment.NotInstalledError as reason:
        print(f"plot not drawn: {reason}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([str(python), str(PLOT), str(folder), *map(str, results)], check=True)
    print(f"drawn: {folder / 'benchmarks.png'}, {folder / 'benchmarks.svg'}")
