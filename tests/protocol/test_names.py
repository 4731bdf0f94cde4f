import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.errors import FormatError
from pilookup.protocol.names import (
    CANARIES,
    MAX_EPOCH,
    MAX_SERIAL,
    VAULT_GUARD,
    check_channel,
    check_epoch,
    check_integer,
    check_serial,
)


@pytest.mark.parametrize("name", ["public", "platform", "a", "0", "a-b", "a--b", "a" * 32])
def test_channels(name):
    assert check_channel(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "-a", "a-", "A", "a" * 33, "a.b", "a/b", "../a", "a b", "a\n", "é", "ａ", "一", None, 1, b"a"],
)
def test_invalid_channel_names(name):
    with pytest.raises(FormatError, match="channel"):
        check_channel(name)


@given(st.text(max_size=40))
def test_any_channel_name_is_safe_in_a_path(name):
    try:
        check_channel(name)
    except FormatError:
        return
    assert name.isascii()
    assert not set(name) & set("/\\.\0 ")


@pytest.mark.parametrize("check", [check_epoch, check_serial])
@pytest.mark.parametrize("value", [0, -1, 2**53, 2**64, True, 1.0, "1", None, float("nan"), [], 10**4000])
def test_epochs_and_serials_are_positive_integers(check, value):
    with pytest.raises(FormatError):
        check(value)


def test_the_smallest_and_the_largest_numbers():
    assert [check_epoch(1), check_epoch(MAX_EPOCH)] == [1, 2**32 - 1]
    assert [check_serial(1), check_serial(MAX_SERIAL)] == [1, 2**53 - 1]
    with pytest.raises(FormatError, match="epoch"):
        check_epoch(MAX_EPOCH + 1)


@given(st.integers(), st.integers(-5, 5), st.integers(-5, 5))
def test_integers_are_in_range(value, low, high):
    if low <= value <= high:
        assert check_integer(value, low, high, "x") == value
    else:
        with pytest.raises(FormatError, match="x"):
            check_integer(value, low, high, "x")


def test_system_identifiers_are_not_phone_numbers():
    assert all(name.startswith("test:") for name in CANARIES)
    assert VAULT_GUARD.startswith(b"test:")
    assert VAULT_GUARD.decode() not in CANARIES
    assert len(set(CANARIES)) == len(CANARIES) == 8
