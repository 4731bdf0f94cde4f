"""Many people at one kiosk: nothing of one is left for the next, in the page, its memory, or the browser's profile."""

import json
import re
import time

import pytest

from tests.support.page.engines.browsers import DEBIANS, start
from tests.support.page.engines.engine import LIMIT
from tests.support.page.engines.kiosk import Kiosk, traces
from tests.support.page.home import BOTH, EXPOSED, FILLING, MISSED, ONE, SEVEN, THREE
from tests.support.page.search import numbers_in
from tests.support.page.sink import Sink
from tests.support.page.visitor import assert_blinded_afresh

DIGITS = re.compile(rb"(?:[0-9]\0?(?: \0?)?){7,}")
"""Seven digits or more, also grouped and in UTF-16."""

PEOPLE = [pytest.param(12, id="a dozen"), pytest.param(200, id="two hundred", marks=pytest.mark.long)]


def numbers(count):
    """So many different texts: every kind of answer, and every tenth is no number."""
    known = [EXPOSED, SEVEN, BOTH, *MISSED, ONE, THREE, *FILLING]
    return [number[:9] if turn % 10 == 9 else number for turn, number in enumerate(known[:count])]


def found_in(data, asked):
    """The numbers of `asked` of which these bytes hold seven digits in a row."""
    runs = {re.sub(rb"[^0-9]", b"", run).decode() for run in DIGITS.findall(data)}
    return [one for one in asked if any(one in run or run in one for run in runs)]


@pytest.fixture
def elsewhere(front):
    return front(Sink())


@pytest.mark.parametrize("count", PEOPLE)
def test_nothing_of_one_is_left_for_the_next(proxy, elsewhere, channel_key, tmp_path, count):
    engine = start(DEBIANS, tmp_path / "browser", elsewhere.address)
    asked = numbers(count)
    try:
        kiosk = Kiosk(engine, proxy)
        kiosk.open()
        kinds, pages = set(), set()
        for turn, number in enumerate(asked):
            kinds.add(kiosk.use(number, turn))
            left = kiosk.leave(turn)
            assert not [part for part in traces(number) if part in left], turn
            pages.add(left)
        assert len(kinds) >= 5, kinds
        assert len(pages) == 1, (len(pages), different(pages))
        assert not kiosk.complaints()
        assert_nothing_comes_back(engine)
        assert_forgotten(kiosk, asked)
    finally:
        engine.close()
    assert_profile_has_none(tmp_path / "browser", asked)
    assert not numbers_in(kiosk.typed[:20], channel_key, b"\0\0".join(one.raw for one in proxy.recorded))
    assert_blinded_afresh([proxy])
    assert not elsewhere.strangers(), elsewhere.strangers()


def different(pages):
    """Where the first two of several different pages differ."""
    one, other = sorted(pages)[:2]
    at = next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return one[max(0, at - 60) : at + 60], other[max(0, at - 60) : at + 60]


def assert_nothing_comes_back(engine):
    """Neither by undoing, nor by going back, nor by a reload."""
    engine.click("#number")
    for _ in range(3):
        engine.undo()
    assert engine.run("return document.getElementById('number').value") == ""
    assert engine.run("return history.length") <= 3, "about:blank, and the page"
    engine.run("self.former = true; location.reload()")
    engine.until("return !self.former && document.getElementById('keypad') !== null", what="the kiosk again")
    assert engine.run("return document.getElementById('number').value") == ""
    engine.run("document.getElementById('number').blur()")


def assert_forgotten(kiosk, asked):
    """The page reaches none of the numbers in its memory, nor does its one worker. While one is shown, the page does."""
    engine = kiosk.engine
    kiosk.check(EXPOSED)
    assert EXPOSED in found_in(json.dumps(engine.heap_strings()).encode(), [EXPOSED])
    former, _ = only_worker(engine)
    kiosk.leave(1)
    _, session_of_worker = only_worker(engine, other_than=former)
    for session in (None, session_of_worker):
        strings = engine.heap_strings(session)
        assert len(strings) > 1000
        held = [(one, at) for at in strings for one in found_in(at.encode(), asked)]
        assert not held, ("the worker" if session else "the page", held)


def only_worker(engine, other_than=None):
    """The one worker that the page has, once it is another than the former one: its name, and its session."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        found = [(name, session) for url, name, session in engine.workers() if url.endswith("/worker.js")]
        if len(found) == 1 and found[0][0] != other_than:
            return found[0]
        time.sleep(0.03)
    raise AssertionError(found)


def assert_profile_has_none(folder, asked):
    """No file that the browser wrote, neither history nor entries of forms, has a number."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "History" for path in files), "the profile has a history"
    found = {str(path.relative_to(folder)): found_in(path.read_bytes(), asked) for path in files}
    assert not {name: which for name, which in found.items() if which}
