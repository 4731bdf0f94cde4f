"""Every test that docs/assessment names exists, and both languages name the same ones."""

import re

import pytest

from tests.support.docs.documents import ROOT

ENGLISH, CHINESE = ROOT / "docs/assessment", ROOT / "docs/zh/assessment"
NAMED = re.compile(r"`([\w./-]+\.(?:py|rs))::(\w+)`")
FEWEST = 60


def named(path):
    """Return the tests that a page names, as (file, function), in the order of the page."""
    return NAMED.findall(path.read_text(encoding="utf-8"))


def has_function(file, name):
    """Whether a Python or Rust file of the project defines a function."""
    path = ROOT / file
    if not path.is_file():
        return False
    start = r"^(?:async )?def" if path.suffix == ".py" else r"^\s*(?:pub(?:\([a-z]+\))? )?fn"
    return re.search(rf"{start} {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


@pytest.mark.parametrize("page", sorted(path.name for path in ENGLISH.glob("*.md")))
def test_every_test_that_is_named_exists(page):
    found = named(ENGLISH / page)
    assert [f"{file}::{name}" for file, name in found if not has_function(file, name)] == []
    assert named(CHINESE / page) == found


def test_the_page_of_cryptography_names_tests():
    assert len(named(ENGLISH / "cryptography.md")) > FEWEST


@pytest.mark.parametrize(
    ("file", "name", "exists"),
    [
        ("tests/core/test_vectors.py", "test_a_batch", True),
        ("tests/core/test_vectors.py", "test_a_bat", False),
        ("tests/core/test_no_such.py", "test_a_batch", False),
        ("rust/core/tests/rfc9497.rs", "every_published_vector_passes", True),
        ("rust/core/tests/rfc9497.rs", "every_published", False),
    ],
)
def test_a_name_that_does_not_exist_is_found(file, name, exists):
    assert has_function(file, name) is exists
