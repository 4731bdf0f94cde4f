"""A helper checks several people's numbers in a row: each sees their own answer, and nothing of the one before is left."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.support.page.home import BOTH, EXPOSED, MISS, SEVEN
from tests.support.page.words import assert_says, words

PRINTED = "self.printed = 0; self.print = () => { printed += 1; };"
LEFT = """() => JSON.stringify([
  document.documentElement.outerHTML,
  [...document.querySelectorAll('input, textarea, details')].map(one => [one.id, one.value, one.open]),
  document.title, location.href, history.length, history.state, self.name,
])"""


MATCHED = "[RegExp.$_, RegExp.lastMatch, RegExp.lastParen, RegExp.$1, RegExp.$2].join()"
"""What the last regular expression was matched with stays in sight of every script, and in memory."""


@pytest.fixture
def helper(visitor):
    visitor.press("#helper")
    expect(visitor.page.locator("#helper")).to_have_attribute("aria-pressed", "true")
    return visitor


def pieces(number):
    """What of a number would give its owner away: the last four digits are enough on a small village's list."""
    return [number, number[3:7], number[-4:], f"{number[:3]} {number[3:7]} {number[7:]}"]


def test_several_people_in_a_row(helper):
    before = None
    for number, kind in ((EXPOSED, "exposed"), (SEVEN, "malicious"), (BOTH, "both"), (MISS, None)):
        helper.check(number)
        assert helper.answer.get_attribute("data-kind") == (kind or "")
        helper.press("#helper-next")
        expect(helper.answer).to_have_attribute("data-status", "")
        left = helper.page.evaluate(LEFT)
        assert not [piece for piece in pieces(number) if piece in left]
        assert not [place for place in (helper.page, helper.worker) if number in place.evaluate(MATCHED)]
        assert before in (None, left), "every person finds the page as the one before found it"
        before = left


def test_consent_is_asked_first_and_the_next_person_is_at_hand(visit):
    """On a small screen: the question before the field, and the buttons right under the next step."""
    visitor = visit(viewport={"width": 360, "height": 740})
    page = visitor.page
    visitor.press("#helper")
    expect(page.get_by_text(words("zh")["consent"])).to_be_in_viewport()
    expect(page.locator("#helping")).to_be_focused()
    visitor.check(EXPOSED)
    step = page.locator("#answer .next").bounding_box()
    after = page.locator("#helper-next").bounding_box()
    assert 0 <= after["y"] - step["y"] - step["height"] < 60
    page.locator("#helper-next").click()
    expect(page.get_by_text(words("zh")["consent"])).to_be_in_viewport()


def test_the_mode_is_in_the_address_and_survives_a_reload(visitor):
    """Nothing is stored. A village official can keep the address as a bookmark."""
    page = visitor.page
    visitor.press("#helper")
    assert page.url.endswith("#help")
    page.reload()
    expect(page.locator("#helping")).to_be_visible()
    page.evaluate("location.hash = ''")
    expect(page.locator("#helping")).to_have_count(0)
    page.evaluate("location.hash = '#help,big'")
    page.reload()
    expect(page.locator("#helping")).to_be_visible()
    expect(page.locator("#bigger")).to_have_attribute("aria-pressed", "true")


def test_the_mode_is_fetched_by_its_address_alone(visitor, proxy):
    for number in (EXPOSED, MISS):
        visitor.check(number)
    assert not proxy.paths("hall.js")
    visitor.press("#helper")
    for number in (EXPOSED, MISS):
        visitor.check(number)
    assert len(proxy.paths("hall.js")) == 1


def test_a_mode_that_does_not_load_says_so(visitor, proxy):
    visitor.expected = ["Failed to load"]
    proxy.change("hall.js", lambda _, answer: type(answer).problem(503))
    visitor.page.locator("#helper").click()
    expect(visitor.page.locator("#cleared")).to_have_text(words("zh")["notLoaded"])
    proxy.honest()
    visitor.press("#helper")
    expect(visitor.page.locator("#helping")).to_be_visible()


def test_what_did_not_load_is_still_said_when_the_configuration_comes_later(visit, proxy):
    proxy.hold("config.json")
    proxy.change("hall.js", lambda _, answer: type(answer).problem(503))
    visitor = visit()
    visitor.expected = ["Failed to load"]
    visitor.page.locator("#helper").click()
    notice = visitor.page.locator("#cleared")
    expect(notice).to_have_text(words("zh")["notLoaded"])
    proxy.release()
    expect(visitor.page.locator("#newest")).to_be_visible()
    expect(notice).to_have_text(words("zh")["notLoaded"])
    visitor.press("#language")
    expect(notice).to_be_empty()


def test_an_app_that_cannot_print_shows_the_slip(visit):
    visitor = visit("")
    visitor.page.add_init_script("self.print = undefined")
    visitor.open(visitor.recorders[0].url)
    visitor.press("#helper")
    visitor.check(EXPOSED)
    expect(visitor.page.locator("#print")).to_be_hidden()
    expect(visitor.page.locator("#slip")).to_be_visible()


