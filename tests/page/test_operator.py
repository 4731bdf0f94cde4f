"""Who runs the page, and the telephone lines and accounts that it names, as config.json says."""

import json

from playwright.sync_api import expect

from tests.support.page.home import EXPOSED, SEVEN
from tests.support.page.windows import LANGUAGES
from tests.support.page.words import words

NAME = "某某市公安局"


def config_changed(proxy, **members):
    proxy.alter("/config.json", lambda body: json.dumps(json.loads(body) | members).encode())


def test_who_runs_the_page_stands_under_its_title(visit, proxy):
    """It must not take scrolling to the foot to see it."""
    config_changed(proxy, operator={"name": {"zh": NAME, "en": ""}})
    visitor = visit(viewport={"width": 360, "height": 640})
    expect(visitor.page.locator("#by")).to_have_text(words("zh")["by"][NAME])
    expect(visitor.page.locator("#by")).to_be_in_viewport()
    expect(visitor.page.locator("#check")).to_be_in_viewport()


def test_without_a_name_there_is_no_such_line(visitor):
    visitor.settle()
    expect(visitor.page.locator("#by")).to_be_hidden()


SERVICES = {"antifraud": "96119", "complaints": "010-12399", "lookup_account": "新的公众号", "results": "10699999"}


def test_telephone_lines_and_accounts_can_be_corrected(visit, proxy):
    """Without a build: in the texts, in what a telephone dials, and in both languages."""
    config_changed(proxy, services=SERVICES | {"police": "", "unknown": "x", "warnings": 7})
    visitor = visit(locale=LANGUAGES["zh"])
    for number in (SEVEN, EXPOSED):
        visitor.check(number)
        visitor.press("#more summary")
        for _ in range(2):
            shown = visitor.text()
            assert not [old for old in ("96110", "010-12321", "工信微报", "10699000") if old in shown]
            assert not [new for new in SERVICES.values() if new not in shown]
            assert "110" in shown
            assert "12381" in shown
            links = visitor.page.locator("#more a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
            assert links == ["tel:96119", "tel:110", "tel:01012399", "tel:12377"]
            visitor.press("#language")
