"""A browser of any engine, driven by what that engine itself offers, without Playwright."""

import json
import time
from abc import ABC, abstractmethod

LIMIT = 120
"""Seconds after which a browser counts as hanging; the machine may be busy."""
TALLEST = 7_500
"""Pixels of the highest window: WebKitGTK has a screen of 8,000, and Firefox opens none of more than 16,384."""


class ScriptError(AssertionError):
    """A script failed in the page."""


class Engine(ABC):
    """One window of a browser that was started for it."""

    name: str
    """Which browser it is, with its version, as the browser says."""

    @abstractmethod
    def open(self, url: str):
        """Load a page and wait until its document is complete."""

    @abstractmethod
    def run(self, body: str, *args):
        """Run the body of an async function in the page, with `args` as `arguments`. Returns what it returns, by way of JSON.

        Engines of 2018 run it, so write what they know: no `?.`, no `??`.
        """

    @abstractmethod
    def resize(self, width: int, height: int):
        """Make the page's own area so wide and so high."""

    @abstractmethod
    def close(self):
        """End the browser that was started. Call it once."""

    @abstractmethod
    def press_at(self, x: float, y: float):
        """Press the mouse at a point of the visible part of the page, as a person does."""

    @abstractmethod
    def write(self, text: str):
        """Type into the element that has the focus."""

    @abstractmethod
    def picture(self) -> bytes:
        """The visible part of the page, as PNG."""

    def whole_picture(self, width: int) -> bytes:
        """The whole page, as PNG, so wide; of a very long page its first part."""
        self.resize(width, min(self.run("return document.documentElement.scrollHeight"), TALLEST))
        self.run("scrollTo(0, 0)")
        return self.picture()

    def fit(self, width: int, height: int, set_window):
        """Set the size of a window, by `set_window(width, height)`, until the page's own area has this size."""
        frame, end = [0, 0], time.monotonic() + LIMIT
        while time.monotonic() < end:
            set_window(width + frame[0], height + frame[1])
            for _ in range(20):  # it takes effect at some later time
                inner = self.run("return [innerWidth, innerHeight, outerWidth, outerHeight]")
                if inner[:2] == [width, height]:
                    return
                time.sleep(0.02)
            frame = [inner[2] - inner[0], inner[3] - inner[1]]
        raise AssertionError(f"{self.name}: the page cannot be {width} x {height}: {inner}")

    def click(self, selector: str):
        """Scroll an element into view and press its middle, where it must be on top."""
        x, y = self.until(MIDDLE, selector, what=f"{selector} can be pressed")
        self.press_at(x, y)

    def until(self, body: str, *args, what: str = ""):
        """Run a script again and again until it returns something true. Returns that."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if found := self.run(body, *args):
                return found
            time.sleep(0.03)
        raise AssertionError(f"{self.name}: not reached: {what or body}\n{self.run(STATE)}")


MIDDLE = """
const element = document.querySelector(arguments[0]);
if (!element || !element.getClientRects().length) return null;
element.scrollIntoView({ block: 'center', behavior: 'instant' });
await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
const box = element.getBoundingClientRect();
const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
const top = document.elementFromPoint(x, y);
return top && element.contains(top) ? [x, y] : null;
"""
STATE = "return document.body ? document.body.innerText.slice(0, 500) : ''"


def function(body: str, args) -> str:
    """An expression that runs the body of an async function and ends with the JSON of what it returns."""
    return (
        f"(async function () {{ {body} }}).apply(null, {json.dumps(args)})"
        ".then(value => JSON.stringify({ value: value === undefined ? null : value }),"
        " error => JSON.stringify({ error: String(error && error.stack || error) }))"
    )


def result(text: str, engine: Engine, body: str):
    """The value in the JSON that `function` ended with."""
    found = json.loads(text)
    if "error" in found:
        raise ScriptError(f"{engine.name}: {found['error']}\n{body.strip()[:200]}")
    return found["value"]
