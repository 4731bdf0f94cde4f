"""Take pictures of the page's main states and of the slip, in both languages.

On a phone, also with text of 140 and 200 %, on a desktop, and at a kiosk.

    python examples/page_images.py [OUT]      (or: make images)

All data in them are synthetic. Needs Debian's `chromium` and `fonts-noto-cjk`, and the built page (`make page`).
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, Locator, Page, sync_playwright

OUT = Path(__file__).resolve().parent.parent / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
EXPOSED, BOTH, MISSING = "13800138000", "13912345678", "15012345678"
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
READY_SECONDS = 60
OPERATOR = {
    "OPERATOR_NAME_ZH": "青山县反诈中心（示例）",
    "OPERATOR_NAME_EN": "Qingshan county anti-fraud centre (example)",
    "OPERATOR_TELEPHONE": "0971-1234567",
    "OPERATOR_FILING": "示例备00000000号",
    "PAGE_ADDRESS": "https://check.example",
}


@dataclass(frozen=True)
class Screen:
    name: str
    width: int
    height: int
    scale: float
    states: tuple[str, ...]
    text: int = 100
    """The size of text in percent, as set in WeChat; only a page for phones follows it."""


ENLARGED = ("start", "wrong", "both", "missing", "unknown")
SCREENS = (
    Screen("phone", 360, 740, 2, ("start", "wrong", "exposed", "both", "missing", "unknown", "helper")),
    Screen("phone", 360, 1480, 1, ("read", "helper-answer")),
    Screen("phone-140", 360, 740, 1, ENLARGED, text=140),
    Screen("phone-200", 360, 740, 1, ENLARGED, text=200),
    Screen("desktop", 1280, 800, 1, ("start", "both")),
    Screen("tablet", 768, 1280, 1, ("kiosk",)),
    Screen("a4", 742, 800, 1, ("slip",)),
    Screen("roll", 205, 800, 1, ("slip",)),
)
"""Paper is as wide as what is printed on it, 190 mm of A4 and 48 mm of a roll, and a margin of 12 px on both sides."""


def main() -> int:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for screen in SCREENS:
            for language in LANGUAGES:
                _take(browser, url, screen, language, out)
        browser.close()
    return 0


def _take(browser: Browser, url: str, screen: Screen, language: str, out: Path) -> None:
    context = browser.new_context(
        locale=LANGUAGES[language],
        viewport={"width": screen.width, "height": screen.height},
        device_scale_factor=screen.scale,
        is_mobile=screen.name.startswith("phone"),
        color_scheme="light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    page.locator("body").evaluate("(body, percent) => { body.style.textSizeAdjust = percent + '%'; }", screen.text)
    for state in _states(page):
        if state not in screen.states:
            continue
        path = out / f"page-{state}-{screen.name}-{language}.png"
        part = page.locator(PARTS[state]) if state in PARTS else page
        part.screenshot(path=path)
        print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB")
    context.close()


PARTS = {"read": "#before", "slip": "#slip"}
"""The states of which one part is drawn, whole."""


def _states(page: Page) -> Iterator[str]:
    """Bring the page into each of its states, and yield the state's name."""
    page.locator("#number").wait_for()
    page.wait_for_load_state("networkidle")
    yield "start"
    _show(page.locator("#before"))
    yield "read"
    page.locator("#number").fill(EXPOSED[:-1])
    page.locator("#check").click()
    yield "wrong"
    for state, number in (("exposed", EXPOSED), ("both", BOTH), ("missing", MISSING)):
        _check(page, number)
        yield state
    page.context.set_offline(True)
    _check(page, EXPOSED)
    page.context.set_offline(False)
    yield "unknown"
    _open(page, "#kiosk", "body.kiosk")
    _check(page, BOTH)
    _show(page.locator("#helping"))
    yield "kiosk"
    _open(page, "#help", "body.helper:not(.kiosk)")
    yield "helper"
    _check(page, BOTH)
    yield "helper-answer"
    page.emulate_media(media="print")
    page.locator("#slip").evaluate("slip => { slip.style.padding = '12px'; }")
    yield "slip"


def _open(page: Page, address: str, opened: str) -> None:
    page.evaluate("address => { location.hash = address; }", address)
    page.locator(opened).wait_for()


def _check(page: Page, number: str) -> None:
    page.locator("#number").fill(number)
    page.locator("#check").click()
    page.locator("#answer[data-status]:not([data-status=''])").wait_for()
    _show(page.locator("#answer"))


def _show(part: Locator) -> None:
    part.evaluate("element => element.scrollIntoView()")


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Publish and serve a HOME with three numbers in it; yields the page's URL."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PILOOKUP_")}
    environment |= {
        "PILOOKUP_HOME": str(folder / "home"),
        "PILOOKUP_PASSPHRASE": "a passphrase for pictures",
        "PILOOKUP_ONLINE_PASSPHRASE": "another passphrase for pictures",
    }
    _run(environment, "init", str(folder / "home"))
    _load(environment, folder, "voucher", "exposure", "青山县“医保电子凭证”推广案", "Qingshan county voucher case")
    _load(environment, folder, "farm", "malicious-registration", "白河市批量注册账号案", "Baihe city account farm case")
    _run(environment, "publish", "public")
    online = {name: value for name, value in environment.items() if name != "PILOOKUP_PASSPHRASE"}
    online |= {f"PILOOKUP_{name}": value for name, value in OPERATOR.items()} | {"PILOOKUP_CHANNELS": "public"}
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen([*_COMMAND, "serve", "--port", "0"], env=online, stdout=output, stderr=output)  # noqa: S603
    try:
        yield _ready(server, log)
    finally:
        server.terminate()
        server.wait(READY_SECONDS)


_COMMAND = (sys.executable, "-m", "pilookup.cli")
ROWS = {
    "voucher": f"phone\n{EXPOSED}\n{BOTH}\n",
    "farm": f"phone,account,date\n{BOTH},a,2026-04-02\n{BOTH},b,2026-05-20\n{BOTH},c,2026-05-21\n",
}


def _load(environment: dict[str, str], folder: Path, slug: str, kind: str, zh: str, en: str) -> None:
    path = folder / f"{slug}.csv"
    path.write_text(ROWS[slug], encoding="utf-8")
    titles = ("--title-zh", zh, "--title-en", en, "--seized-on", "2026-09-01")
    _run(environment, "load", str(path), "--dataset", slug, "--kind", kind, *titles)


def _run(environment: dict[str, str], *words: str) -> None:
    subprocess.run([*_COMMAND, *words], env=environment, check=True, stdout=subprocess.PIPE)  # noqa: S603


def _ready(server: "subprocess.Popen[bytes]", log: Path) -> str:
    """Return the server's URL once it is ready; exits with the server's log if it does not become ready."""
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and server.poll() is None:
        found = re.search(r"serving on (http://\S+)", log.read_text(encoding="utf-8"))
        with contextlib.suppress(httpx2.HTTPError):
            if found and httpx2.get(f"{found[1]}/readyz").status_code == httpx2.codes.OK:
                return found[1]
        time.sleep(0.1)
    sys.exit(f"the server did not become ready: {log.read_text(encoding='utf-8')}")


if __name__ == "__main__":
    sys.exit(main())
