"""docs/zh/helper.md, the card for a village official: it fits one sheet, and its steps work as it says."""

import re

from markdown_it import MarkdownIt
from playwright.sync_api import expect

from tests.support.docs.documents import ROOT
from tests.support.page.home import EXPOSED, MISS
from tests.support.page.words import words

CARD = (ROOT / "docs" / "zh" / "helper.md").read_text(encoding="utf-8")
STEPS = dict(re.findall(r"(?m)^(\d)\. (.*)$", CARD))
BUTTONS = {number: re.findall(r"\*\*“(.+?)”\*\*", text) for number, text in STEPS.items()}
PRINTED = "self.printed = 0; self.print = () => { printed += 1; };"


def sentences(value):
    """All texts of a table of words."""
    if isinstance(value, str):
        return [value]
    return [text for one in (value.values() if isinstance(value, dict) else value) for text in sentences(one)]


def test_what_it_quotes_is_what_the_page_says():
    """Buttons, whole; of the table, each answer and what to say to it."""
    said = sentences(words("zh"))
    assert [one for names in BUTTONS.values() for one in names if one not in said] == []
    rows = re.findall(r"(?m)^\| (.+?) \| (.+?) \| .+ \|$", CARD)[1:]
    assert len(rows) == 3
    assert [text for row in rows for text in row if not any(text.rstrip("…") in one for one in said)] == []
    quoted = re.findall(r"“(.+?)”", CARD)
    assert [one for one in quoted if one not in said] == ["没有"], "which one must not say"


def test_its_steps_work_in_their_order(visit):
    """For two people, one found and one not: what a step names can be pressed then, and does what the next one needs."""
    visitor = visit("", viewport={"width": 360, "height": 740})
    visitor.page.add_init_script(PRINTED)
    visitor.open(visitor.recorders[0].url)
    page, table = visitor.page, words("zh")

    def press(step):
        (name,) = BUTTONS[step]
        page.get_by_role("button", name=name, exact=True).click()

    press("2")
    expect(page.locator("#helping")).to_contain_text(table["consent"])
    for number, told in ((EXPOSED, table["notYourFault"]), (MISS, table["notSafe"])):
        visitor.enter(number)
        press("4")
        visitor.result()
        expect(visitor.answer).to_contain_text(told)
        press("6")
        expect(page.locator("#slip")).to_contain_text(table["slipNote"])
        press("7")
        assert page.locator("#number").input_value() == ""
        expect(page.locator("#helping")).to_contain_text(table["consent"])
    assert page.evaluate("printed") == 2
    press("8")
    expect(page.locator("#helping")).to_have_count(0)


def test_it_fits_one_side_of_a4(window):
    """With the letters of an ordinary browser, as the documentation site or an editor prints it."""
    page = window().new_page()
    try:
        page.set_content(f"<html lang=zh-CN>{MarkdownIt('commonmark').enable('table').render(CARD)}")
        margin = dict.fromkeys(("top", "bottom", "left", "right"), "15mm")
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", margin=margin))) == 1
    finally:
        page.close()
