"""The arithmetic of the figures: medians and spreads, ratios for each round, a line through sizes."""

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
        """Return the spread of values.

        Raises:
            statistics.StatisticsError: there is no value.
        """
        return cls(statistics.median(values), min(values), max(values), len(values))

    def to_json(self) -> dict[str, float]:
        return {"median": self.median, "min": self.least, "max": self.most, "runs": self.runs}


def paired(tops: Sequence[float], bottoms: Sequence[float]) -> Spread:
    """Return the ratios of two figures taken in the same rounds; a slow round slows both, so the ratio does not change.

    Raises:
        ValueError: the two do not have the same number of rounds.
    """
    return Spread.of([top / bottom for top, bottom in zip(tops, bottoms, strict=True)])


@dataclass(frozen=True)
class Line:
    """The line `start + slope * size` by least squares of relative distances: small sizes count as much as large."""

    slope: float
    start: float
    residual: float
    """The greatest distance of a point from the line, relative to the line's value there."""

    @classmethod
    def through(cls, sizes: Sequence[float], values: Sequence[float]) -> "Line":
        """Return the line through points.

        Raises:
            ValueError: there are fewer than two different sizes, or a value is not positive.
        """
        if len(set(sizes)) < 2 or min(values, default=0) <= 0:
            raise ValueError("a line needs two different sizes or more, and values above zero")
        weights = [1 / value**2 for value in values]
        total = sum(weights)
        middle = sum(w * size for w, size in zip(weights, sizes, strict=True)) / total
        level = sum(w * value for w, value in zip(weights, values, strict=True)) / total
        rows = list(zip(weights, sizes, values, strict=True))
        across = sum(w * (size - middle) ** 2 for w, size, _ in rows)
        slope = sum(w * (size - middle) * (value - level) for w, size, value in rows) / across
        start = level - slope * middle
        return cls(slope, start, max(abs(value / (start + slope * size) - 1) for _, size, value in rows))
