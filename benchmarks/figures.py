"""The arithmetic of the figures: medians with their spread, ratios round by round, a straight line through sizes."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Median, least and greatest of a figure over its runs."""

    median: float
    least: float
    most: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Raises statistics.StatisticsError when there is no value."""
        return cls(statistics.median(values), min(values), max(values), len(values))

    def to_json(self) -> dict[str, float]:
        return {"median": self.median, "min": self.least, "max": self.most, "runs": self.runs}


def paired(tops: Sequence[float], bottoms: Sequence[float]) -> Spread:
    """Ratios of two figures taken in the same rounds; a slow round slows both, so the ratio stands still.

    Raises ValueError when the two have not as many rounds.
    """
    return Spread.of([top / bottom for top, bottom in zip(tops, bottoms, strict=True)])


@dataclass(frozen=True)
class Line:
    """`start + slope * size`: least squares over relative distances, so that small sizes count as much as large."""

    slope: float
    start: float
    residual: float
    """The greatest distance of a point from the line, as a share of the line there."""

    @classmethod
    def through(cls, sizes: Sequence[float], values: Sequence[float]) -> "Line":
        """Raises ValueError for fewer than two different sizes or for a value that is not positive."""
        if len(set(sizes)) < 2 or min(values, default=0) <= 0:
            raise ValueError("a line wants two different sizes or more, and values above zero")
        weights = [1 / value**2 for value in values]
        total = sum(weights)
        middle = sum(w * size for w, size in zip(weights, sizes, strict=True)) / total
        level = sum(w * value for w, value in zip(weights, values, strict=True)) / total
        rows = list(zip(weights, sizes, values, strict=True))
        across = sum(w * (size - middle) ** 2 for w, size, _ in rows)
        slope = sum(w * (size - middle) * (value - level) for w, size, value in rows) / across
        start = level - slope * middle
        return cls(slope, start, max(abs(value / (start + slope * size) - 1) for _, size, value in rows))
