"""Texts that are no number: each reason in its own words, and nothing leaves the page."""

import json
import re
from pathlib import Path

from pilookup.identifier import Reason
from tests.support.page.words import assert_could_not_check, words

VECTORS = Path(__file__).resolve().parents[1] / "vectors/identifier.json"
CASES = [case for case in json.loads(VECTORS.read_text(encoding="utf-8"))["cases"] if case["region"] == "CN"]


def texts(reason):
    """Every text of the shared vectors that is refused for this reason and can be typed into one line."""
    return [case["text"] for case in CASES if case["reason"] == reason and "\n" not in case["text"]]


def test_the_vectors_have_every_reason():
    assert not [reason for reason in Reason if not texts(reason)]
    assert set(words("zh")["fault"]) == set(words("en")["fault"]) == set(Reason)


def test_each_invalid_text_gets_its_reason(asking, proxy, language):
    table = words(language)
    counted = re.compile(re.escape(table["mobileLength"]["12"]).replace("12", r"\d+"))
    for reason in Reason:
        for text in texts(reason)[:4]:
            assert_could_not_check(asking, asking.check(text), "invalid_number")
            shown = asking.text("#fault").splitlines()
            said = [name for name, fault in table["fault"].items() if fault in shown]
            if any(counted.fullmatch(line) for line in shown):  # it looks like a mobile with digits too few or too many
                assert (said, sum(one.isdigit() for one in text) == 11) == ([], False), text
            else:
                assert said == [reason], text
    assert not proxy.paths("/evaluate")
    assert not proxy.paths("/buckets/")


def test_a_very_long_text_does_no_harm(visitor, proxy):
    result = visitor.check("1" * 5000)
    assert_could_not_check(visitor, result, "invalid_number")
    assert not proxy.paths("/evaluate")


MARKUP = "<img src=x onerror=alert(1)><b>138"


def test_what_is_typed_is_never_markup(visitor):
    assert_could_not_check(visitor, visitor.check(MARKUP), "invalid_number")
    assert not visitor.page.locator("img[src='x']").count()
