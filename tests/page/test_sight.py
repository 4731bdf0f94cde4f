"""The page for old eyes and hands: sizes, contrast, small screens, large type, the system's own colours."""

import pytest
from playwright.sync_api import expect

from tests.support.page.home import EXPOSED, MISS
from tests.support.page.matrix import AXE, RUN_AXE, TAGS
from tests.support.page.measures import measure
from tests.support.page.states import states
from tests.support.page.windows import LANGUAGES


def axe(visitor):
    """The violations that axe-core finds, shortened. Asserts that it checked enough."""
    found = visitor.page.evaluate(RUN_AXE, TAGS)
    assert len(found["passes"]) > 10
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_accessible(visit, proxy, language, scheme):
    visitor = visit(locale=LANGUAGES[language], color_scheme=scheme)
    visitor.page.evaluate(AXE)
    faults = {}
    for state in states(visitor, proxy):
        found = measure(visitor) | {"axe": axe(visitor)}
        faults |= {f"{state}: {kind}": what for kind, what in found.items() if what}
    assert not faults, faults


def test_the_dark_scheme_has_another_background(visit):
    ground = (
        "getComputedStyle(document.documentElement).backgroundColor + getComputedStyle(document.body).backgroundColor"
    )
    light, dark = (visit(color_scheme=scheme).page.evaluate(ground) for scheme in ("light", "dark"))
    assert light != dark


SCREENS = {"320 px": (320, 568), "1280 by 800 at 200%": (640, 400), "a phone": (412, 800)}
"""320 px is the narrowest that WCAG 1.4.10 asks for."""

DOUBLE = """on => {
  const root = document.documentElement;
  root.style.fontSize = on ? 2 * parseFloat(getComputedStyle(root).fontSize) + 'px' : '';
}"""


def test_every_state_fits_small_screens_and_large_type(visit, proxy, language):
    """Nothing scrolls sideways or is clipped: narrow, zoomed, with the bigger switch, or with only letters at 200%."""
    visitor = visit(locale=LANGUAGES[language])
    faults = {}
    for state in states(visitor, proxy):
        for screen, (width, height) in SCREENS.items():
            visitor.page.set_viewport_size({"width": width, "height": height})
            faults |= {f"{state}, {screen}: {kind}": what for kind, what in measure(visitor).items()}
        visitor.page.evaluate(DOUBLE, True)
        faults |= {f"{state}, double: {kind}": what for kind, what in measure(visitor).items()}
        visitor.page.evaluate(DOUBLE, False)
        visitor.page.set_viewport_size({"width": 320, "height": 568})
        visitor.page.evaluate("document.getElementById('bigger').click()")
        faults |= {f"{state}, bigger: {kind}": what for kind, what in measure(visitor).items()}
        visitor.page.evaluate("document.getElementById('bigger').click()")
    assert not faults, faults


def test_double_letters_have_double_size(visitor):
    before = visitor.page.evaluate(SIZE)
    visitor.page.evaluate(DOUBLE, True)
    assert visitor.page.evaluate(SIZE) == pytest.approx(2 * before)


SIZE = "parseFloat(getComputedStyle(document.querySelector('#promise')).fontSize)"


def test_the_bigger_switch_enlarges_the_letters(visitor):
    before = visitor.page.evaluate(SIZE)
    visitor.press("#bigger")
    assert visitor.page.evaluate(SIZE) >= 1.2 * before
    expect(visitor.page.locator("#bigger")).to_have_attribute("aria-pressed", "true")
    visitor.press("#bigger")
    assert visitor.page.evaluate(SIZE) == before


def test_the_page_can_be_zoomed_by_finger(visitor):
    content = visitor.page.locator("meta[name=viewport]").get_attribute("content")
    assert "user-scalable" not in content
    assert "maximum-scale" not in content


def test_the_first_screen_of_a_phone_has_field_and_button(visit):
    """One field, one button: both in sight before anything is scrolled."""
    for width, height in ((360, 640), (320, 568)):
        visitor = visit(viewport={"width": width, "height": height})
        for selector in ("#number", "#check"):
            box = visitor.page.locator(selector).bounding_box()
            assert box["y"] + box["height"] <= height, (selector, width)


MOVING = """() => document.getAnimations().length + [...document.querySelectorAll('*')].filter(one =>
  getComputedStyle(one).transitionDuration.split(', ').some(time => parseFloat(time) > 0.01)
  || getComputedStyle(one).scrollBehavior === 'smooth').length"""
BARE = """() => [...document.querySelectorAll('button, input, a.call')].filter(one => one.checkVisibility())
  .filter(one => { const style = getComputedStyle(one);
    return !(parseFloat(style.borderTopWidth) > 0 && style.borderTopStyle !== 'none')
      && !style.textDecorationLine.includes('underline'); })
  .map(one => one.outerHTML.slice(0, 80))"""


def test_reduced_motion_and_the_systems_own_colours_are_respected(visit, proxy):
    """With reduced motion nothing moves; in high contrast, without the page's colours, controls have borders."""
    visitor = visit(reduced_motion="reduce", forced_colors="active")
    assert visitor.page.evaluate("matchMedia('(forced-colors: active) and (prefers-reduced-motion: reduce)').matches")
    for state in states(visitor, proxy):
        assert visitor.page.evaluate(MOVING) == 0, state
        assert visitor.page.evaluate(BARE) == [], state


def test_the_answer_differs_in_more_than_colour(visitor):
    """A found and a missed number have different words and signs."""
    visitor.check(EXPOSED)
    heading, sign = visitor.text("#answer-heading"), visitor.text("#answer-heading .mark")
    visitor.check(MISS)
    assert visitor.text("#answer-heading") != heading
    assert visitor.text("#answer-heading .mark") != sign
