"""Every filter that a build file or script gives to cargo or pytest matches a test. One that does not would pass silently."""

import pytest

from tests.support.docs.filters import (
    Filter,
    filters_of,
    marks_in_use,
    path_has_tests,
    rust_test_names,
    script_filters,
)


def matches(found: Filter) -> bool:
    if found.runner == "cargo":
        return any(found.text in name for name in rust_test_names())
    return found.text in marks_in_use() if found.kind == "mark" else path_has_tests(found.text)


def test_every_filter_matches_a_test():
    found = script_filters()
    assert [given for given in found if not matches(given)] == []
    assert {(given.runner, given.kind) for given in found} == {
        ("cargo", "name"),
        ("pytest", "path"),
        ("pytest", "mark"),
    }


@pytest.mark.parametrize(
    ("line", "kind", "text"),
    [
        ("cargo test --package x --lib -- lanes::ristretto", "name", "lanes::ristretto"),
        ("(cd rust && cargo test --quiet -- --skip lanes::)", "name", "lanes::"),
        ("cd rust && cargo test no_such_test", "name", "no_such_test"),
        ("pytest -n 2 tests/no_such_suite", "path", "tests/no_such_suite"),
        ("pytest tests --deselect tests/custody/test_no_such.py", "path", "tests/custody/test_no_such.py"),
        ("pytest --ignore=tests/no_such_suite", "path", "tests/no_such_suite"),
        ("pytest tests \\\n    --ignore tests/no_such_suite", "path", "tests/no_such_suite"),
        ("pytest -m no_such_mark", "mark", "no_such_mark"),
        ("pytest -m 'long or no_such_mark'", "mark", "no_such_mark"),
    ],
)
def test_a_filter_that_matches_nothing_is_found(line, kind, text):
    found = [given for given in filters_of("x.sh", line) if not matches(given)]
    assert [(given.kind, given.text) for given in found] == [(kind, text)]
