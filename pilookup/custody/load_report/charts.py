"""The histogram of a report as inline SVG."""

from collections.abc import Mapping
from typing import Final

from pilookup.custody.markup import Html, element

WIDTH: Final = 720
HEIGHT: Final = 150
MOST_MONTHS: Final = 60
"""More months than these are joined to years."""

MONTHS_A_YEAR: Final = 12
FIRST_YEAR: Final = 2000
_TOP: Final = 16
_BOTTOM: Final = 20
_LABEL_WIDTH: Final = 46
"""The width that the label of a bar needs."""


def month_chart(months: Mapping[int, int], title: str) -> Html:
    """A histogram of the months in which numbers were last seen, or of the years if there are many months.

    Args:
        months: The count of each month as in `Accepted.months`, 0 (unknown) left out; not empty.
        title: The text that a reader who does not see the chart is given.
    """
    counts = by_period(months)
    step = WIDTH / len(counts)
    most = max(count for _, count in counts)
    marks = [element("title", title), element("text", f"{most:,}", x=0, y=_TOP - 5)]
    free = 0.0
    for i, (label, count) in enumerate(counts):
        height = (HEIGHT - _TOP - _BOTTOM) * count / most
        x, gap = i * step, min(step / 5, 2)
        if count:
            height = max(height, 1.0)
            top = HEIGHT - _BOTTOM - height
            marks.append(
                element(
                    "rect",
                    class_="accepted",
                    x=f"{x:.1f}",
                    y=f"{top:.1f}",
                    width=f"{min(step - gap, 40):.1f}",
                    height=f"{height:.1f}",
                )
            )
        if x >= free and x <= WIDTH - _LABEL_WIDTH + step:
            marks.append(element("text", label, x=f"{x:.1f}", y=HEIGHT - 5))
            free = x + _LABEL_WIDTH
    return element("svg", *marks, class_="months", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img")


def by_period(months: Mapping[int, int]) -> list[tuple[str, int]]:
    """The count of each month from the first to the last, or of each year, with labels such as "2026-03" or "2026"."""
    first, last = min(months), max(months)
    if last - first < MOST_MONTHS:
        return [(_month(month), months.get(month, 0)) for month in range(first, last + 1)]
    years: dict[int, int] = dict.fromkeys(range(_year(first), _year(last) + 1), 0)
    for month, count in months.items():
        years[_year(month)] += count
    return [(str(year), count) for year, count in years.items()]


def _year(month: int) -> int:
    return FIRST_YEAR + (month - 1) // MONTHS_A_YEAR


def _month(month: int) -> str:
    return f"{_year(month)}-{(month - 1) % MONTHS_A_YEAR + 1:02}"
