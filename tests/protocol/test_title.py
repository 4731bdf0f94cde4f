"""Which characters a title may have, by the list of SPEC.md section 7 and not by this Python's Unicode."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.protocol.title import is_title

SPEC = Path(__file__).parents[2] / "SPEC.md"
REFUSED = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs")


def listed():
    """The code points of the list in SPEC.md."""
    text = SPEC.read_text().partition("A title may not contain")[2].partition("A code is")[0]
    ranges = re.findall(r"\b([0-9A-F]{4,6})(?:-([0-9A-F]{4,6}))?\b", text.partition(":\n\n")[2])
    return {point for first, last in ranges for point in range(int(first, 16), int(last or first, 16) + 1)}


def test_every_code_point_is_refused_or_accepted_as_listed():
    refused = listed()
    assert len(refused) > 130_000
    assert {point for point in range(0x110000) if not is_title(chr(point))} == refused


def test_the_list_has_the_categories_that_this_python_knows():
    """Characters that were not assigned when this Python was made are the only difference."""
    known = {point for point in range(0x110000) if unicodedata.category(chr(point)) in REFUSED} - {0x20}
    if tuple(map(int, unicodedata.unidata_version.split("."))) <= (16, 0, 0):
        assert known <= listed()
    assert {unicodedata.category(chr(point)) for point in listed() - known} <= {"Cn"}


@pytest.mark.parametrize("category", REFUSED)
def test_each_category_is_refused(category):
    points = [point for point in listed() if unicodedata.category(chr(point)) == category]
    assert points
    assert not any(is_title(f"a{chr(point)}b") for point in points)


@pytest.mark.parametrize("point", [0x31350, 0x2EBF0, 0x323AF, 0x20, 0x4E00, 0x1F600, 0x10FFFE, 0x0378, 0x2065])
def test_letters_of_any_version_are_accepted(point):
    assert is_title(f"\u6751{chr(point)}")


@given(st.text(st.characters(exclude_categories=REFUSED), min_size=1, max_size=200))
def test_texts_of_other_characters_are_accepted(text):
    assert is_title(text)


def test_the_length_is_counted_in_code_points():
    assert is_title("\U00031350" * 200)
    assert not is_title("\U00031350" * 201)
    assert not is_title("")
