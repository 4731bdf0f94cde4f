"""The main states of the page, one after another."""

from tests.support.page.home import BOTH, EXPOSED, MISS, SEVEN
from tests.support.page.proxy import Answer


def states(visitor, proxy):
    """Bring the page into each state and yield its name."""
    page = visitor.page
    page.locator("#before").wait_for()
    yield "start"
    visitor.check("12345")
    yield "rubbish"
    visitor.check(EXPOSED)
    yield "exposed"
    visitor.check(BOTH)
    page.locator("#more summary").click()
    page.locator("#sent summary").click()
    yield "both, unfolded"
    page.locator("#sent summary").click()
    visitor.check(SEVEN)
    yield "malicious"
    visitor.check(MISS)
    yield "not found"
    visitor.press("#helper")
    yield "helper"
    visitor.check(EXPOSED)
    yield "helper's answer"
    visitor.press("#helper")
    page.evaluate("location.hash = '#kiosk'")
    page.locator("#keypad").wait_for()
    visitor.check(EXPOSED)
    yield "kiosk"
    page.evaluate("location.hash = ''")
    page.locator("#keypad").wait_for(state="detached")
    proxy.hold("/evaluate")
    visitor.enter(EXPOSED)
    visitor.press("#check")
    page.locator("#step:not(:empty)").wait_for()
    yield "checking"
    proxy.release()
    visitor.result()
    yield from failed(visitor, proxy)


def failed(visitor, proxy):
    visitor.expected = ["Failed to load resource"]
    proxy.change("/evaluate", lambda *_: Answer.problem(503))
    visitor.check(EXPOSED)
    yield "could not check"
    proxy.honest()
