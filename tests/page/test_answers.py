"""What people ask and what they are told, in both languages, by a real server."""

import re

from playwright.sync_api import expect

from pilookup.protocol.label import Kind
from tests.support.page.home import ACCOUNTS, BOTH, EXPOSED, FOREIGN, FOREIGN_MISS, MISS, ONE, SEVEN, THREE, TITLES
from tests.support.page.windows import LANGUAGES
from tests.support.page.words import CJK, assert_says, words

FOUND = {
    EXPOSED: ("exposed", [Kind.EXPOSURE]),
    ONE: ("malicious", [Kind.MALICIOUS]),
    THREE: ("malicious", [Kind.MALICIOUS]),
    SEVEN: ("malicious", [Kind.MALICIOUS]),
    BOTH: ("both", [Kind.EXPOSURE, Kind.MALICIOUS]),
    FOREIGN: ("exposed", [Kind.EXPOSURE]),
}
ALL_ADVICE = {
    "expect-fraud-calls",
    "check-own-accounts",
    "answer-96110",
    "report-110",
    "complain-12321",
    "complain-12377",
    "correct-or-erase",
}
LOWER_BOUND = {1: 1, 2: 2, 3: 2, 7: 6}


def test_every_kind_of_hit(asking, language):
    table = words(language)
    for number, (kind, cases) in FOUND.items():
        assert asking.check(number) == ("found", kind)
        assert_says(asking, table["found"][kind], table["notYourFault"], table["whatHappened"])
        assert_says(asking, table["remember" if kind == "exposed" else "nextStep"])
        assert (table["askedByPolice"] in asking.text()) == (kind != "exposed")
        assert_says(asking, *table["warnings"], table["mayMean"][kind], "2025")
        for case in Kind:
            assert (TITLES[case][language == "en"] in asking.text()) == (case in cases)
        for count, text in table["accounts"].items():
            assert (text in asking.text()) == (count == str(LOWER_BOUND.get(ACCOUNTS.get(number))))


def test_a_miss_is_not_safety(asking, language):
    table = words(language)
    for number in (MISS, FOREIGN_MISS):
        assert asking.check(number) == ("not_found", None)
        assert_says(asking, table["notFound"], table["notSafe"], table["notFoundNext"])
        assert not [text for text in table["found"].values() if text in asking.text()]


ADVICE = {
    EXPOSED: ("expect-fraud-calls", ALL_ADVICE),
    FOREIGN: ("expect-fraud-calls", ALL_ADVICE),
    SEVEN: ("check-own-accounts", ALL_ADVICE),
    MISS: (None, {"check-own-accounts", "answer-96110", "report-110"}),
}


def test_the_next_step_comes_first_and_the_rest_behind_more(asking, language):
    table = words(language)["advice"]
    for number, (first, rest) in ADVICE.items():
        asking.check(number)
        assert advised(asking, table) == ({first} if first else set())
        asking.press("#more summary")
        assert advised(asking, table) == rest | ({first} if first else set())


def test_the_first_step_leads_to_the_accounts_that_were_found(visitor):
    """A shop's list of SIM cards shows none of them."""
    visitor.check(SEVEN)
    for wanted in ("工信微报", "一证通查", "互联网账号", "派出所"):
        assert wanted in visitor.text("#answer .next")
    assert "营业厅" not in visitor.text("#answer .next")
    visitor.press("#more summary")
    assert_says(visitor, "10699000", "24 小时", "不是每家公司都查得到")


def advised(visitor, table):
    lines = visitor.text().splitlines()
    return {code for code in table if table[code]["title"] in lines}


SPELLINGS = [
    f"+86 {EXPOSED}",
    f"0086{EXPOSED}",
    f"+86-{EXPOSED[:3]}-{EXPOSED[3:7]}-{EXPOSED[7:]}",
    f"{EXPOSED[:3]} {EXPOSED[3:7]} {EXPOSED[7:]}",
    "".join(chr(ord(digit) + 0xFEE0) for digit in EXPOSED),
    f"  手机:{EXPOSED}。",
    f"tel:+86{EXPOSED}",
]


def test_any_spelling_is_understood(visitor):
    for text in SPELLINGS:
        assert visitor.check(text) == ("found", "exposed"), text


