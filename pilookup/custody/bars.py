"""Bars in the pages that custody makes, as inline SVG."""

from collections.abc import Sequence
from typing import Final

from pilookup.custody.markup import Html, element

BAR_WIDTH: Final = 240
BAR_HEIGHT: Final = 12
LEAST_WIDTH: Final = 1.5
"""A bar that stands for one number among millions can still be seen."""


def bar(parts: Sequence[tuple[str, int]], most: int) -> Html:
    """A horizontal bar.

    Args:
        parts: The parts of the bar from the left, as class and count. A count of 0 is left out.
        most: The count that fills the whole width.
    """
    left, rects = 0.0, []
    for name, count in parts:
        if count:
            width = max(BAR_WIDTH * count / max(most, 1), LEAST_WIDTH)
            rects.append(element("rect", class_=name, x=f"{left:.1f}", y=0, width=f"{width:.1f}", height=BAR_HEIGHT))
            left += width
    return element(
        "svg",
        *rects,
        class_="bar",
        viewBox=f"0 0 {BAR_WIDTH} {BAR_HEIGHT}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
