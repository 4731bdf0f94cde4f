"""A person who uses the page: a real Chromium window, and a record of what left it."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.support.page.search import blinded, numbers_in
from tests.support.page.windows import PATIENCE

BLINDED_BEFORE: set[bytes] = set()
"""Every blinded element that has left a browser in this process of the suite."""

KEPT_OFFLINE = re.compile(r"/(offline\.html|[a-z0-9-]+\.(css|svg|png|ico))?$")
"""What a service worker may cache: the offline page, its styles and its images."""

STORED = """async () => ({
  cookies: document.cookie, local: Object.keys(localStorage), session: Object.keys(sessionStorage),
  databases: (await indexedDB.databases()).map(one => one.name),
  caches: 'caches' in self ? (await Promise.all((await caches.keys()).map(async name =>
    (await (await caches.open(name)).keys()).map(request => request.url)))).flat() : [],
})"""


def origin(url):
    """The origin of a URL; a blob's is that of the page that made it, and no request leaves the browser for one."""
    parts = urlsplit(url.removeprefix("blob:"))
    return f"{parts.scheme}://{parts.netloc}"


def once(recorder):
    """A recorder's requests, without those that the browser itself repeated.

    Chromium repeats a request if its kept-alive connection ends before any answer arrives (RFC 9112 section 9.3.1
    allows this for some requests). No script can prevent it, and no server that answered has seen the bytes twice.
    """
    kept = []
    for request in recorder.recorded:
        again = kept and kept[-1].raw == request.raw and any(kept[-1] is one for one in recorder.dropped)
        kept += [] if again else [request]
    return kept


def assert_blinded_afresh(recorders):
    """No blinded element occurs twice, in this test or in any before it."""
    elements = [element for recorder in recorders for request in once(recorder) for element in blinded(request)]
    assert len(set(elements)) == len(elements), "a blinded element was sent twice"
    assert not BLINDED_BEFORE.intersection(elements), "a blinded element of another check was sent"
    BLINDED_BEFORE.update(elements)


GONE: set[str] = set()
"""Origins of closed pages. Their service workers may still be starting."""


class Visitor:
    """One page in a browser; `typed` holds every number that was entered."""

    def __init__(self, context, recorders, key):
        self.recorders = recorders
        self.key = key
        self.typed: list[str] = []
        self.seen = []
        self.said: list[str] = []
        self.expected: list[str] = []
        """Patterns of console messages that this test provokes."""
        self.origins = {recorder.url for recorder in recorders}
        GONE.difference_update(self.origins)  # the system may reuse a port
        self.context = context
        self._hears = {"request": self._requested, "console": self._console, "weberror": self._error}
        for event, heard in self._hears.items():
            context.on(event, heard)
        self.page = context.new_page()

    def close(self):
        GONE.update(self.origins)
        self.page.close()
        for event, heard in self._hears.items():
            self.context.remove_listener(event, heard)

    def _console(self, message):
        if message.page is self.page:
            self.said.append(f"{message.type}: {message.text}")

    def _error(self, error):
        if error.page is self.page:
            self.said.append(f"error: {error.error}")

    def _requested(self, request):
        if origin(request.url) in GONE:
            return  # from a service worker whose page is closed
        self.seen.append((request.url, repr(request.headers).encode() + b"\0" + (request.post_data_buffer or b"")))

    def open(self, url):
        self.page.goto(url)
        self.page.locator("#number").wait_for()
        return self

    @property
    def answer(self):
        return self.page.locator("#answer")

    def enter(self, text):
        self.typed.append(text)
        self.page.locator("#number").fill(text)

    def check(self, text):
        """Enter a text, press the button and wait for the answer. Returns (status, reason or kind)."""
        self.enter(text)
        self.page.locator("#check").click()
        return self.result()

    def result(self):
        expect(self.answer).to_have_attribute("data-status", re.compile("found|unknown"), timeout=PATIENCE)
        status = self.answer.get_attribute("data-status")
        detail = {"found": "data-kind", "unknown": "data-reason"}.get(status)
        return (status, self.answer.get_attribute(detail)) if detail else (status, None)

    def press(self, selector):
        before = self.page.locator("html").get_attribute("lang")
        pressed = self.page.locator("#helper").get_attribute("aria-pressed")
        self.page.locator(selector).click()
        if selector == "#language":
            self.expect_other_language(before)
        if selector == "#helper":
            expect(self.page.locator(selector)).not_to_have_attribute("aria-pressed", pressed, timeout=PATIENCE)

    def expect_other_language(self, before):
        """Wait until the texts of the other language have loaded."""
        expect(self.page.locator("html")).not_to_have_attribute("lang", before, timeout=PATIENCE)

    @property
    def worker(self):
        """The page's worker, which starts once config.json has loaded, perhaps after the page can be used."""

        def is_ours(worker):
            return worker.url.endswith("/worker.js")

        found = [worker for worker in self.page.workers if is_ours(worker)]
        return found[0] if found else self.page.wait_for_event("worker", is_ours, timeout=PATIENCE)

    def settle(self):
        """Wait until the page has fetched what it fetches without a check: its offline page and the release."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        count = -1
        while count < len(self.requests()) or not any("/metadata/" in request.path for request in self.requests()):
            count = len(self.requests())
            self.page.wait_for_timeout(500)

    def hurry(self, factor):
        """Make the worker's timers expire `factor` times sooner."""
        self.worker.evaluate(
            "factor => { const real = setTimeout; self.setTimeout = (run, wait) => real(run, wait / factor); }", factor
        )

    def skip(self, seconds):
        """Put the worker's clocks forward."""
        self.worker.evaluate(
            """seconds => {
              const [now, ticks] = [Date.now.bind(Date), performance.now.bind(performance)];
              Date.now = () => now() + 1000 * seconds;
              performance.now = () => ticks() + 1000 * seconds;
            }""",
            seconds,
        )

    def text(self, selector="#answer"):
        """The visible text of an element."""
        return self.page.locator(selector).inner_text()

    def language(self):
        return self.page.evaluate("document.documentElement.lang")

    def stored(self):
        return self.page.evaluate(STORED)

    def requests(self):
        return [request for recorder in self.recorders for request in recorder.recorded]

    def assert_private(self):
        """Assert that nothing that left the browser reveals a typed number."""
        sent = b"\0\0".join(
            [request.raw for request in self.requests()] + [url.encode() + body for url, body in self.seen]
        )
        found = numbers_in(self.typed, self.key, sent)
        assert not found, f"a request holds a number: {found}"

    def assert_well_behaved(self):
        """Assert that there was no other origin, no cookie, and no console message that the test did not provoke."""
        strangers = [url for url, _ in self.seen if origin(url) not in self.origins]
        assert not strangers, strangers
        loud = [line for line in self.said if line.startswith(("error", "warning"))]
        unforeseen = [line for line in loud if not any(re.search(pattern, line) for pattern in self.expected)]
        assert not unforeseen, unforeseen
        assert self.context.cookies() == []
        assert not [request for request in self.requests() if "cookie" in request.headers]

    def assert_nothing_kept(self):
        stored = self.stored()
        kept = [url for url in stored.pop("caches") if not KEPT_OFFLINE.search(urlsplit(url).path)]
        assert not kept, kept
        assert stored == {"cookies": "", "local": [], "session": [], "databases": []}
