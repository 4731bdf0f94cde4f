from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.load_report.notes import joined_notes


def test_one_location_is_named_and_four_are_counted():
    notes = [f"{name}.csv: same" for name in "abcd"] + ["e.csv: other", "without a location", "a.csv: third"]
    assert joined_notes(notes) == [
        "a.csv, b.csv, c.csv and 1 more: same",
        "e.csv: other",
        "without a location",
        "a.csv: third",
    ]


def test_three_locations_are_all_named_and_a_repeated_one_once():
    assert joined_notes(["a: x", "b: x", "a: x", "c: x", "a: x: y"]) == ["a, b, c: x", "a: x: y"]


@given(st.lists(st.text(alphabet="ab: ", max_size=6), max_size=30))
def test_every_text_appears_and_a_single_note_is_unchanged(notes):
    joined = joined_notes(notes)
    assert len(joined) == len({note.partition(": ")[2] if ": " in note else (note,) for note in notes})
    for note in notes:
        assert joined_notes([note]) == [note]
