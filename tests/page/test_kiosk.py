"""A device that anybody may use: what one leaves, the next does not find, whether they press the button or walk away."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.page.home import BOTH, EXPOSED, MISS, SEVEN
from tests.support.page.words import words

TIMED = {"timezone_id": "Asia/Shanghai"}
"""Options of a separate window, because a replaced clock applies to the whole window."""
LEFT = """() => JSON.stringify([
  document.documentElement.outerHTML, [...document.querySelectorAll('input, details')].map(one => [one.value, one.open]),
  document.title, location.href, history.length, history.state, self.name,
  Object.keys(localStorage), Object.keys(sessionStorage), document.cookie,
  RegExp.$_, RegExp.lastMatch, RegExp.lastParen, RegExp.$1, RegExp.$2,
])"""


@pytest.fixture
def kiosk(visit, proxy):
    visitor = visit("", **TIMED)
    visitor.page.clock.install()
    visitor.open(f"{proxy.url}/#kiosk")
    visitor.page.locator("#keypad").wait_for()
    visitor.settle()
    return visitor


def key_in(visitor, number):
    visitor.typed.append(number)
    for digit in number:
        visitor.page.locator("#keypad button").filter(has_text=digit).click()


def test_the_keypad_enters_deletes_and_clears(kiosk):
    field = kiosk.page.locator("#number")
    key_in(kiosk, EXPOSED)
    assert field.input_value() == f"{EXPOSED[:3]} {EXPOSED[3:7]} {EXPOSED[7:]}"
    kiosk.page.get_by_role("button", name=words("zh")["keyBack"]).click()
    assert field.input_value().replace(" ", "") == EXPOSED[:-1]
    kiosk.page.get_by_role("button", name=words("zh")["keyClear"]).click()
    assert field.input_value() == ""
    assert field.get_attribute("inputmode") == "none"
    key_in(kiosk, EXPOSED)
    kiosk.press("#check")
    assert kiosk.result() == ("found", "exposed")


def test_nothing_can_be_dialled(kiosk):
    kiosk.check(EXPOSED)
    kiosk.press("#more summary")
    assert kiosk.page.locator("a.call").count() > 3
    assert kiosk.page.locator("#page a[href]").count() == 0


def test_it_is_wiped_sixty_seconds_after_the_last_touch(kiosk):
    page = kiosk.page
    kiosk.check(EXPOSED)
    page.clock.run_for(50_000)
    count = words("zh")["kioskCount"]["60"].replace("60", "([0-9]|10)")
    expect(page.locator("#kiosk-count")).to_have_text(re.compile(f"^{count}$"))
    page.keyboard.press("Shift")
    page.clock.run_for(50_000)
    assert kiosk.answer.get_attribute("data-status") == "found"
    page.clock.run_for(11_000)
    assert kiosk.answer.get_attribute("data-status") == ""
    assert page.locator("#number").input_value() == ""
    expect(page.locator("#kiosk-count")).to_be_empty()


def test_a_check_under_way_is_wiped_too(kiosk, proxy):
    proxy.hold("/evaluate")
    kiosk.enter(EXPOSED)
    kiosk.press("#check")
    kiosk.page.clock.run_for(61_000)
    expect(kiosk.page.locator("#step")).to_be_empty()
    proxy.release()
    assert kiosk.check(MISS) == ("not_found", None)


def test_the_next_person_finds_what_the_first_found(kiosk):
    """Half press the button and half walk away, with the language switched and panels open."""
    first = None
    for turn, number in enumerate((EXPOSED, SEVEN, MISS, BOTH, "13800", EXPOSED)):
        leave_traces(kiosk, number, turn)
        if turn % 2:
            kiosk.press("#kiosk-wipe")
        else:
            kiosk.page.clock.run_for(61_000)
        left = kiosk.page.evaluate(LEFT)
        assert not [part for part in (number, number[-4:], f"{number[:3]} {number[3:7]}") if part in left]
        assert first in (None, left)
        first = left


def leave_traces(kiosk, number, turn):
    if turn % 3 == 1:
        kiosk.press("#language")
    kiosk.check(number)
    if turn % 3 == 2:
        kiosk.press("#sent summary")


def test_the_hint_for_helpers_is_not_shown(kiosk):
    expect(kiosk.page.locator("#helper")).to_be_hidden()
