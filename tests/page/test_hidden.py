"""After two minutes out of sight the page removes number and answer and says why; a visible page keeps them."""

import pytest
from playwright.sync_api import expect

from tests.support.page.home import EXPOSED, MISS
from tests.support.page.words import assert_says, words

VISIBILITY = """(() => {
  let state = 'visible';
  Object.defineProperty(Document.prototype, 'visibilityState', { get: () => state });
  Object.defineProperty(Document.prototype, 'hidden', { get: () => state === 'hidden' });
  self.setVisibility = next => { state = next; document.dispatchEvent(new Event('visibilitychange', { bubbles: true })); };
})()"""


STATUSES = """() => {
  const answer = document.getElementById('answer');
  self.statuses = [];
  new MutationObserver(() => statuses.push(answer.getAttribute('data-status')))
    .observe(answer, { attributeFilter: ['data-status'] });
}"""
"""Records every status that the answer has from now on."""

TIMED = {"timezone_id": "Asia/Shanghai"}
"""Options of a separate window, because a replaced clock applies to the whole window."""


@pytest.fixture
def timed(visit, proxy):
    """A page whose clock and visibility the test moves, with an answer on it."""
    visitor = visit("", **TIMED)
    visitor.page.add_init_script(VISIBILITY)
    visitor.page.clock.install()
    visitor.open(proxy.url)
    assert visitor.check(EXPOSED) == ("found", "exposed")
    return visitor


def hide(visitor):
    visitor.page.evaluate("setVisibility('hidden')")


def show(visitor):
    visitor.page.evaluate("setVisibility('visible')")


def is_cleared(visitor):
    page = visitor.page
    field = page.locator("#number").input_value()
    status = visitor.answer.get_attribute("data-status")
    assert bool(field) == bool(status)
    html = page.evaluate("document.documentElement.outerHTML")
    assert (EXPOSED[-4:] in html) <= bool(field)
    return not field


def test_two_minutes_out_of_sight_remove_number_and_answer(timed):
    hide(timed)
    timed.page.clock.fast_forward("02:01")
    assert is_cleared(timed), "removed only when shown again: a phone's list of open pages would show them"
    show(timed)
    assert is_cleared(timed)
    assert_says(timed, words("zh")["cleared"], selector="body")
    expect(timed.page.locator("#cleared")).to_be_visible()
    assert timed.check(EXPOSED) == ("found", "exposed")
    expect(timed.page.locator("#cleared")).to_be_empty()


def test_what_to_do_stays_when_the_answer_goes(timed):
    """The next step leads into WeChat, and following it takes longer than two minutes."""
    timed.press("#more summary")
    hide(timed)
    timed.page.clock.fast_forward("02:01")
    timed.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    show(timed)
    advice = words("zh")["advice"]
    assert_says(timed, *advice["check-own-accounts"]["how"], selector="#howto")
    assert_says(timed, *[one["title"] for one in advice.values()], selector="#howto")
    expect(timed.page.locator("#cleared")).to_be_in_viewport()


def test_what_stays_is_the_same_for_everybody(timed):
    """It says nothing of the answer that was wiped, nor whether there was one."""
    left = []
    for number in (None, EXPOSED, MISS):
        if number:
            timed.check(number)
        else:
            timed.enter("138")
        hide(timed)
        timed.page.clock.fast_forward("02:01")
        left.append(timed.page.evaluate("document.body.innerHTML"))
        show(timed)
    assert left[1:] == left[:-1]


def test_a_phone_that_slept_removes_number_and_answer(timed):
    """Its timers stood still; its clock did not."""
    hide(timed)
    timed.page.clock.set_system_time(timed.page.evaluate("Date.now()") + 121_000)
    show(timed)
    assert is_cleared(timed)


def test_short_absences_do_not_add_up(timed):
    for _ in range(4):
        hide(timed)
        timed.page.clock.fast_forward("01:50")
        show(timed)
        timed.page.clock.fast_forward("00:05")
    assert not is_cleared(timed)


def test_a_short_absence_changes_nothing(timed):
    """She opened "more" and went to another app to follow it."""
    timed.press("#more summary")
    before = timed.page.evaluate("[document.body.innerText, document.activeElement.tagName, scrollY]")
    hide(timed)
    timed.page.clock.fast_forward("01:00")
    show(timed)
    assert timed.page.evaluate("[document.body.innerText, document.activeElement.tagName, scrollY]") == before


def test_a_visible_page_keeps_number_and_answer(timed):
    timed.page.clock.fast_forward("59:00")
    assert not is_cleared(timed)


def test_an_answer_that_arrives_out_of_sight_is_not_shown(visit, proxy):
    """The check is cancelled too: no answer is there when the page becomes visible again."""
    visitor = visit("", **TIMED)
    visitor.page.add_init_script(VISIBILITY)
    visitor.page.clock.install()
    visitor.open(proxy.url)
    visitor.page.evaluate(STATUSES)
    proxy.hold("/evaluate")
    visitor.enter(EXPOSED)
    visitor.press("#check")
    hide(visitor)
    visitor.page.clock.fast_forward("02:01")
    proxy.release()
    show(visitor)
    visitor.page.clock.resume()
    assert is_cleared(visitor)
    assert visitor.check(MISS) == ("not_found", None), "a late answer would have arrived by now"
    assert "found" not in visitor.page.evaluate("statuses")


def test_the_page_is_empty_after_going_back_and_after_reloading(visitor, proxy):
    visitor.check(EXPOSED)
    visitor.page.goto("about:blank")
    visitor.page.go_back()
    visitor.page.locator("#number").wait_for()
    assert visitor.page.locator("#number").input_value() == ""
    assert visitor.answer.get_attribute("data-status") == ""
    visitor.check(EXPOSED)
    visitor.page.reload()
    visitor.page.locator("#number").wait_for()
    assert visitor.page.locator("#number").input_value() == ""
