"""The format of `evaluated.json`, in which elements are counted without the service database."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.errors import FormatError
from pilookup.release_files.evaluations import Evaluations

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@given(st.dictionaries(st.integers(1, 2**32 - 1), st.integers(0, 2**53 - 1), max_size=9))
def test_the_file_round_trips(epochs):
    record = Evaluations(epochs, NOW)
    assert Evaluations.from_bytes(record.to_bytes()) == record


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(data):
    with pytest.raises(FormatError):
        Evaluations.from_bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"epochs":[{"epoch":1,"evaluated":5},{"epoch":1,"evaluated":6}],"time":"2026-11-24T08:00:00Z","version":1}',
        b'{"epochs":[{"epoch":1,"evaluated":-5}],"time":"2026-11-24T08:00:00Z","version":1}',
        b'{"epochs":[5],"time":"2026-11-24T08:00:00Z","version":1}',
        b'{"epochs":{},"time":"2026-11-24T08:00:00Z","version":1}',
        b'{"epochs":[],"time":"2026-11-24T08:00:00Z","version":2}',
    ],
)
def test_a_record_that_contradicts_itself_is_refused(data):
    with pytest.raises(FormatError):
        Evaluations.from_bytes(data)
