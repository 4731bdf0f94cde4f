"""Pinned roots, first contact, and the state directory."""

import multiprocessing
import os
import stat
import warnings
from hashlib import sha256

import pytest

from pilookup import Client, durable
from pilookup.checking.deadline import Deadline
from pilookup.checking.state import State, TrustOnFirstUse, default_directory
from pilookup.errors import TrustError
from tests.support.checking.asking import assert_unknown, on
from tests.support.checking.numbers import HIT, LABEL
from tests.support.checking.publisher import Publisher
from tests.support.checking.server import Answer


def test_a_root_from_a_file(host, client_at, tmp_path):
    pin = tmp_path / "trust-public.json"
    pin.write_bytes(host.publisher.pin)
    assert client_at(trust=pin).check(HIT).status == "found"
    assert client_at(trust=str(pin)).check(HIT).status == "found"


def test_a_rotated_root_is_followed(host, client_at):
    assert client_at().check(HIT).status == "found"
    old = host.publisher.signers["root"]
    host.publisher.signers = {role: Publisher().signers[role] for role in host.publisher.signers}
    host.publisher.sign_root(2, signers=[*old[:2], *host.publisher.signers["root"][:2]])
    host.publisher.publish({b"tel:+8613800138000": LABEL}, serial=2)
    assert client_at().check(HIT).status == "found"


def test_first_contact_is_announced_and_remembered(host, client_at):
    with pytest.warns(TrustOnFirstUse, match=sha256(host.publisher.pin).hexdigest()):
        assert client_at(trust=None).check(HIT).status == "found"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert client_at(trust=None).check(HIT).status == "found"
    host.publisher = Publisher()
    host.publisher.publish({b"tel:+8613800138000": LABEL}, serial=9)
    assert_unknown(client_at(trust=None), "bad_signature")


def test_a_first_contact_that_cannot_be_verified_is_not_remembered(host, client_at):
    honest = host.publisher
    host.publisher = Publisher()
    host.publisher.metadata["timestamp.json"] = honest.metadata["timestamp.json"]
    assert_unknown(client_at(trust=None), "bad_signature")
    host.publisher = honest
    with pytest.warns(TrustOnFirstUse):
        assert client_at(trust=None).check(HIT).status == "found"


@pytest.mark.parametrize("junk", [b"", b"{}", b"<html>"])
def test_a_first_contact_with_bytes_that_are_not_a_root(junk, host, client_at):
    host.twist = on("root.json", lambda asked, answer: Answer(body=junk))
    assert_unknown(client_at(trust=None), "bad_response")


def test_a_first_contact_with_a_root_that_its_own_keys_do_not_sign(host, client_at):
    host.publisher.sign_root(1, signers=host.publisher.signers["root"][:1])
    assert_unknown(client_at(trust=None), "bad_signature")


def test_a_given_root_wins_over_a_remembered_one(host, client_at):
    with pytest.warns(TrustOnFirstUse):
        client_at(trust=None).check(HIT)
    other = Publisher()
    assert_unknown(client_at(trust=other.pin), "bad_signature")
    host.publisher = other
    other.publish({b"tel:+8613800138000": LABEL}, serial=1)
    assert client_at(trust=other.pin).check(HIT).status == "found"


def test_what_was_seen_under_one_root_says_nothing_under_another(host, client_at):
    host.publisher.publish({}, serial=50)
    assert client_at().check(HIT).status == "not_found"
    host.publisher = Publisher()
    host.publisher.publish({b"tel:+8613800138000": LABEL}, serial=1)
    assert client_at().check(HIT).status == "found"


def test_everything_kept_is_private_and_holds_no_number(host, client_at, tmp_path):
    old = os.umask(0)
    try:
        client_at().check(HIT)
    finally:
        os.umask(old)
    kept = list((tmp_path / "state").rglob("*"))
    assert len(kept) > 5
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    for path in kept:
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.parent == tmp_path / "state":
            assert mode == 0o700
        if path.is_file():
            assert b"13800138000" not in path.read_bytes()


def test_a_state_directory_that_cannot_be_made(client_at, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TrustError, match="cannot keep trust state") as caught:
        client_at(state_dir=tmp_path / "file")
    assert caught.value.reason == "no_state"


def test_state_that_vanishes_or_is_garbled_is_no_state(host, client_at, tmp_path):
    client = client_at()
    client.check(HIT)
    (serial,) = (tmp_path / "state").rglob("serial")
    for junk in (b"", b"-1", b"\xff", b"seven"):
        serial.write_bytes(junk)
        assert_unknown(client_at(), "no_state")
    serial.unlink()
    serial.mkdir()
    assert_unknown(client_at(), "no_state")


def test_garbled_tuf_files_are_fetched_again(host, client_at, tmp_path):
    client_at().check(HIT)
    for path in [*(tmp_path / "state").rglob("metadata/*.json"), *(tmp_path / "state").rglob("targets/*")]:
        if path.is_file() and not path.is_symlink():
            path.write_bytes(b"garbled")
    assert client_at().check(HIT).status == "found"


def test_the_default_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_directory() == tmp_path / "pilookup"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_directory() == tmp_path / ".local" / "state" / "pilookup"
    Client("https://pilookup.example")
    assert default_directory().is_dir()


def test_the_lock_keeps_others_out(tmp_path):
    one = State(tmp_path, "https://pilookup.example", "public")
    context = multiprocessing.get_context("spawn")
    with one.lock(Deadline.after(60)):
        other = context.Process(target=_locked, args=(tmp_path,))
        other.start()
        other.join(3.0)
        assert other.exitcode is None
    other.join(20)
    assert other.exitcode == 0


def _locked(directory):
    with State(directory, "https://pilookup.example", "public").lock(Deadline.after(60)):
        pass


def test_processes_share_a_state_directory(host, tmp_path):
    context = multiprocessing.get_context("spawn")
    options = {"trust": host.publisher.pin, "state_dir": tmp_path / "shared"}
    with context.Pool(4) as pool:
        answers = pool.starmap(_ask, [(host.url, options)] * 8)
    assert answers == ["found"] * 8


def _ask(url, options):
    with Client(url, **options) as client:
        return str(client.check(HIT).status)


def test_files_are_replaced_as_a_whole(tmp_path, monkeypatch):
    kept = State(tmp_path, "u", "c").for_root(b"root")
    old = kept.read()
    assert kept.swap(old, {"serial": b"41"})

    def torn(_):
        raise OSError("power cut")

    monkeypatch.setattr(durable.os, "fsync", torn)
    with pytest.raises(OSError, match="power cut"):
        kept.swap({"serial": b"41"}, {"serial": b"42"})
    assert kept.read() == {"serial": b"41"}
