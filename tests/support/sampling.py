"""Which cases of a product of parameters run: a sample in `make test`, every one in `make long`.

`@pytest.mark.sampled("kind")` says that the parameter `kind` is independent of the others: each combination of the others
runs with one value of it. The values are dealt to the combinations of a file in shuffled rounds, so that each value has
its share, and no value goes with the same values of the others only. The seed is fixed and printed.

    EVERY_CASE=1     run every case and all examples
    SAMPLE_SEED=N    choose another sample
"""

import os
import random

import pytest
from hypothesis import settings

EVERY_CASE = bool(os.environ.get("EVERY_CASE"))
SEED = int(os.environ.get("SAMPLE_SEED", "1"))
EXAMPLES = 300
"""Examples of a property in `make test`, where `many_examples` names more."""


def description():
    """What the header of a run says."""
    return "all cases" if EVERY_CASE else f"sample of cases: SAMPLE_SEED={SEED} (EVERY_CASE=1 runs all)"


def many_examples(number):
    """Decorate a property that the long run tries with this number of examples, and other runs with EXAMPLES at most."""

    def decorate(test):
        return pytest.mark.sampled(settings(max_examples=number if EVERY_CASE else min(number, EXAMPLES))(test))

    return decorate


def sampled(items):
    """Divide collected tests into those that run and those that are left out, both in their order."""
    chosen = set()
    for path, groups in _groups(items).items():
        dealer = _Dealer(random.Random(f"{SEED} {path}"))
        chosen.update(id(dealer.one_of(names, group)) for (names, *_), group in groups.items())
    kept = [item for item in items if id(item) in chosen or not _varied(item)]
    return kept, [item for item in items if id(item) not in chosen and _varied(item)]


class _Dealer:
    """Deals the values of parameters in rounds; each round has every value once, in an order of its own."""

    def __init__(self, rng):
        self._rng = rng
        self._rounds = {}

    def one_of(self, names, group):
        left = self._rounds.setdefault((names, len(group)), [])
        if not left:
            left.extend(range(len(group)))
            self._rng.shuffle(left)
        return group[left.pop()]


def _groups(items):
    """By file, the marked tests that differ in nothing but the parameters that the mark names."""
    files = {}
    for item in items:
        if names := _varied(item):
            others = tuple((name, id(value)) for name, value in item.callspec.params.items() if name not in names)
            function = item.nodeid.partition("[")[0]
            path = function.partition("::")[0]
            files.setdefault(path, {}).setdefault((names, function, others), []).append(item)
    return files


def _varied(item):
    """The parameters that the mark of a test names."""
    mark = item.get_closest_marker("sampled")
    return mark.args if mark is not None else ()
