from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.errors import FormatError
from pilookup.protocol.encoding import b64url, from_b64url, from_time_text, time_text

SECONDS = st.integers(-30_000_000_000, 253_402_300_799).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(st.binary(min_size=1, max_size=100))
def test_base64url_round_trip(data):
    assert from_b64url(b64url(data), len(data), "x") == data


@given(st.text(max_size=48) | st.text("ABCDEFGabcdefg0189-_+/=", min_size=43, max_size=43), st.just(32))
def test_base64url_of_any_text_is_refused_or_round_trips(text, size):
    try:
        data = from_b64url(text, size, "x")
    except FormatError:
        return
    assert b64url(data) == text


@pytest.mark.parametrize(
    "text",
    [
        "AB",  # surplus bits: B is 000001, of which one byte uses only two bits
        "AA==",
        "AA ",
        "A",
        "",
        "AAA",
        "+A",
        "/A",
        "ＡＡ",
        None,
        b"AA",
        5,
        ["A", "A"],
    ],
)
def test_base64url_has_one_spelling(text):
    with pytest.raises(FormatError, match="field"):
        from_b64url(text, 1, "field")


@pytest.mark.parametrize("text", ["++++", "////", "AA=="])
def test_base64url_refuses_the_other_alphabet_and_padding(text):
    with pytest.raises(FormatError):
        from_b64url(text, 3, "field")


@given(SECONDS)
def test_time_round_trip(moment):
    assert from_time_text(time_text(moment), "x") == moment


def test_a_time_is_written_in_utc():
    there = datetime(2026, 11, 24, 16, 0, 0, tzinfo=timezone(timedelta(hours=8)))
    assert time_text(there) == "2026-11-24T08:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T08:00:00+00:00",
        "2026-11-24T08:00:00.0Z",
        "2026-11-24T08:00:00z",
        "2026-11-24 08:00:00Z",
        "2026-11-24T08:00Z",
        "2026-1-2T08:00:00Z",
        "2026-02-30T08:00:00Z",
        "2026-11-24T24:00:00Z",
        "２０２６-11-24T08:00:00Z",
        " 2026-11-24T08:00:00Z",
        "2026-11-24T08:00:00Z\n",
        "",
        None,
        0,
        {},
    ],
)
def test_time_has_one_spelling(text):
    with pytest.raises(FormatError, match="field"):
        from_time_text(text, "field")


@given(st.text(max_size=30))
def test_any_text_as_time_is_refused_or_round_trips(text):
    try:
        moment = from_time_text(text, "x")
    except FormatError:
        return
    assert time_text(moment) == text
