"""The sample of cases that `make test` runs: every combination of the other parameters, every value, and no other loss."""

from collections import Counter
from itertools import product

import pytest

from tests.support import sampling

KINDS, STEPS, FORMS = ("sync", "async"), ("a", "b", "c", "d"), ("plain", "long")


class Item:
    """As much of a collected test as the sample needs."""

    def __init__(self, nodeid, marks=(), **params):
        self.nodeid, self.marks, self.callspec = nodeid, marks, self
        self.params = params

    def get_closest_marker(self, name):
        return pytest.mark.sampled(*self.marks).mark if name == "sampled" and self.marks else None


def product_of(file, **params):
    return [
        Item(f"{file}::test[{'-'.join(values)}]", ("kind",), **dict(zip(params, values, strict=True)))
        for values in product(*params.values())
    ]


def values(items, *names):
    return Counter(tuple(item.params[name] for name in names) for item in items)


def test_each_combination_of_the_others_runs_once_and_each_value_has_its_share():
    items = product_of("test_a.py", kind=KINDS, step=STEPS, form=FORMS)
    kept, left_out = sampling.sampled(items)
    assert values(kept, "step", "form") == dict.fromkeys(product(STEPS, FORMS), 1)
    assert values(kept, "kind") == {("sync",): 4, ("async",): 4}
    assert sorted([*kept, *left_out], key=items.index) == items
    assert kept == sorted(kept, key=items.index)


def test_the_sample_depends_on_the_seed_and_the_file_alone(monkeypatch):
    def chosen(file="test_a.py"):
        return tuple(
            values(sampling.sampled(product_of(file, kind=KINDS, step=STEPS, form=FORMS))[0], "kind", "step", "form")
        )

    assert chosen() == chosen()
    seeds = set()
    for seed in range(20):
        monkeypatch.setattr(sampling, "SEED", seed)
        seeds.add(chosen())
    assert len(seeds) > 10
    # Over the seeds every case runs.
    assert set().union(*seeds) == set(product(KINDS, STEPS, FORMS))


def test_tests_without_other_parameters_share_the_values_of_a_file():
    items = [Item(f"test_a.py::test_{i}[{kind}]", ("kind",), kind=kind) for i in range(6) for kind in KINDS]
    kept, _ = sampling.sampled(items)
    assert [item.nodeid.partition("[")[0] for item in kept] == [f"test_a.py::test_{i}" for i in range(6)]
    assert values(kept, "kind") == {("sync",): 3, ("async",): 3}


def test_unmarked_tests_all_run():
    items = [Item(f"test_a.py::test[{n}]", n=n) for n in range(5)]
    assert sampling.sampled(items) == (items, [])


def test_a_property_with_many_examples_is_marked_for_the_long_run(monkeypatch):
    @sampling.many_examples(5000)
    def prop():
        pass

    assert [mark.name for mark in prop.pytestmark] == ["sampled"]
    assert prop._hypothesis_internal_use_settings.max_examples == (5000 if sampling.EVERY_CASE else sampling.EXAMPLES)
