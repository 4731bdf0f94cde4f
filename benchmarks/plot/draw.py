"""Draw the figures of one or two result files: draw.py FOLDER RESULT.json...

Runs in a separate environment, because pilookup does not depend on matplotlib, and reads only the JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from panels import PANELS

Figure = dict[str, Any]


def main() -> None:
    folder, results = Path(sys.argv[1]), [json.loads(Path(path).read_bytes()) for path in sys.argv[2:]]
    figures: list[Figure] = [figure for result in results for figure in result["figures"]]
    mpl.rcParams |= {"font.size": 9, "svg.hashsalt": "pilookup", "axes.spines.top": False, "axes.spines.right": False}
    sheet, grid = plt.subplots(3, 2, figsize=(14, 13), height_ratios=(1.25, 1.25, 1), layout="constrained")
    for axes, panel in zip(grid.flat, PANELS, strict=True):
        panel(axes, figures)
    cpu, backend = (results[0]["machine"][name] for name in ("cpu", "backend"))
    sheet.suptitle(f"pilookup, measured on {cpu} with {backend}", fontsize=13, x=0.01, ha="left")
    sheet.supxlabel("\n".join(map(caption, results)), fontsize=8, x=0.01, ha="left", color="0.25")
    sheet.savefig(folder / "benchmarks.png", dpi=110)
    sheet.savefig(folder / "benchmarks.svg", metadata={"Date": None})


def caption(result: Figure) -> str:
    machine = result["machine"]
    kind = "a quick run, not for quoting; " if result["about"]["quick"] else ""
    return (
        f"{kind}{machine['cpu']}, {machine['cores']} cores, {machine['memory_mib'] / 1024:.0f} GiB, "
        f"arithmetic {machine['backend']}, load before {machine['load_before']}; "
        f"commit {machine['commit']}, {machine['date'][:10]}. Dots are medians, bars least to greatest."
    )


if __name__ == "__main__":
    main()
