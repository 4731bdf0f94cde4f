"""The browser, and its windows: real Chromium, Debian's."""

from playwright.sync_api import sync_playwright

LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
"""What a browser set to each of the page's languages asks for."""
CHROMIUM = "/usr/bin/chromium"
PATIENCE = 20_000
"""Milliseconds until something that must happen counts as not happening."""


class Windows:
    """One browser, and a context for every set of options that tests want: a new one costs a second.

    Each test has a page of its own from an origin (a port) of its own, so they share no storage; and none may store.
    """

    def __init__(self):
        self._made = {}
        self._playwright = self._browser = None

    def start(self, proxy):
        if self._browser is None:
            self._playwright = sync_playwright().start()
            options = ["--no-sandbox", f"--proxy-server={proxy}", "--font-render-hinting=none"]
            self._browser = self._playwright.chromium.launch(executable_path=CHROMIUM, args=options)

    def open(self, **options):
        options = {"locale": LANGUAGES["zh"]} | options
        name = repr(sorted(options.items()))
        if name not in self._made:
            self._made[name] = self._browser.new_context(**options)
            self._made[name].set_default_timeout(PATIENCE)
            self._made[name].new_page()  # stays, so that the window does
        return self._made[name]

    def stop(self):
        if self._browser is None:
            return
        for context in self._made.values():
            context.close()
        self._made.clear()
        self._browser.close()
        self._playwright.stop()
        self._playwright = self._browser = None
