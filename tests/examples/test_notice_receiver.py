"""The receiver of notices in examples/platform takes what `pilookup notify` sends, and nothing else."""

import asyncio
import importlib.util
import time
from base64 import b64encode

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pilookup_server.notify.message import Message
from pilookup_server.notify.secret_key import secret_text

from pilookup import MirrorError
from tests.support.docs.documents import ROOT
from tests.support.server.notice_examples import made_notice

PATH = ROOT / "examples" / "platform" / "notice_receiver.py"
SECRET = b"s" * 32


@pytest.fixture(scope="module")
def program():
    spec = importlib.util.spec_from_file_location("notice_receiver", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Syncs(list):
    """The serials that were asked for; the first `fail` of them fail."""

    fail = 0

    async def __call__(self, serial):
        self.append(serial)
        if len(self) <= self.fail:
            raise MirrorError("below_serial", "the host has not got it yet")


@pytest.fixture
def syncs():
    return Syncs()


@pytest.fixture
def http(program, syncs):
    with TestClient(program.create_app(secret_text(SECRET), syncs, retry_seconds=0.01)) as http:
        yield http


def sent(http, serial, *, channel="platform", secret=SECRET, at=None, **headers):
    message = Message.of(made_notice(serial, channel), "", secret, int(at or time.time()))
    return http.post("/pilookup", content=message.body, headers=dict(message.headers) | headers).status_code


def reached(http, syncs, serials):
    end = time.monotonic() + 60
    while syncs != serials:
        assert time.monotonic() < end, syncs
        http.portal.call(asyncio.sleep, 0.01)


def test_a_notice_starts_a_sync_and_a_repetition_or_an_older_one_none(http, syncs):
    assert [sent(http, serial) for serial in (5, 5, 4)] == [204] * 3
    reached(http, syncs, [5])
    assert sent(http, 6) == 204
    reached(http, syncs, [5, 6])


def test_a_sync_that_fails_is_repeated(http, syncs):
    syncs.fail = 2
    assert sent(http, 5) == 204
    reached(http, syncs, [5, 5, 5])


def test_notices_of_other_channels_are_acknowledged(http, syncs):
    assert sent(http, 5, channel="public") == 204
    assert sent(http, 6) == 204
    reached(http, syncs, [6])


def test_what_is_not_signed_is_refused(http, syncs):
    assert sent(http, 5, secret=b"t" * 32) == 401
    assert sent(http, 5, at=time.time() - 3600) == 401
    assert sent(http, 5, **{"webhook-id": "platform-6"}) == 401
    assert http.post("/pilookup", content=b"{}").status_code == 401
    assert http.post("/pilookup", content=b"x" * (2 << 20)).status_code == 413
    assert syncs == []


@given(st.binary(max_size=30), st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20))
@settings(max_examples=30, deadline=None)
def test_no_request_makes_it_fail(http, body, text):
    signature = b64encode(text.encode()).decode()
    for value in (text, f"v1,{text}", f"v1,{signature}", f"v2,{signature}"):
        headers = {"webhook-id": "x", "webhook-timestamp": text or "0", "webhook-signature": value}
        assert http.post("/pilookup", content=body, headers=headers).status_code == 401
        headers["webhook-timestamp"] = str(int(time.time()))
        assert http.post("/pilookup", content=body, headers=headers).status_code == 401
