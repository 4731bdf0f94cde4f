"""The browsers that the page is tried in besides Debian's Chromium, and where they come from."""

from pathlib import Path

from tests.support.page.engines.chromium import Chromium
from tests.support.page.engines.engine import Engine
from tests.support.page.engines.firefox import Firefox
from tests.support.page.engines.webkit import WebKit
from tests.support.page.windows import CHROMIUM

PACKED = Path(__file__).parents[3] / "page/engines/node_modules/.browsers"
"""Where tests/page/engines/unpack.mjs puts the browsers of npm packages, which are for x86-64 only."""
FIREFOX = Path("/usr/bin/firefox-esr")

UNSUPPORTED = "chromium-66"
"""Has no BigInt: it shows the notice for old browsers."""
OLD = ["chromium-68", "chromium-79", "chromium-83", "chromium-106"]
OTHERS = ["firefox", "webkitgtk"]
DEBIANS = "chromium"


def start(name: str, folder: Path, proxy: str) -> Engine:
    """Start a browser with a new profile in `folder`; it sends what is not for this machine to `proxy`."""
    if name == "webkitgtk":
        return WebKit(folder, proxy)
    if name == "firefox":
        assert FIREFOX.exists(), "firefox-esr is not installed; run: tests/install_debian_packages.sh"
        return Firefox(FIREFOX, folder, proxy)
    program = Path(CHROMIUM) if name == DEBIANS else PACKED / name / "chromium"
    assert program.exists(), f"{program} is missing; run: npm ci && node unpack.mjs in tests/page/engines"
    return Chromium(program, folder, proxy)
