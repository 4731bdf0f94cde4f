import os
from pathlib import Path

import pytest

from tests.support.page.home import Held
from tests.support.page.proxy import Proxy, is_built
from tests.support.page.server import CEILING, RESERVE, Server
from tests.support.page.sink import Sink
from tests.support.page.visitor import Visitor, assert_blinded_afresh
from tests.support.page.windows import LANGUAGES, Windows

WINDOWS = Windows()


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
    """Like `server`, with small quotas and open to pages of every origin."""
    quotas = {"public_reserve": f"{RESERVE}/hour", "public_quota": f"{CEILING}/hour"}
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
    """Registers recorders in front of servers; closes them after the test."""
    made = []

    def start(recorder):
        made.append(recorder)
        return recorder

    yield start
    for one in made:
        one.close()


@pytest.fixture
def proxy(server, front):
    """A proxy in front of the server that most tests use."""
    return front(Proxy(server.url))


@pytest.fixture(scope="session")
def sink():
    """Receives every request to another machine; there must be none."""
    one = Sink()
    yield one
    one.close()


@pytest.fixture
def window(sink):
    """A browser context for these options."""
    WINDOWS.start(sink.address)
    return WINDOWS.open


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Stop the browser before the tests of other folders, which need this thread's event loop. No scope does this."""
    yield
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        WINDOWS.stop()


@pytest.fixture
def visit(window, proxy, channel_key, sink):
    """Opens the page. After the test, everything that left the browser is searched for the numbers that were typed."""
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
    """A visitor who has the page open in Chinese."""
    one = visit()
    yield one
    one.assert_nothing_kept()


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture
def asking(visit, language):
    """A visitor who has the page open, in each language that a browser asks for."""
    one = visit(locale=LANGUAGES[language])
    yield one
    one.assert_nothing_kept()
