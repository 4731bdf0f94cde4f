"""Old eyes and hands: sizes, contrast, small screens, large type, colours that the reader's system chooses."""

import pytest
from playwright.sync_api import expect

from tests.support.page.home import EXPOSED, MISS
from tests.support.page.measures import measure
from tests.support.page.states import states
from tests.support.page.windows import LANGUAGES
from tests.support.page.words import WEB

AXE = (WEB / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = "tags => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })"


def axe(visitor):
    """What axe-core finds, in short; and how much it looked at."""
    found = visitor.page.evaluate(RUN, TAGS)
    assert len(found["passes"]) > 10
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_can_be_used_by_all(visit, proxy, language, scheme):
    visitor = visit(locale=LANGUAGES[language], color_scheme=scheme)
    visitor.page.evaluate(AXE)
    faults = {}
    for state in states(visitor, proxy):
        found = measure(visitor) | {"axe": axe(visitor)}
        faults |= {f"{state}: {kind}": what for kind, what in found.items() if what}
    assert not faults, faults


def test_dark_is_dark(visit):
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


def test_no_screen_and_no_type_is_too_small_or_large(visit, proxy, language):
    """Narrow, zoomed, with the bigger switch, and with letters alone at 200%: nothing scrolls sideways or is cut off."""
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


def test_the_double_is_double(visitor):
    before = visitor.page.evaluate(SIZE)
    visitor.page.evaluate(DOUBLE, True)
    assert visitor.page.evaluate(SIZE) == pytest.approx(2 * before)


SIZE = "parseFloat(getComputedStyle(document.querySelector('#promise')).fontSize)"


def test_the_bigger_switch(visitor):
    before = visitor.page.evaluate(SIZE)
    visitor.press("#bigger")
    assert visitor.page.evaluate(SIZE) >= 1.2 * before
    expect(visitor.page.locator("#bigger")).to_have_attribute("aria-pressed", "true")
    visitor.press("#bigger")
    assert visitor.page.evaluate(SIZE) == before


def test_nothing_keeps_a_finger_from_zooming(visitor):
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


def test_no_motion_and_the_systems_own_colours(visit, proxy):
    """Where motion is not welcome nothing moves; in high contrast, where our colours vanish, controls have borders."""
    visitor = visit(reduced_motion="reduce", forced_colors="active")
    assert visitor.page.evaluate("matchMedia('(forced-colors: active) and (prefers-reduced-motion: reduce)').matches")
    for state in states(visitor, proxy):
        assert visitor.page.evaluate(MOVING) == 0, state
        assert visitor.page.evaluate(BARE) == [], state


def test_the_answer_is_more_than_a_colour(visitor):
    """A found and a missed number differ in words and sign."""
    visitor.check(EXPOSED)
    heading, sign = visitor.text("#answer-heading"), visitor.text("#answer-heading .mark")
    visitor.check(MISS)
    assert visitor.text("#answer-heading") != heading
    assert visitor.text("#answer-heading .mark") != sign
