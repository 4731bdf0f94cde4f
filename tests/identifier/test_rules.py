"""Compares common spellings with the reference, and the rules with libphonenumber in every region."""

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.identifier import Reason, canonicalise
from tests.support.identifier import reference
from tests.support.sampling import many_examples

SEPARATORS = st.sampled_from(["", "", "-", " ", "  ", ".", "/"])
BEFORE = st.sampled_from(
    ["", "+86", "0086", "86", "+86 ", "86-", "(+86)", "(86) ", "0", "tel:", "tel:+86", "'", '="', "+"]
)
AFTER = st.sampled_from(["", " ", '"', "'", ".0", ".00", ".5", "-1", ";"])
PARTS = st.tuples(st.from_regex(r"1[2-9][0-9]", fullmatch=True), *[st.from_regex(r"[0-9]{4}", fullmatch=True)] * 2)


@given(BEFORE, PARTS, SEPARATORS, SEPARATORS, AFTER)
@many_examples(1000)
def test_mobiles_with_affixes_are_decided_as_by_the_reference(before, parts, first, second, after):
    text = before + parts[0] + first + parts[1] + second + parts[2] + after
    assert canonicalise(text) == reference.canonicalise(text)


@pytest.mark.parametrize("region", ["CN", "US"])
@pytest.mark.parametrize("text", ["+999123456789", "+21012345678"])
def test_a_number_that_libphonenumber_cannot_parse_is_not_possible(text, region):
    assert canonicalise(text, region) is Reason.NOT_POSSIBLE


@given(st.from_regex(r"000[0-9]{7,13}", fullmatch=True))
def test_a_number_padded_with_zeros_is_not_a_foreign_number(digits):
    outcome = canonicalise(digits)
    assert isinstance(outcome, Reason) or outcome.startswith(b"tel:+861")


def national_examples():
    for region in sorted(phonenumbers.SUPPORTED_REGIONS - {"CN"}):
        for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                yield region, example


def test_national_numbers_equal_libphonenumbers_e164_in_their_region():
    seen = 0
    for region, example in national_examples():
        expected = "tel:" + phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
        assert canonicalise(written, region) == expected.encode(), (region, written)
        assert canonicalise(expected, region) == expected.encode(), region
        seen += 1
    assert seen > 400


@pytest.mark.parametrize("area", ["10", "21", "755", "571", "28", "431", "898"])
@given(st.from_regex(r"6[1-9][0-9]{6}", fullmatch=True))
def test_landlines_with_their_area_code_are_read_in_every_form(area, local):
    expected = f"tel:+86{area}{local}".encode()
    for text in (
        f"0{area}{local}",
        f"0{area}-{local}",
        f"(0{area}){local}",
        f"+86 {area} {local}",
        f"0{area}-{local}转12",
    ):
        assert canonicalise(text) == expected


def test_region_cn_needs_no_phonenumbers():
    script = (
        "import sys; from pilookup.identifier import canonicalise as c;"
        "texts = ['13800138000', '010-62345678', '+44 20 7031 3000', '0085261234567', '张三', '138****8000'];"
        "outcomes = [c(text) for text in texts];"
        "assert [isinstance(o, bytes) for o in outcomes] == [True] * 4 + [False] * 2, outcomes;"
        "sys.exit('phonenumbers' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
