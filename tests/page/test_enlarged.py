"""Enlarged text, the normal case: WeChat's text sizes, large default fonts, narrow screens, and every state."""

import pytest

from tests.support.page.home import EXPOSED
from tests.support.page.matrix import ADJUST, FONT, PLAIN
from tests.support.page.overlaps import cut_off, empty_frames, overlaps
from tests.support.page.states import states
from tests.support.page.windows import LANGUAGES

PHONE = {"is_mobile": True, "has_touch": True, "viewport": {"width": 320, "height": 568}}
SIZES = {
    "140%": (ADJUST, 140),
    "160%": (ADJUST, 160),
    "200%": (ADJUST, 200),
    "a default font of 24 px": (FONT, 24),
    "a default font of 32 px": (FONT, 32),
}


def enlarge(page, how):
    for script, size in [*PLAIN, how]:
        page.evaluate(script, size)


def test_the_whole_number_is_seen_while_it_is_typed(visit):
    """The last digits stood outside the field: nobody saw what was checked."""
    visitor = visit(**PHONE)
    page = visitor.page
    for size, how in SIZES.items():
        enlarge(page, how)
        page.locator("#number").fill("")
        visitor.typed.append(EXPOSED)
        page.locator("#number").press_sequentially(EXPOSED)
        assert page.evaluate(FITS), size
        visitor.enter(f"+86 {EXPOSED}")
        assert page.evaluate(FITS), f"{size}, with its calling code"


FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
FITS = "() => { const field = document.getElementById('number'); return field.scrollWidth <= field.clientWidth; }"


def test_text_enlarged_after_typing_still_fits(visit):
    """WeChat's own menu changes the size under the page, without an event."""
    visitor = visit(**PHONE)
    visitor.enter(EXPOSED)
    for size, how in SIZES.items():
        enlarge(visitor.page, how)
        visitor.page.wait_for_function(FITS)
        assert not cut_off(visitor.page), size
    enlarge(visitor.page, SIZES["140%"])


def test_a_heading_has_the_whole_width(visit):
    """Beside its mark it had one character a line."""
    visitor = visit(**PHONE)
    visitor.check(EXPOSED)
    for size, how in SIZES.items():
        enlarge(visitor.page, how)
        heading, text = (visitor.page.locator(one).bounding_box() for one in HEADING)
        assert text["width"] >= 0.7 * heading["width"], size
    enlarge(visitor.page, PLAIN[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_button_has_its_word_on_one_line(visit, language):
    """With margins that grew with the letters, it was broken in two."""
    visitor = visit(locale=LANGUAGES[language], **PHONE)
    for size, how in SIZES.items():
        enlarge(visitor.page, how)
        assert visitor.page.evaluate(LINES, "#check") == 1, size
    enlarge(visitor.page, PLAIN[0])


LINES = """selector => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector(selector));
  return new Set([...range.getClientRects()].map(({ top }) => top)).size;
}"""
HEADING = ("#answer-heading", "#answer-heading span:last-child")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_whole_at_the_largest_sizes(visit, proxy, language):
    """All widths and sizes, in all engines: tests/attacks/scripts/page_matrix.py."""
    visitor = visit(locale=LANGUAGES[language], **PHONE)
    faults = {}
    for state in states(visitor, proxy):
        for size in ("200%", "a default font of 32 px"):
            enlarge(visitor.page, SIZES[size])
            found = cut_off(visitor.page) + overlaps(visitor.page) + empty_frames(visitor.page)
            faults |= {f"{state}, {size}": found} if found else {}
            # The field is fitted when its label grows, and the label is as large in both: go by way of another size.
            enlarge(visitor.page, PLAIN[0])
            visitor.page.evaluate(FRAMES)
    assert not faults, faults
