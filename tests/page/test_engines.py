"""Other engines, each with its own driver: Chromium of 2018 to 2022, Firefox ESR, WebKitGTK.

Chromium's old versions come from npm packages (engines/package.json), the others from Debian. All states in one start.
Not here, because neither has them: Safari on iOS, Android's browsers and WeChat.
"""

import json
import platform

import pytest

from tests.support.page.engines.browsers import OLD, OTHERS, UNSUPPORTED, start
from tests.support.page.engines.person import COMPLAINTS, READING, Person, states
from tests.support.page.matrix import PLAIN, SIZES, WIDTHS, enlarge
from tests.support.page.matrix import faults as faults_of
from tests.support.page.proxy import Answer
from tests.support.page.recordings import packed
from tests.support.page.search import numbers_in
from tests.support.page.sink import Sink
from tests.support.page.visitor import assert_blinded_afresh

EXPECTED = {
    "question": None,
    "wrong number": ("unknown", "invalid_number"),
    "hit": ("found", "exposed"),
    "hit, malicious": ("found", "malicious"),
    "hit, both": ("found", "both"),
    "hit, both, unfolded": ("found", "both"),
    "miss": ("not_found", None),
    "checking": None,
    "unknown": ("unknown", "server_error"),
    "unreachable": ("unknown", "unreachable"),
    "helper": ("found", "exposed"),
    "kiosk": ("found", "exposed"),
}
ON_X86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="the npm packages have Chromium for x86-64 only")
SLICE = ((320, "a default font of 32 px"), (360, "100%"))
"""What is measured here of tests/attacks/scripts/page_matrix.py, without axe-core."""


@pytest.fixture
def elsewhere(front):
    """Receives what the browser under test sends to other machines."""
    return front(Sink())


@pytest.fixture
def engine(request, tmp_path, elsewhere):
    one = start(request.param, tmp_path / "browser", elsewhere.address)
    yield one
    one.close()
    assert not elsewhere.strangers(), elsewhere.strangers()


@pytest.mark.parametrize("engine", [*(pytest.param(one, marks=ON_X86_64) for one in OLD), *OTHERS], indirect=True)
def test_every_state(engine, proxy, channel_key, tmp_path):
    offer_sound(proxy, packed(tmp_path))
    person = Person(engine, proxy)
    answers, faults = {}, {}
    for state, answers[state] in states(person):
        found = measure(engine) + person.complaints()
        faults |= {state: found} if found else {}
    assert answers == EXPECTED, engine.name
    assert not faults, (engine.name, faults)
    assert_sound(engine, proxy)
    assert not person.complaints()
    assert not numbers_in(person.typed, channel_key, b"\0\0".join(one.raw for one in proxy.recorded))
    assert_blinded_afresh([proxy])


def measure(engine):
    """The faults of a state, and the page as it was."""
    found = []
    for width, size in SLICE:
        engine.resize(width, WIDTHS[width])
        enlarge(engine, SIZES[size])
        found += [f"{width} px, {size}: {fault}" for fault in faults_of(engine)]
    enlarge(engine, PLAIN[0])
    return found


def offer_sound(proxy, recording):
    """Let the page's configuration name a recording, and its host serve it."""
    proxy.alter("/config.json", lambda body: json.dumps(json.loads(body) | {"sounds": [recording.to_json()]}).encode())
    served = Answer(200, recording.data, {"content-type": "application/octet-stream"})
    proxy.change(f"/{recording.path}", lambda *_: served)


def assert_sound(engine, proxy):
    engine.click("#aloud")
    engine.until(READING, what="a recording plays, or the page says that it cannot")
    assert sum("/sound/" in path for path in proxy.paths()) == 1


@ON_X86_64
@pytest.mark.parametrize("engine", [UNSUPPORTED], indirect=True)
def test_an_engine_without_bigint_shows_the_notice(engine, proxy):
    proxy.alter("/page.js", lambda script: COMPLAINTS + script)
    engine.open(proxy.url)
    shown = engine.run("return document.body.innerText")
    assert "96110" in shown
    assert "too old" in shown
    assert not engine.run("return document.getElementById('number').getClientRects().length")
    assert engine.run("return self.complaints") + measure(engine) == []
    assert {request.method for request in proxy.recorded} == {"GET"}
