"""Script time of a check on the page, in Chromium with a main thread that is slowed down six times."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import page_weight, synthetic
from benchmarks.figures import Spread
from benchmarks.home import Home
from benchmarks.report import Report
from benchmarks.trace import MAIN, WORKER, script_milliseconds

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

CHROMIUM = Path("/usr/bin/chromium")
RATE = 6
GOAL = 100
ROWS = 2_000
STARTED = 1_500
"""Milliseconds that the worker of a loaded page gets to start; a person takes longer to type."""
TRACED = ["devtools.timeline", "v8", "v8.execute"]
"""Without the last category, microtasks are missing, which are nearly all of the worker's work."""
MOST = 60_000
POLL = 200
CHECKS = (
    ("first check, a miss", "19912340001", "not_found"),
    ("second check, a hit", "13300000000", "found"),
    ("third check, a miss", "19912340002", "not_found"),
)
"""Numbers that are (not) in every synthetic file. Successive answers differ, so that an old one is noticed."""


def bench(report: Report, work: Path, visits: int) -> None:
    """Report the cost of a check, with a HOME made for it, if there is a page and a browser."""
    missing = _missing()
    if missing:
        report.miss("page", f"script of a check, {RATE}x throttle", missing)
        return
    home = Home(work / "page")
    seized = work / "page.csv"
    synthetic.write(seized, ROWS)
    home.run("load", seized, "--dataset", "synthetic", "--kind", "exposure")
    home.run("publish", "public")
    with home.serve() as url:
        page_rows(report, url, visits)
    home.remove()


def _missing() -> str | None:
    if not (page_weight.PAGE / "index.html").is_file():
        return "the page is not built"
    if not CHROMIUM.exists() or importlib.util.find_spec("playwright") is None:
        return "Chromium or Playwright is not installed"
    return None


def page_rows(report: Report, url: str, visits: int) -> None:
    """Report rows for each check of a visit: main thread, worker, and both together with the goal."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a development dependency, needed only here

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        visited = [_visit(browser, url) for _ in range(visits)]
        version = browser.version
        browser.close()
    for (check, *_), spent in zip(CHECKS, zip(*visited, strict=True), strict=True):
        main, worker = zip(*spent, strict=True)
        both = [sum(pair) for pair in spent]
        columns: tuple[tuple[str, Sequence[float], dict[str, object]], ...] = (
            ("main thread", main, {}),
            (f"worker (time x {RATE})", worker, {}),
            ("both", both, {"goal": GOAL, "chromium": version}),
        )
        for name, values, more in columns:
            report.add("page", f"{check}, {RATE}x throttle: {name}", Spread.of(values), "ms CPU", visits, **more)


def _visit(browser: "Browser", url: str) -> list[tuple[float, float]]:
    """Return the milliseconds of script (main thread, worker) of each check, in a new browser context."""
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.goto(url)
        page.locator("#number").wait_for()
        page.wait_for_timeout(STARTED)
        tools = context.new_cdp_session(page)
        tools.send("Emulation.setCPUThrottlingRate", {"rate": RATE})
        return [_check(browser, page, tools, number, expected) for _, number, expected in CHECKS]


def _check(browser: "Browser", page: "Page", tools: "CDPSession", number: str, expected: str) -> tuple[float, float]:
    """Return the script time from the key press to the answer (main thread, worker).

    The browser does not slow workers down, so the worker's time is multiplied. No script of the driver runs meanwhile:
    the key is sent as browser input, and the answer is read through the DOM protocol.
    """
    page.locator("#number").fill(number)
    before = _status(tools)
    browser.start_tracing(page=page, categories=TRACED)
    page.keyboard.press("Enter")
    waited = 0
    while (status := _status(tools)) in {"", before} and waited < MOST:
        page.wait_for_timeout(POLL)
        waited += POLL
    page.wait_for_timeout(POLL)
    spent = script_milliseconds(browser.stop_tracing())
    if status != expected:
        raise SystemExit(f"the page answered {status!r}, not {expected!r}")
    return spent[MAIN], RATE * spent[WORKER]


def _status(tools: "CDPSession") -> str:
    root = tools.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    answer = tools.send("DOM.querySelector", {"nodeId": root, "selector": "#answer"})["nodeId"]
    flat = tools.send("DOM.getAttributes", {"nodeId": answer})["attributes"]
    return str(dict(zip(flat[::2], flat[1::2], strict=True))["data-status"])
