"""What is no number: the field says what is wrong, and keeps the focus and the eyes on itself."""

import pytest
from playwright.sync_api import expect

from tests.support.page.home import EXPOSED
from tests.support.page.words import words

SLIPS = {
    EXPOSED[:-1]: 10,
    EXPOSED + "7": 12,
    EXPOSED + "77": 13,
    f"+86 {EXPOSED[:-1]}": 10,
    f"{EXPOSED[:3]}-{EXPOSED[3:7]}-{EXPOSED[7:10]}": 10,
    EXPOSED[:7]: 7,
    "".join(chr(ord(digit) + 0xFEE0) for digit in EXPOSED[:-1]): 10,
}


def test_a_digit_too_few_or_too_many_is_counted(asking, language):
    """The commonest slip. "There is no such number" would not tell what to look for."""
    for text, count in SLIPS.items():
        assert asking.check(text) == ("unknown", "invalid_number"), text
        said = asking.text("#fault")
        assert str(count) in said, text
        assert "11" in said, text
        assert words(language)["fault"]["not_possible"] not in said


def test_what_is_no_mobile_is_not_measured_as_one(visitor):
    for text, fault in {"0571123": "no_area_code", "99900011122": "not_possible", "abc1": "letters"}.items():
        visitor.check(text)
        assert words("zh")["fault"][fault] in visitor.text("#fault"), text


@pytest.mark.parametrize("key", ["Enter", None])
def test_the_message_stands_at_the_field_and_the_focus_in_it(visit, key):
    visitor = visit(viewport={"width": 360, "height": 640})
    page = visitor.page
    visitor.enter("1380013800")
    page.keyboard.press(key) if key else visitor.press("#check")
    visitor.result()
    for selector in ("label[for=number]", "#number", "#fault"):
        expect(page.locator(selector)).to_be_in_viewport(ratio=0.99)
    expect(page.locator("#number")).to_be_focused()
    expect(page.locator("#number")).to_have_accessible_description(visitor.text("#fault").replace("\n\n", " "))
    visitor.check(EXPOSED)
    expect(page.locator("#number")).to_have_accessible_description(words("zh")["fixed"]["promise"])
    assert visitor.text("#fault") == ""


def test_an_empty_field_is_asked_to_be_filled(visitor):
    """There is no number that could be wrong."""
    visitor.check("")
    assert visitor.text("#fault") == words("zh")["fault"]["empty"]


COMPOSE = """text => {
  const field = document.getElementById('number');
  field.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
  field.value = text;
  field.dispatchEvent(new InputEvent('input', { bubbles: true, isComposing: true, data: text }));
}"""


def test_an_input_method_that_ends_late_does_not_wipe_the_answer(visitor):
    """The composition of the number ends only when the answer takes the focus."""
    visitor.typed.append(EXPOSED)
    visitor.page.evaluate(COMPOSE, EXPOSED)
    visitor.press("#check")
    assert visitor.result() == ("found", "exposed")
    visitor.page.evaluate(
        "document.getElementById('number').dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }))"
    )
    assert visitor.result() == ("found", "exposed")


def test_could_not_check_has_a_button_to_check_again(visitor, proxy):
    """Below the answer the first button is out of sight."""
    visitor.expected = ["Failed to load"]
    visitor.settle()
    proxy.change("/evaluate", lambda _, answer: type(answer).problem(503))
    assert visitor.check(EXPOSED) == ("unknown", "server_error")
    proxy.honest()
    button = visitor.page.locator("#answer .again")
    expect(button).to_have_text(words("zh")["again"])
    button.click()
    assert visitor.result() == ("found", "exposed")
