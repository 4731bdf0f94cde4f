"""The arithmetic of the benchmarks, on figures with known results."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import Line, Spread, paired

POSITIVE = st.floats(1e-3, 1e3)


def test_a_spread_is_median_least_and_greatest():
    assert Spread.of([5, 1, 9, 2, 3]) == Spread(3, 1, 9, 5)
    assert Spread.of([4.0]).to_json() == {"median": 4.0, "min": 4.0, "max": 4.0, "runs": 1}


def test_a_spread_needs_a_value():
    with pytest.raises(statistics.StatisticsError):
        Spread.of([])


def test_ratios_are_taken_round_by_round():
    """A round in which the machine is three times as slow changes both, so the ratio stays the same."""
    ours, theirs = [1.0, 3.0, 1.0, 1.0, 1.0], [20.0, 60.0, 20.0, 20.0, 20.0]
    assert paired(theirs, ours) == Spread(20, 20, 20, 5)


def test_a_ratio_is_not_the_ratio_of_the_medians():
    assert paired([10, 20, 30], [1, 4, 1]) == Spread(10, 5, 30, 3)


def test_series_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"shorter|longer"):
        paired([1, 2, 3], [1, 2])


@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=9))
def test_the_reversed_ratio_is_the_inverse(pairs):
    tops, bottoms = zip(*pairs, strict=True)
    up, down = paired(tops, bottoms), paired(bottoms, tops)
    assert up.least == pytest.approx(1 / down.most)
    assert up.most == pytest.approx(1 / down.least)


@given(slope=st.floats(1e-6, 1e-3), start=st.floats(0, 10))
def test_a_straight_line_is_recovered(slope, start):
    sizes = [1e6, 2e6, 4e6, 8e6]
    line = Line.through(sizes, [start + slope * size for size in sizes])
    assert line.slope == pytest.approx(slope, rel=1e-6)
    assert line.start == pytest.approx(start, abs=1e-6 * slope * 8e6 + 1e-6)
    assert line.residual < 1e-6


def test_growth_faster_than_linear_shows_as_residual():
    sizes = [1e6, 2e6, 4e6, 8e6]
    assert Line.through(sizes, [size**1.3 for size in sizes]).residual > 0.03


def test_a_bend_at_the_smallest_size_counts_as_much_as_at_the_largest():
    low = Line.through([1, 2, 4, 8], [1.5, 2, 4, 8]).residual
    assert low > 0.05


@pytest.mark.parametrize(("sizes", "values"), [([1], [1]), ([2, 2], [1, 1]), ([], []), ([1, 2], [1, 0])])
def test_a_line_needs_two_sizes_and_times_above_zero(sizes, values):
    with pytest.raises(ValueError, match="a line needs"):
        Line.through(sizes, values)