def test_digits_are_grouped_while_typing(visitor):
    field = visitor.page.locator("#number")
    visitor.typed.append(EXPOSED)
    grown = []
    for digit in EXPOSED:
        field.press_sequentially(digit)
        grown.append(field.input_value())
    assert [value.replace(" ", "") for value in grown] == [EXPOSED[: n + 1] for n in range(11)]
    assert grown[-1] == f"{EXPOSED[:3]} {EXPOSED[3:7]} {EXPOSED[7:]}"
    field.press("Backspace")
    assert field.input_value() == f"{EXPOSED[:3]} {EXPOSED[3:7]} {EXPOSED[7:10]}"
    field.press_sequentially(EXPOSED[10])
    for _ in range(6):
        field.press("ArrowLeft")
    field.press("Backspace")
    field.press_sequentially(EXPOSED[5])
    assert field.input_value().replace(" ", "") == EXPOSED
    field.press("Enter")
    assert visitor.result() == ("found", "exposed")


def test_a_number_can_be_corrected_in_its_middle(visitor):
    """The caret stays where the hand put it."""
    field = visitor.page.locator("#number")
    visitor.enter(f"{EXPOSED[:5]}{EXPOSED[6:]}")
    field.press("Home")
    for _ in range(len(f"{EXPOSED[:3]} {EXPOSED[3:5]}")):
        field.press("ArrowRight")
    visitor.typed.append(EXPOSED)
    field.press_sequentially(EXPOSED[5])
    assert field.input_value() == f"{EXPOSED[:3]} {EXPOSED[3:7]} {EXPOSED[7:]}"


def test_the_field_calls_for_a_numeric_keypad_and_remembers_nothing(visitor):
    field = visitor.page.locator("#number")
    assert (field.get_attribute("type"), field.get_attribute("inputmode")) == ("tel", "tel")
    assert field.get_attribute("autocomplete") == "off"
    assert field.get_attribute("name") is None, "a field without a name has no history"


def test_the_whole_library_is_fetched_for_foreign_numbers_alone(visitor, proxy):
    visitor.check(EXPOSED)
    visitor.check(MISS)
    assert not proxy.paths("foreign.js")
    assert visitor.check(FOREIGN) == ("found", "exposed")
    assert visitor.check(FOREIGN_MISS) == ("not_found", None)
    assert len(proxy.paths("foreign.js")) == 1


def test_a_new_check_wipes_the_old_answer_at_once(visitor, proxy):
    visitor.check(EXPOSED)
    proxy.hold("/evaluate")
    visitor.enter(MISS)
    visitor.press("#check")
    assert not visitor.answer.get_attribute("data-status")
    assert words("zh")["found"]["exposed"] not in visitor.text("body")
    proxy.release()
    assert visitor.result() == ("not_found", None)


def test_an_answer_belongs_to_the_number_that_is_seen(visitor, proxy):
    """Nothing can be typed while a check is under way, and pressing again does not begin another."""
    proxy.hold("/evaluate")
    visitor.enter(EXPOSED)
    visitor.press("#check")
    expect(visitor.page.locator("#number")).not_to_be_editable()
    visitor.page.locator("#check").dblclick(force=True)
    proxy.release()
    assert visitor.result() == ("found", "exposed")
    expect(visitor.page.locator("#number")).to_be_editable()
    assert len(proxy.paths("/evaluate")) == 1


def test_a_number_changed_after_the_answer_takes_the_answer_away(visitor):
    """What stands on the page is about the number that stands in the field."""
    visitor.check(EXPOSED)
    visitor.enter(MISS)
    expect(visitor.answer).not_to_have_attribute("data-status", re.compile("."))
    assert words("zh")["found"]["exposed"] not in visitor.text("body")


def test_english_contains_chinese_only_in_names_to_look_for(visit):
    """In English only what stands in quotation or is to be tapped in Chinese apps is Chinese."""
    visitor = visit(locale=LANGUAGES["en"])
    visitor.check(EXPOSED)
    body = visitor.text("body")
    left = [line for line in body.splitlines() if CJK.search(line)]
    allowed = re.compile("^(中文|.*(一证通查|工信微报|二次号码焕新|政务服务|移动电话卡|互联网账号|12321受理中心).*)$")
    assert not [line for line in left if not allowed.match(line)]
