"""Every width and size of text in which the page is measured, and what is measured, in any engine."""

from tests.support.page.measures import MEASURES
from tests.support.page.overlaps import SCRIPT as OVERLAPS
from tests.support.page.screen_readers import SCRIPT as SCREEN_READERS
from tests.support.page.words import WEB

AXE = (WEB / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN_AXE = "tags => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })"

WIDTHS = {320: 568, 360: 740, 412: 892, 768: 1024}
"""Widths, each with the height of a device that has it."""

ADJUST = "percent => { document.body.style.webkitTextSizeAdjust = document.body.style.textSizeAdjust = percent + '%'; }"
FONT = "pixels => { document.documentElement.style.fontSize = 1.25 * pixels + 'px'; }"
"""A default font of so many pixels: the page sets 125 % of it."""

PLAIN = [(ADJUST, 100), (FONT, 16)]
FONTS = {f"a default font of {pixels} px": (FONT, pixels) for pixels in (20, 24, 28, 32)}
ADJUSTED = {f"{percent}%": (ADJUST, percent) for percent in (120, 140, 160, 180, 200)}
"""WeChat's sizes."""
SIZES = {"100%": PLAIN[0], **ADJUSTED, **FONTS}

ENLARGES = f"""
const height = () => document.getElementById('question').getBoundingClientRect().height;
const [before, adjust] = [height(), {ADJUST}];
adjust(200);
await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
const after = height();
adjust(100);
return after > 1.5 * before;
"""


def sizes_of(engine):
    """The sizes that an engine knows. On a page for phones, only new versions of Chromium follow text-size-adjust."""
    return SIZES if engine.run(ENLARGES) else {"100%": PLAIN[0], **FONTS}


def enlarge(engine, how):
    """Set the size of text: a pair of `SIZES`."""
    engine.run("".join(f"({script})({size});" for script, size in [*PLAIN, how]))


def faults(engine) -> list[str]:
    """What is cut off, overlaps, overflows, is too small or too pale, or confuses a screen reader."""
    found = engine.run(f"return await ({OVERLAPS})()")
    measured = engine.run(f"return await ({MEASURES})()")
    assert measured.pop("texts") > 5, "there is too little text to measure"
    confusing = engine.run(f"return ({SCREEN_READERS})()")
    kinds = found | measured | {"screen readers": confusing}
    return [f"{kind}: {one}" for kind, ones in kinds.items() for one in ones]


def axe(engine) -> list[str]:
    """The violations that axe-core finds."""
    engine.run(f"if (!self.axe) {{ {AXE} }}")
    found = engine.run(f"return await ({RUN_AXE})({TAGS})")
    assert len(found["passes"]) > 10, "axe-core checked too little"
    return [f"axe-core, {one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]
