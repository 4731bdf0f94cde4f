"""Old browsers: one that lacks what the check needs shows a message, one that lacks newer features can still check."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.page.home import BOTH, EXPOSED, FOREIGN, MISS

NEEDED = ["BigInt", "Worker", "fetch", "TextEncoder", "AbortController", "crypto", "Crypto.prototype.getRandomValues"]

NEWER = [line.split()[1] for line in (Path(__file__).parent / "newer_globals.txt").read_text().splitlines()[1:]]
"""What came after Chrome 67 (May 2018) and could be reached for."""

TAKE_AWAY = """(names => {
  const root = self;
  const typed = Object.getPrototypeOf(Uint8Array);
  for (const name of names) {
    const path = name.replace(/^TypedArray\\./, '@.').split('.');
    const last = path.pop();
    const holder = path.reduce((at, part) => at && (part === '@' ? typed.prototype : at[part]), root);
    if (!holder || !(last in holder)) continue;
    delete holder[last];
    if (last in holder) Object.defineProperty(holder, last, { value: undefined });
    if (holder[last] !== undefined) throw new Error('still there: ' + name);
  }
})(%s);
"""


def prefix(names):
    return TAKE_AWAY % repr(names)


@pytest.mark.parametrize("name", NEEDED)
def test_an_unsupported_browser_gets_a_message(visit, proxy, name):
    """And nothing but the page's own files is fetched: no number, no question, not even the configuration."""
    visitor = visit("")
    visitor.page.add_init_script(prefix([name]))
    visitor.page.goto(proxy.url)
    expect(visitor.page.locator("#unsupported")).to_be_visible()
    expect(visitor.page.locator("#number")).to_be_hidden()
    visitor.page.wait_for_load_state("networkidle")
    assert {request.method for request in proxy.recorded} == {"GET"}
    assert not [path for path in proxy.paths() if not re.fullmatch(r"/([a-z]+\.(js|css|svg|png|ico))?", path)]
    shown = visitor.text("#unsupported")
    assert "96110" in shown
    assert "too old" in shown


def test_without_scripts_there_is_the_same_message(visit, proxy):
    visitor = visit("", java_script_enabled=False)
    visitor.page.goto(proxy.url)
    expect(visitor.page.locator("#unsupported")).to_be_visible()
    expect(visitor.page.locator("#check")).to_be_hidden()


@pytest.fixture
def aged(visit, proxy):
    """The page and its worker without anything newer than Chrome 67.

    Taking away fails loudly. The driver's own code in the page cannot do without `globalThis`, so nothing is evaluated.
    """
    proxy.alter("/worker.js", lambda script: prefix(NEWER).encode() + script)
    visitor = visit("")
    visitor.page.add_init_script(prefix(NEWER))
    return visitor.open(proxy.url)


def test_an_older_browser_checks_all_the_same(aged):
    assert aged.check(EXPOSED) == ("found", "exposed")
    assert aged.check(BOTH) == ("found", "both")
    assert aged.check(MISS) == ("not_found", None)
    assert aged.check(FOREIGN) == ("found", "exposed")
    assert aged.check("12345")[0] == "unknown"
    aged.press("#language")
    aged.press("#bigger")
    aged.press("#helper")
    aged.check(EXPOSED)
    aged.press("#helper-next")


def test_a_browser_without_service_worker_speech_or_subtle_crypto(visit, proxy):
    """As in an app's own browser, or over plain HTTP."""
    gone = ["Navigator.prototype.serviceWorker", "speechSynthesis", "caches", "Crypto.prototype.subtle"]
    proxy.alter("/worker.js", lambda script: prefix(gone).encode() + script)
    visitor = visit("")
    visitor.page.add_init_script(prefix(gone))
    visitor.open(proxy.url)
    assert visitor.check(EXPOSED) == ("found", "exposed")
    expect(visitor.page.locator("#aloud")).to_be_hidden()


def test_a_worker_that_does_not_start(visit, proxy):
    proxy.alter("/worker.js", lambda _: b"throw new Error('broken')")
    visitor = visit()
    visitor.expected = ["broken"]
    assert visitor.check(EXPOSED) == ("unknown", "not_started")
    proxy.honest()
    assert visitor.check(EXPOSED) == ("found", "exposed")
