"""The rounding of counts: what it tells of one number, on average and at most."""

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.protocol.reports import LEAST_COUNT, Quarter, Verb, is_coarse, step_of
from pilookup.reports import ReportKey, make_report, rounded

USERS = 200_000
PAIRS = 1_000


class Drawn(ReportKey):
    """A key whose draw is given, in place of a digest."""

    def __init__(self, part):
        super().__init__(bytes(32))
        self.part = part

    def draw(self, _case, _verb, steps):
        return 1 + int(self.part * steps)


def told(count):
    """What each of the possible draws tells of a count, with the probability of the draw."""
    step = step_of(count)
    return [rounded(Drawn(Fraction(d, step)), 1, Verb.CLOSED, count) for d in range(step)]


@given(st.integers(0, LEAST_COUNT))
def test_a_count_below_the_least_is_never_told(count):
    assert {rounded(ReportKey(bytes([n]) * 32), 1, Verb.CLOSED, count) for n in range(20)} == {None}


@given(st.integers(0, 10**9), st.binary(min_size=32, max_size=32), st.sampled_from(Verb))
def test_what_is_told_is_coarse_and_close(count, key, verb):
    found = rounded(ReportKey(key), 1, verb, count)
    if found is None:
        assert count < LEAST_COUNT + 10
    else:
        assert is_coarse(found)
        assert abs(found - count) < step_of(count)


@settings(deadline=None)
@given(st.integers(LEAST_COUNT + 10, 9_999))
def test_the_told_count_is_right_on_average(count):
    found = told(count)
    assert sum(found) == count * len(found)


@settings(deadline=None)
@given(st.one_of(st.integers(1, 3_000), st.sampled_from([99, 999, 9_999]), st.integers(1, 9_999)))
def test_neighbours_are_told_differently_for_at_most_one_draw_of_a_step(count):
    """The bound: 1/10 below 1,000, 1/100 below 10,000, and so on, also where the step grows."""
    fine = max(step_of(count), step_of(count + 1))
    differing = sum(
        rounded(Drawn(Fraction(d, fine)), 1, Verb.CLOSED, count)
        != rounded(Drawn(Fraction(d, fine)), 1, Verb.CLOSED, count + 1)
        for d in range(fine)
    )
    assert Fraction(differing, fine) <= Fraction(1, step_of(count))


@pytest.mark.parametrize("count", [100, 109, 999, 1_000, 9_999, 10_000])
def test_some_draw_tells_neighbours_apart(count):
    """So the test above can fail: a rounding without a draw would have the same border for all cases."""
    keys = [ReportKey(n.to_bytes(32, "big")) for n in range(2_000)]
    pairs = {tuple(rounded(key, 1, Verb.CLOSED, count + more) for more in (0, 1)) for key in keys}
    assert any(one != other for one, other in pairs)


def told_apart(draws, count, reports):
    """Which of the draws an adversary tells two datasets apart with, who chooses how the case grows.

    With each report it splits the draws that are still possible in two halves, by a count at the border between them.
    """
    if not reports or not draws:
        return set()
    middle = draws[len(draws) // 2]
    other = count + middle - 1  # the border of this draw, where 10 divides the count
    apart = {
        d for d in draws if rounded(drawn(d), 1, Verb.CLOSED, other) != rounded(drawn(d), 1, Verb.CLOSED, other + 1)
    }
    seen = {}
    for d in draws:
        if d not in apart:
            seen.setdefault(rounded(drawn(d), 1, Verb.CLOSED, other), []).append(d)
    return apart.union(*(told_apart(each, count, reports - 1) for each in seen.values()))


def drawn(d):
    return Drawn(Fraction(d - 1, 10))


@pytest.mark.parametrize(("reports", "certain"), [(1, 1), (2, 3), (3, 7), (4, 10)])
def test_a_case_that_is_changed_between_quarters_tells_twice_as_much_with_each_report(reports, certain):
    """As SECURITY.md says: with k reports, 2^k - 1 of the ten draws at most tell two datasets apart, and so many can."""
    assert len(told_apart(list(range(1, 11)), 200, reports)) == certain


@pytest.mark.parametrize(
    ("least", "most", "bound"), [(90, 400, Fraction(3, 10)), (1_000, 9_000, Fraction(3, 100))], ids=["small", "large"]
)
def test_a_thousand_pairs_of_datasets_that_differ_in_one_number(least, most, bound):
    """Who knows both datasets of a pair and sees a report guesses right in at most 1/2 and half of the bound.

    The number is of a user who is restricted, has appealed and is released: three verbs, and so three times the bound of
    one. Each pair has a case and a key of its own; the platform has 200,000 users.
    """
    draw = random.Random(20_261_130)
    differing = right = 0
    for case in range(1, PAIRS + 1):
        key, quarter = ReportKey(draw.randbytes(32)), Quarter(2026, 4)
        others = {
            verb: draw.randint(least, most) for verb in (Verb.RESTRICTED, Verb.APPEALED, Verb.RELEASED, Verb.CLOSED)
        }
        with_number = others | {verb: others[verb] + 1 for verb in (Verb.RESTRICTED, Verb.APPEALED, Verb.RELEASED)}
        made = [
            make_report(key, case=case, case_numbers=100_000, quarter=quarter, users=USERS, counts=counts).to_bytes()
            for counts in (others, with_number)
        ]
        differing += made[0] != made[1]
        right += made[0] != made[1] or draw.random() < 0.5
    slack = 4 * (PAIRS * 0.25) ** 0.5
    assert 0 < differing <= PAIRS * bound
    assert right <= PAIRS * (Fraction(1, 2) + bound / 2) + slack
