"""The vectors shared by all implementations, and properties that hold for any text."""

import json
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.identifier import Reason, canonicalise, is_region
from tests.support.identifier import reference
from tests.support.sampling import many_examples

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "identifier.json").read_text(encoding="utf-8"))["cases"]
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


def test_there_are_vectors_for_every_outcome():
    assert len(VECTORS) >= 200
    assert {case["reason"] for case in VECTORS if case["reason"]} == {str(reason) for reason in Reason}
    assert all((case["identifier"] is None) != (case["reason"] is None) for case in VECTORS)


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: ascii(case["text"]) + case["region"])
def test_vector(case):
    outcome = canonicalise(case["text"], case["region"])
    assert outcome == (case["identifier"].encode() if case["identifier"] else case["reason"])
    assert isinstance(outcome, bytes if case["identifier"] else Reason)


@pytest.mark.parametrize("case", [case for case in VECTORS if case["identifier"]], ids=lambda case: ascii(case["text"]))
def test_canonicalising_a_canonical_form_returns_it(case):
    assert canonicalise(case["identifier"], case["region"]) == case["identifier"].encode()


@given(st.text(max_size=60))
def test_any_text_gives_an_identifier_or_a_reason(text):
    outcome = canonicalise(text)
    assert isinstance(outcome, bytes | Reason)
    if isinstance(outcome, bytes):
        assert canonicalise(outcome.decode()) == outcome


@given(st.text(alphabet="0123456789+-() .,/;:*xXeE转ext手机tel'=\"１２３\u200b", max_size=40))
@many_examples(500)
def test_texts_of_phone_characters_give_an_identifier_or_a_reason(text):
    outcome = canonicalise(text)
    if isinstance(outcome, bytes):
        assert canonicalise(outcome.decode()) == outcome


@given(st.text(alphabet="0123456789+ ", min_size=1, max_size=30), st.sampled_from(["US", "GB", "HK", "TW", "JP"]))
@settings(max_examples=300)
def test_any_text_in_any_region_gives_an_identifier_or_a_reason(text, region):
    outcome = canonicalise(text, region)
    if isinstance(outcome, bytes):
        assert canonicalise(outcome.decode(), region) == outcome


@pytest.mark.parametrize(
    "text", ["1" * 10_000, "(" * 10_000, "手机" * 5_000, "1 " * 5_000, "tel:" * 2_500, "转1" * 5000]
)
def test_long_texts_are_refused_at_once(text):
    assert canonicalise(text) == Reason.TOO_LONG


@pytest.mark.parametrize("text", ["\ud800", "\x00", "1\ud8003800138000", "13800138000\x00"])
def test_lone_surrogates_and_nul_give_an_identifier_or_a_reason(text):
    assert isinstance(canonicalise(text), bytes | Reason)


def test_an_unknown_region_is_an_error():
    assert not is_region("XX")
    with pytest.raises(ValueError, match="unknown region"):
        canonicalise("12", "XX")


@given(MOBILES, st.sampled_from(["", "+86", "0086", "86", "+86 ", "tel:+86", "'"]))
def test_mainland_mobiles_are_found_with_any_prefix(number, prefix):
    spaced = f"{number[:3]} {number[3:7]} {number[7:]}"
    assert canonicalise(prefix + number) == canonicalise(prefix + spaced) == b"tel:+86" + number.encode()


@given(st.text(alphabet="0123456789+- ().'=", max_size=24))
@many_examples(1000)
def test_texts_of_digits_and_signs_are_decided_as_by_the_reference(text):
    assert canonicalise(text) == reference.canonicalise(text)


@given(MOBILES, st.sampled_from(["{}", "+86{}", "0086{}", "86{}", "0{}", "(+86){}", " {} ", "{}.0", '="{}"']))
def test_common_spellings_of_mobiles_are_decided_as_by_the_reference(number, dress):
    text = dress.format(number)
    assert canonicalise(text) == reference.canonicalise(text)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_regions_examples_equal_libphonenumbers_e164(region):
    for kind in (0, 1):
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None:
            continue
        e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        expected = f"tel:{e164}".encode()
        assert canonicalise(e164) == expected
        assert canonicalise("00" + e164[1:]) == expected
        written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        assert canonicalise(written) == expected


@given(st.from_regex(r"\+?[0-9]{9,14}", fullmatch=True))
@many_examples(1500)
def test_what_is_accepted_equals_libphonenumber_where_that_says_valid(text):
    outcome = canonicalise(text)
    try:
        parsed = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return
    if isinstance(outcome, bytes) and phonenumbers.is_valid_number(parsed):
        assert outcome == f"tel:{phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)}".encode()
