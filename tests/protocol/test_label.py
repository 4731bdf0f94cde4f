import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.errors import FormatError
from pilookup.protocol.label import (
    LABEL_BYTES,
    MAX_ACCOUNTS,
    MAX_MONTH,
    Kind,
    Label,
    Profile,
    month_text,
    pack_labels,
)

CASES = st.lists(st.integers(1, 0xFFFF), max_size=3, unique=True).map(tuple)


@st.composite
def labels(draw):
    exposed, malicious = draw(st.tuples(st.booleans(), st.booleans()))
    if not (exposed or malicious):
        return Label(canary=True)
    cases = draw(CASES)
    return Label(
        exposed=exposed,
        malicious=malicious,
        accounts=draw(st.integers(0, MAX_ACCOUNTS)),
        month=draw(st.integers(0, MAX_MONTH)),
        cases=cases,
        more=len(cases) == 3 and draw(st.booleans()),
    )


@given(labels())
def test_round_trip(label):
    data = label.to_bytes()
    assert len(data) == LABEL_BYTES
    assert Label.from_bytes(data) == label


@given(st.binary(min_size=LABEL_BYTES, max_size=LABEL_BYTES))
def test_any_twelve_bytes_are_refused_or_marshal_back(data):
    try:
        label = Label.from_bytes(data)
    except FormatError:
        return
    assert label.to_bytes() == data


@given(labels(), st.integers(0, 95))
def test_a_flipped_bit_is_refused_or_another_label(label, bit):
    data = bytearray(label.to_bytes())
    data[bit // 8] ^= 1 << bit % 8
    try:
        other = Label.from_bytes(bytes(data))
    except FormatError:
        return
    assert other != label
    assert other.to_bytes() == data


@given(labels(), st.integers(0, 40).filter(lambda size: size != LABEL_BYTES))
def test_another_length_is_refused(label, size):
    with pytest.raises(FormatError, match="12 bytes"):
        Label.from_bytes((label.to_bytes() * 4)[:size])


@pytest.mark.parametrize("flag", [0x04, 0x08, 0x10, 0x20])
def test_unknown_flags_are_refused(flag):
    with pytest.raises(FormatError, match="flag"):
        Label.from_bytes(bytes([1 | flag]) + bytes(11))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "says nothing"),
        ({"exposed": True, "accounts": -1}, "accounts"),
        ({"canary": True, "exposed": True}, "canary"),
        ({"canary": True, "malicious": True}, "canary"),
        ({"canary": True, "accounts": 1}, "canary"),
        ({"canary": True, "month": 1}, "canary"),
        ({"canary": True, "cases": (1,)}, "canary"),
        ({"exposed": True, "accounts": 65536}, "accounts"),
        ({"exposed": True, "month": -1}, "month"),
        ({"exposed": True, "month": 1201}, "month"),
        ({"exposed": True, "cases": (1, 2, 3, 4)}, "three"),
        ({"exposed": True, "cases": (1, 1)}, "three different"),
        ({"exposed": True, "cases": (0,)}, "case id"),
        ({"exposed": True, "cases": (65536,)}, "case id"),
        ({"exposed": True, "cases": (1, 2), "more": True}, "more"),
    ],
)
def test_impossible_labels(fields, text):
    with pytest.raises(FormatError, match=text):
        Label(**fields)


@pytest.mark.parametrize("slots", [(0, 1, 0), (0, 0, 1), (1, 0, 2)])
def test_gaps_between_cases(slots):
    data = bytes([1, 0, 0, 0, 0, 0]) + b"".join(slot.to_bytes(2, "big") for slot in slots)
    with pytest.raises(FormatError, match="gap"):
        Label.from_bytes(data)


def test_layout():
    label = Label(exposed=True, malicious=True, accounts=258, month=307, cases=(513, 2, 1), more=True)
    assert label.to_bytes().hex() == "430001020133020100020001"


def test_packed():
    two = [Label(exposed=True), Label(canary=True)]
    assert pack_labels(two) == two[0].to_bytes() + two[1].to_bytes()
    assert pack_labels([]) == b""


@pytest.mark.parametrize(("count", "told"), [(0, 0), (1, 1), (2, 2), (5, 2), (6, 6), (7, 6), (65535, 6), (10**6, 6)])
def test_coarse_accounts(count, told):
    assert Profile.COARSE.accounts(count) == told


@given(st.integers(0, 10**9))
def test_published_accounts_are_lower_bounds_and_a_second_application_changes_nothing(count):
    for profile in Profile:
        told = profile.accounts(count)
        assert 0 <= told <= min(count, MAX_ACCOUNTS)
        assert profile.accounts(told) == told
        assert (told == 0) == (count == 0)


@given(st.integers(0, MAX_MONTH))
def test_published_months(month):
    coarse = Profile.COARSE.month(month)
    assert Profile.EXACT.month(month) == month
    assert Profile.COARSE.month(coarse) == coarse
    assert 0 <= month - coarse <= 2
    assert month_text(month, Profile.COARSE) == month_text(coarse, Profile.COARSE)


@pytest.mark.parametrize(
    ("month", "exact", "coarse"),
    [
        (0, None, None),
        (1, "2000-01", "2000-Q1"),
        (307, "2025-07", "2025-Q3"),
        (312, "2025-12", "2025-Q4"),
        (1200, "2099-12", "2099-Q4"),
    ],
)
def test_month_text(month, exact, coarse):
    assert month_text(month, Profile.EXACT) == exact
    assert month_text(month, Profile.COARSE) == coarse


def test_each_kind_has_its_own_flag():
    assert {kind.flag for kind in Kind} == {1, 2}
    assert [str(kind) for kind in Kind] == ["exposure", "malicious-registration"]