def test_the_slip_says_whose_it_is_and_fits_a_roll(visit, proxy):
    """Issuer, date of the data, address, that it is no document, and when to check again; on 58 mm."""
    operator = {"name": {"zh": "某某市公安局", "en": ""}, "address": "https://check.example"}
    proxy.alter("/config.json", lambda body: json.dumps(json.loads(body) | {"operator": operator}).encode())
    visitor = visit()
    visitor.press("#helper")
    visitor.check(EXPOSED)
    said = visitor.text("#slip")
    for wanted in ("某某市公安局", "https://check.example", "数据到", words("zh")["slipNote"]):
        assert wanted in said
    visitor.page.set_viewport_size({"width": 181, "height": 600})
    visitor.page.emulate_media(media="print")
    assert visitor.page.evaluate("document.scrollingElement.scrollWidth") <= 181
    visitor.page.emulate_media(media="screen")
    visitor.page.set_viewport_size({"width": 1280, "height": 720})


def test_the_next_person_can_type_at_once(helper):
    helper.check(EXPOSED)
    helper.press("#helper-next")
    assert helper.page.evaluate("document.activeElement.id") == "number"
    helper.typed.append(MISS)
    helper.page.keyboard.type(MISS)
    helper.page.keyboard.press("Enter")
    assert helper.result() == ("not_found", None)
    assert words("zh")["found"]["exposed"] not in helper.text("body")


def test_the_field_cannot_be_brought_back(helper):
    """By undoing what the page did."""
    helper.page.locator("#number").press_sequentially(EXPOSED)
    helper.typed.append(EXPOSED)
    helper.page.keyboard.press("Enter")
    helper.result()
    helper.press("#helper-next")
    for keys in ("Control+Z", "Control+Z", "Control+Shift+Z", "Control+Y"):
        helper.page.keyboard.press(keys)
        assert helper.page.locator("#number").input_value() == ""


def test_a_running_check_is_cancelled_for_the_next_person(helper, proxy):
    """No late answer about one person stands before the other: leaving the mode and coming back gives a check up."""
    proxy.hold("/evaluate")
    helper.enter(EXPOSED)
    helper.press("#check")
    expect(helper.page.locator("#helper-next")).to_have_count(0)
    helper.press("#helper")
    proxy.release()
    helper.press("#helper")
    assert helper.check(MISS) == ("not_found", None)
    assert words("zh")["found"]["exposed"] not in helper.text("body")


def test_leaving_the_mode_leaves_nothing(helper):
    helper.check(EXPOSED)
    helper.press("#helper")
    expect(helper.page.locator("#helper")).to_have_attribute("aria-pressed", "false")
    expect(helper.answer).to_have_attribute("data-status", "")
    left = helper.page.evaluate(LEFT)
    assert not [piece for piece in pieces(EXPOSED) if piece in left]


def test_the_slip(asking, language):
    """On paper: the slip alone, on one sheet, with the last four digits and no more of the number."""
    asking.press("#helper")
    for number in (EXPOSED, BOTH, MISS):
        asking.check(number)
        asking.page.emulate_media(media="print")
        assert_slip(asking, number, words(language))
        asking.page.emulate_media(media="screen")
        asking.press("#helper-next")


def assert_slip(asking, number, table):
    printed = asking.text("body")
    assert table["slipTitle"] in printed
    assert number[-4:] in printed
    assert not [piece for piece in (number, number[:7], number[3:7], number[2:]) if piece in re.sub(r"\s", "", printed)]
    assert "96110" in printed
    for selector in ("#number", "#check", "#helper", "#foot", "#before", "#language"):
        expect(asking.page.locator(selector)).to_be_hidden()
    kind = asking.answer.get_attribute("data-kind")
    assert table["found"].get(kind, table["notFound"]) in printed
    assert (table["notSafe"] in printed) == (number == MISS)
    sheets = re.findall(rb"/Type\s*/Page\b", asking.page.pdf(format="A4"))
    assert len(sheets) == 1


def test_the_button_prints(visit):
    visitor = visit("")
    visitor.page.add_init_script(PRINTED)
    visitor.open(visitor.recorders[0].url)
    visitor.press("#helper")
    visitor.check(EXPOSED)
    visitor.press("#print")
    assert visitor.page.evaluate("printed") == 1


def test_without_the_mode_paper_has_no_number_either(visitor):
    """Somebody prints the page as it stands."""
    visitor.check(EXPOSED)
    visitor.page.emulate_media(media="print")
    expect(visitor.page.locator("#number")).to_be_hidden()
    assert EXPOSED[3:7] not in visitor.text("body")


def test_the_slip_of_a_check_that_failed(helper, proxy):
    """Nobody goes home with paper that could be read as a miss; and for what is no number there is none."""
    helper.expected = ["Failed to load"]
    helper.settle()
    proxy.close()
    helper.check(EXPOSED)
    helper.page.emulate_media(media="print")
    assert_says(helper, words("zh")["unknown"], words("zh")["why"]["unreachable"], selector="body")
    assert words("zh")["notFound"] not in helper.text("body")
    helper.page.emulate_media(media="screen")
    helper.check("12345")
    expect(helper.page.locator("#print")).to_have_count(0)
