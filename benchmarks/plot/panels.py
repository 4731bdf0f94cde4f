"""The panels of the plot, each a function of its axes and all figures. Okabe and Ito's colours for the colour-blind."""

from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

OURS, PEER, GOAL, SECOND = "#0072B2", "#E69F00", "#000000", "#009E73"
Figure = dict[str, Any]


def cost(axes: Axes, figures: list[Figure]) -> None:
    rows = shown(figures, "element")
    dots(axes, rows, mine="pilookup")
    finish(axes, "One element on one core", "µs of CPU, log scale; less is better")


def ratios(axes: Axes, figures: list[Figure]) -> None:
    rows = shown(figures, "ratio")
    dots(axes, rows, mine="")
    for place, row in enumerate(rows):
        if "goal" in row:
            axes.plot(row["goal"], place, marker="|", markersize=18, color=GOAL)
    finish(axes, "A peer's cost over ours, round by round", "times, log scale; more is better; black: the goal")


def filter_pace(axes: Axes, figures: list[Figure]) -> None:
    rows = [row for row in shown(figures, "filter") if row["unit"] == "M keys/CPU s"]
    dots(axes, rows, mine="fuse16")
    finish(axes, "Filters on one core: build, and look up", "million keys a CPU second, log scale; more is better")


def filter_size(axes: Axes, figures: list[Figure]) -> None:
    rows = [row for row in shown(figures, "filter") if row["unit"] == "bits/key"]
    rows = [row | {"name": row["name"].removesuffix(": bits a key")} for row in rows]
    dots(axes, rows, mine="fuse16", log=False)
    axes.set_xlim(left=0)
    finish(axes, "Filters at a false-positive rate of 1 in 65,536", "bits a key; less is better")


def linear(axes: Axes, figures: list[Figure]) -> None:
    rows = [row for row in shown(figures, "scale", "large") if row["unit"] == "s"]
    lines(axes, rows, {"load": OURS, "publish": PEER})
    axes.set_ylabel("seconds by the clock, log scale")
    logarithmic(axes.set_yscale, axes.yaxis)
    axes.set_title("Load and publish: time against rows", loc="left")


def memory(axes: Axes, figures: list[Figure]) -> None:
    rows = [row for row in shown(figures, "scale", "large") if row["unit"] == "MiB"]
    lines(axes, rows, {"load": OURS, "publish": PEER})
    axes.set_ylabel("MiB, largest process")
    axes.set_ylim(0, 1.25 * max([row["value"] for row in rows], default=1))
    axes.set_title("Load and publish: peak memory against rows", loc="left")


PANELS: tuple[Callable[[Axes, list[Figure]], None], ...] = (cost, ratios, filter_pace, filter_size, linear, memory)


def shown(figures: list[Figure], *subjects: str) -> list[Figure]:
    """Return the figures of these subjects, including those without a value."""
    return [figure | {"unit": figure.get("unit")} for figure in figures if figure["subject"] in subjects]


def dots(axes: Axes, rows: list[Figure], *, mine: str, log: bool = True) -> None:
    """Draw a line for each row: the median, and a bar from least to greatest, or the reason why it is not shown."""
    for place, row in enumerate(rows):
        if "not_shown" in row:
            reason = row["not_shown"]
            text = f"not shown: {reason if len(reason) < 60 else reason[:57] + '...'}"
            axes.text(0.02, place, text, transform=axes.get_yaxis_transform(), va="center", fontsize=8, color="0.35")
            continue
        value = row.get("median", row.get("value"))
        colour = OURS if row["name"].startswith(mine) else PEER
        axes.plot((row.get("min", value), row.get("max", value)), (place, place), color=colour, linewidth=3, alpha=0.5)
        axes.plot(value, place, marker="o", color=colour)
        axes.annotate(f"{value:,.3g}", (value, place), (0, 6), textcoords="offset points", ha="center", fontsize=8)
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.7)
    if log and any("not_shown" not in row for row in rows):
        axes.margins(x=0.12)
        logarithmic(axes.set_xscale, axes.xaxis)


def lines(axes: Axes, rows: list[Figure], colours: dict[str, str]) -> None:
    """Draw values against rows, a line for each command; the points of two runs are joined in order of size."""
    marks = {"load": "o", "publish": "s"}
    for name, colour in colours.items():
        points = sorted(
            (row["n"], row["value"], row.get("cpu_seconds")) for row in rows if row["name"].startswith(f"{name},")
        )
        if not points:
            continue
        sizes, values, cpu = zip(*points, strict=True)
        axes.plot(sizes, values, marker=marks[name], color=colour, label=name)
        if None not in cpu:
            axes.plot(
                sizes,
                cpu,
                marker=marks[name],
                color=colour,
                linestyle=":",
                fillstyle="none",
                label=f"{name}, CPU seconds",
            )
    logarithmic(axes.set_xscale, axes.xaxis)
    axes.set_xlabel("rows, log scale")
    if rows:
        axes.legend(frameon=False, fontsize=8)
    else:
        axes.text(0.5, 0.5, "not measured in this run", transform=axes.transAxes, ha="center", color="0.35")


def logarithmic(set_scale: Callable[[str], object], axis: Axis) -> None:
    """Set a log scale with plain numbers as ticks: at 1, 2 and 5 if it spans little, else at the powers of ten."""
    set_scale("log")
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 200 else (1,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1e6:g} M" if value >= 1e6 else f"{value:,.10g}"))
    axis.set_minor_formatter(NullFormatter())


def finish(axes: Axes, title: str, label: str) -> None:
    axes.set_title(title, loc="left")
    axes.set_xlabel(label)
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
