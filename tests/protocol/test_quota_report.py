"""What a client reads of a quota in a problem document; every other byte string is refused or another problem."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.errors import FormatError
from pilookup.protocol.encoding import time_text
from pilookup.protocol.problems import Problem
from pilookup.protocol.quota_report import PURPOSES, QuotaReport

MEMBERS = {"window": "signup", "limit": 12, "left": 3, "end": "2027-05-01T00:00:00Z"}
ENDS = st.datetimes().filter(lambda end: end.year >= 1970)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner, max_size=2),
    max_leaves=4,
)


def document(**members):
    return Problem.QUOTA_EXCEEDED.to_json("Words.", members)


@given(st.sampled_from(PURPOSES), st.integers(0, 2**53), st.integers(0, 2**53), ENDS)
def test_what_a_server_says_is_read(purpose, one, other, end):
    left, limit = sorted((one, other))
    end = end.replace(microsecond=0, tzinfo=UTC)
    report = QuotaReport.from_problem(document(window=purpose, limit=limit, left=left, end=time_text(end)))
    assert report == QuotaReport(purpose, limit, left, end)
    assert f"{left:,} of {limit:,}" in report.text


@given(st.sampled_from(sorted(MEMBERS)), VALUES)
def test_a_wrong_member_is_refused_and_not_repeated(name, value):
    try:
        report = QuotaReport.from_problem(document(**MEMBERS | {name: value}))
    except FormatError:
        return
    assert getattr(report, {"window": "purpose"}.get(name, name)) in (value, datetime(2027, 5, 1, tzinfo=UTC)) or (
        name == "end"
    )


@pytest.mark.parametrize("name", MEMBERS)
def test_a_missing_member_is_refused(name):
    with pytest.raises(FormatError):
        QuotaReport.from_problem(document(**{one: value for one, value in MEMBERS.items() if one != name}))


@given(st.binary(max_size=300) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_other_bytes_are_no_report(body):
    with suppress(FormatError):
        assert QuotaReport.from_problem(body) is None


def test_another_problem_is_none():
    assert QuotaReport.from_problem(Problem.RATE_LIMITED.to_json()) is None
