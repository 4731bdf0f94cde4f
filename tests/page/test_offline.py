"""The service worker: a page of its own when the network is gone, and nothing else is ever kept."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.support.page.home import BOTH, EXPOSED, FOREIGN, MISS

READY = "navigator.serviceWorker.ready.then(found => found.active.scriptURL)"


@pytest.fixture
def installed(visitor):
    assert urlsplit(visitor.page.evaluate(READY)).path == "/sw.js"
    return visitor


def test_without_network_a_page_says_so(installed, proxy):
    installed.check(EXPOSED)
    proxy.close()
    installed.expected = ["Failed to load"]
    installed.page.reload()
    expect(installed.page.locator("body")).to_contain_text("96110")
    expect(installed.page.locator("#number")).to_have_count(0)
    ground = installed.page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert ground >= 18
    assert EXPOSED[-4:] not in installed.page.content()


def test_the_offline_page_speaks_both_languages(installed, proxy):
    proxy.close()
    installed.expected = ["Failed to load"]
    installed.page.reload()
    text = installed.text("body")
    assert "网络" in text
    assert "network" in text or "connection" in text


def test_nothing_is_kept_after_checks(installed):
    for number in (EXPOSED, BOTH, FOREIGN, MISS):
        installed.check(number)
    kept = {urlsplit(url).path for url in installed.stored()["caches"]}
    assert kept == {"/offline.html", "/page.css"}
    installed.page.reload()
    installed.check(EXPOSED)
    installed.assert_nothing_kept()


def test_a_network_that_comes_back_shows_the_newest_page(installed, proxy):
    """No version of the page or its settings outlives the server's."""
    before = len(proxy.recorded)
    installed.page.reload()
    assert installed.check(EXPOSED) == ("found", "exposed")
    again = [request.path for request in proxy.recorded[before:]]
    for path in ("/", "/page.js", "/config.json"):
        assert path in again
