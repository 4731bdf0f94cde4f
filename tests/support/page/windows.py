"""The browser, Debian's Chromium, and its windows."""

from playwright.sync_api import sync_playwright

LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
"""The locale of a browser that is set to each of the page's languages."""
CHROMIUM = "/usr/bin/chromium"
PATIENCE = 20_000
"""Timeout in milliseconds for anything that must happen."""


class Windows:
    """One browser, and one context for each set of options, because a new context costs a second.

    Each test has its own page from its own origin (a port), so tests share no storage. No page may store anything.
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
            self._made[name].new_page()  # keeps the window open
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
