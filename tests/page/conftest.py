import os

import pytest
from page_home import Held
from page_proxy import Proxy, is_built
from page_server import HARD, SOFT, Server
from page_sink import Sink
from page_visitor import CHROMIUM, PATIENCE, Visitor, assert_blinded_afresh
from playwright.sync_api import sync_playwright

LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}


@pytest.fixture(autouse=True, scope="session")
def no_settings_from_outside():
    patch = pytest.MonkeyPatch()
    for name in [name for name in os.environ if name.startswith("PILOOKUP_")]:
        patch.delenv(name)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def home(tmp_path_factory, no_settings_from_outside):
    """One published HOME; tests that change a HOME change a copy."""
    assert is_built(), "the page is not built: npm ci && npm run build in server/web"
    return Held.make(tmp_path_factory.mktemp("page") / "home")


@pytest.fixture(scope="session")
def server(home):
    one = Server(home.path, home.path.parent / "server.log")
    yield one
    assert one.stop() == 0


@pytest.fixture(scope="session")
def strict(home):
    """The same with small quotas, and open to pages of every origin."""
    quotas = {"public_soft_quota": f"{SOFT}/hour", "public_quota": f"{HARD}/hour"}
    one = Server(home.path, home.path.parent / "strict.log", allowed_origins="*", **quotas)
    yield one
    assert one.stop() == 0


@pytest.fixture(scope="session")
def channel_key(home):
    return home.channel_key()


@pytest.fixture
def serve(tmp_path):
    """Start servers with other settings or over other HOMEs."""
    made = []

    def start(held, **settings):
        made.append(Server(held.path, tmp_path / f"server-{len(made)}.log", **settings))
        return made[-1]

    yield start
    for one in made:
        one.stop()


@pytest.fixture
def front():
    """Put recorders before servers; closed at the end."""
    made = []

    def start(recorder):
        made.append(recorder)
        return recorder

    yield start
    for one in made:
        one.close()


@pytest.fixture
def proxy(server, front):
    """Before the server of most tests."""
    return front(Proxy(server.url))


@pytest.fixture(scope="session")
def sink():
    """Where every request ends that is not for this machine; there must be none."""
    one = Sink()
    yield one
    one.close()


# Of the package, not the session: Playwright's loop runs in this thread as long as the browser does, and other
# tests want loops of their own.
@pytest.fixture(scope="package")
def browser(sink):
    with sync_playwright() as playwright:
        options = ["--no-sandbox", f"--proxy-server={sink.address}", "--font-render-hinting=none"]
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield one
        one.close()


@pytest.fixture(scope="package")
def window(browser):
    """A browser context for these options, shared by all tests that want the same: a new one costs a second.

    Each test has a page of its own from an origin (a port) of its own, so they share no storage; and none may store.
    """
    made = {}

    def open_(**options):
        options = {"locale": "zh-CN"} | options
        name = repr(sorted(options.items()))
        if name not in made:
            made[name] = browser.new_context(**options)
            made[name].set_default_timeout(PATIENCE)
            made[name].new_page()  # stays, so that the window does
        return made[name]

    yield open_
    for context in made.values():
        context.close()


@pytest.fixture
def visit(window, proxy, channel_key, sink):
    """Open the page; at the end everything that left the browser is searched for what was typed."""
    made = []

    def open_(url=None, recorders=(), key=channel_key, **options):
        visitor = Visitor(window(**options), recorders or [proxy], key)
        made.append(visitor)
        return visitor.open(url or proxy.url) if url != "" else visitor

    yield open_
    try:
        for visitor in made:
            visitor.assert_private()
            visitor.assert_well_behaved()
        assert_blinded_afresh({id(one): one for visitor in made for one in visitor.recorders}.values())
        assert not sink.strangers(), sink.strangers()
    finally:
        for visitor in made:
            visitor.close()


@pytest.fixture
def visitor(visit):
    """Somebody who has the page open, in Chinese."""
    one = visit()
    yield one
    one.assert_nothing_kept()


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture
def asking(visit, language):
    """The same in either language, as the browser asks for it."""
    one = visit(locale=LANGUAGES[language])
    yield one
    one.assert_nothing_kept()
