"""Answers from a mirror: one blind evaluation, and a look into a verified local bucket."""

import asyncio
import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from tuf.api.metadata import Root

from pilookup import AsyncClient, Client, MirrorError, TrustError
from pilookup.checking.mirror import directory, source
from pilookup.protocol.oprf import SecretKey
from tests.mirror.conftest import NUMBER
from tests.support.checking.numbers import HIT, LABEL, MISS
from tests.support.checking.server import Answer, Host
from tests.support.checking.static_channel import StaticChannel


class Async:
    """Calls an AsyncClient by the methods of Client."""

    def __init__(self, *args, **options):
        self.client = AsyncClient(*args, **options)
        self._loop = asyncio.new_event_loop()

    def check(self, text):
        return self._loop.run_until_complete(self.client.check(text))

    def check_many(self, texts):
        return self._loop.run_until_complete(self.client.check_many(texts))

    def close(self):
        self._loop.run_until_complete(self.client.close())
        self._loop.close()


@pytest.fixture(params=[pytest.param(kind, marks=pytest.mark.sampled("client_at")) for kind in (Client, Async)])
def client_at(request, host, folder, tmp_path):
    made = []

    def make(**options):
        options = {"mirror": folder, "state_dir": tmp_path / "state", "timeout": 20.0} | options
        made.append(request.param(host.url, "public", options.pop("trust", host.publisher.pin), **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


def assert_unknown(result, reason, text=""):
    assert (result.status, result.reason) == ("unknown", reason), result
    assert text in (result.detail or "")


def requests(host, begun):
    """Everything that the host was sent, but for the blinded elements themselves, which are random."""
    return [(one.method, one.path, one.headers, len(one.body)) for one in host.asked[begun:]]


def test_a_hit_and_a_miss_look_alike(host, publisher, sync, client_at):
    """All requests to the evaluator and to the mirror's host, which is another server, are recorded for both."""
    files = Host(publisher)
    try:
        sync(url=files.url)
        synced = len(files.asked)
        client = client_at()
        assert client.check(HIT).status == "found"  # with a canary: two elements
        seen = []
        for text, status in ((HIT, "found"), (MISS, "not_found"), (HIT, "found"), (MISS, "not_found")):
            begun = len(host.asked)
            assert client.check(text).status == status
            seen.append(requests(host, begun))
        assert seen[0] == seen[1] == seen[2] == seen[3]
        assert [(method, path) for method, path, _, _ in seen[0]] == [("POST", "/v1/channels/public/evaluate?epoch=1")]
        assert len(files.asked) == synced
        assert len({one.body for one in host.evaluations()}) == len(host.evaluations())
    finally:
        files.close()


def test_first_checks_look_alike_too(host, sync, client_at):
    sync()
    seen = []
    for text in (HIT, MISS):
        begun = len(host.asked)
        client_at().check(text)
        seen.append(requests(host, begun))
    assert seen[0] == seen[1]
    assert [size for *_, size in seen[0]] == [64]


def test_the_evaluators_key_goes_to_the_evaluator_alone(host, publisher, sync, client_at):
    host.token = "evaluator-key"
    files = Host(publisher)
    files.token = "mirror-key"
    try:
        sync(url=files.url, token="mirror-key")
        assert client_at(token="evaluator-key").check(HIT).status == "found"
        assert {one.headers["authorization"] for one in files.asked} == {"Bearer mirror-key"}
        assert {one.headers["authorization"] for one in host.asked} == {"Bearer evaluator-key"}
    finally:
        files.close()


def test_many_numbers_of_one_call(host, sync, client_at):
    sync()
    texts = [HIT, *(f"139001390{last:02}" for last in range(70))]
    assert [one.status for one in client_at().check_many(texts)] == ["found"] + ["not_found"] * 70
    assert len(host.evaluations()) == 1


def test_no_state_directory_is_needed_or_made(sync, client_at, tmp_path):
    sync()
    assert client_at().check(HIT).status == "found"
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("empty", [True, False])
def test_a_missing_mirror_is_unknown(host, folder, client_at, empty):
    if empty:
        folder.mkdir()
    client = client_at()
    for text in (HIT, MISS):
        assert_unknown(client.check(text), "no_mirror", "run `pilookup sync`")
    assert not host.asked


@pytest.mark.parametrize("seconds", [86_401, -60])
def test_a_mirror_that_is_too_old_is_unknown(monkeypatch, host, sync, client_at, seconds):
    sync()
    client = client_at()
    assert client.check(MISS).status == "not_found"
    begun, later = len(host.asked), directory.now() + timedelta(seconds=seconds)
    monkeypatch.setattr(directory, "now", lambda: later)
    for text in (HIT, MISS):
        assert_unknown(client.check(text), "stale", "clock" if seconds < 0 else "pilookup sync")
        assert_unknown(client_at().check(text), "stale")
    assert len(host.asked) == begun


def test_the_greatest_age_is_the_callers(monkeypatch, sync, client_at):
    sync()
    later = directory.now() + timedelta(seconds=7200)
    monkeypatch.setattr(directory, "now", lambda: later)
    assert client_at(max_age=7300).check(HIT).status == "found"
    assert_unknown(client_at(max_age=7100).check(HIT), "stale")


@pytest.mark.parametrize("life", ["timestamp", "targets", "snapshot", "root", "epoch"])
def test_a_release_that_expires_after_the_sync_is_unknown(monkeypatch, publisher, sync, client_at, life):
    setattr(publisher.life, life, timedelta(hours=1))
    publisher.sign_root(1)
    publisher.publish({NUMBER: LABEL}, serial=2)
    sync()
    client = client_at()
    assert client.check(MISS).status == "not_found"

    class Later(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) + timedelta(hours=2)

    monkeypatch.setattr(source, "datetime", Later)
    assert_unknown(client.check(MISS), "stale")
    assert_unknown(client_at().check(MISS), "stale")


def test_a_sync_is_taken_up_by_the_next_check(host, publisher, sync, client_at):
    sync()
    client = client_at()
    assert client.check("13900139001").status == "not_found"
    publisher.publish({NUMBER: LABEL, b"tel:+8613900139001": LABEL}, serial=2)
    assert client.check("13900139001").status == "not_found"
    sync()
    assert client.check("13900139001").status == "found"
    assert client.check(HIT).status == "found"


def test_an_older_copy_of_the_mirror_is_refused(publisher, folder, sync, client_at, tmp_path):
    sync()
    shutil.copytree(folder, tmp_path / "copy")
    publisher.publish({NUMBER: LABEL}, serial=2)
    sync()
    client = client_at()
    assert client.check(HIT).status == "found"
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "copy", folder)
    assert_unknown(client.check(HIT), "rolled_back")


def test_epochs_that_change_under_a_mirror(host, publisher, folder, sync, client_at):
    """The mirror is at epoch 1 while the evaluator serves 1 and 2, then 2 alone; then the mirror is synced."""
    sync()
    client = client_at()
    publisher.served = (2, 1)
    publisher.publish({NUMBER: LABEL}, epoch=2, serial=2)
    assert client.check(HIT).status == "found"
    assert client.manifest.epoch == 1 if isinstance(client, Client) else True
    ended = publisher.keys.pop(1)
    begun = len(host.asked)
    for text in (HIT, MISS):
        assert_unknown(client.check(text), "retired")
    assert all("/evaluate" in one.path for one in host.asked[begun:])
    sync()
    assert client.check(HIT).status == "found"
    assert client.check(MISS).status == "not_found"
    assert {one.path for one in host.evaluations()[-2:]} == {"/v1/channels/public/evaluate?epoch=2"}
    assert ended is not publisher.keys[2]


def damage(folder, name, change):
    (path,) = folder.rglob(f"*.{name}")
    path.write_bytes(change(path.read_bytes()))


def test_each_look_up_verifies_its_bucket(folder, sync, client_at):
    """A byte of every bucket is changed after the first check, while the client has the file open."""
    sync()
    client = client_at()
    assert client.check(HIT).status == "found"
    damage(folder, "buckets.bin", lambda data: bytes(255 - byte if not at % 2048 else byte
                                                     for at, byte in enumerate(data)))  # fmt: skip
    for text in (HIT, MISS):
        assert_unknown(client.check(text), "bad_bucket")


def test_buckets_that_were_emptied_are_not_a_miss(folder, sync, client_at):
    sync()
    client = client_at()
    assert client.check(HIT).status == "found"
    damage(folder, "buckets.bin", lambda data: bytes(len(data)))
    assert_unknown(client.check(HIT), "bad_bucket")
    damage(folder, "buckets.bin", lambda data: data[:100])
    assert_unknown(client.check(HIT), "bad_bucket")
    assert_unknown(client_at().check(HIT), "bad_snapshot")


@pytest.mark.parametrize("name", ["tree.bin", "manifest.json", "targets.json", "1.snapshot.json", "timestamp.json"])
def test_a_damaged_mirror_is_unknown(folder, sync, client_at, name):
    sync()
    for path in folder.rglob(f"*{name}"):
        if "trust" not in path.parts:
            path.write_bytes(path.read_bytes()[:-40] + bytes(40))
    result = client_at().check(MISS)
    assert result.status == "unknown"
    assert result.reason in ("bad_snapshot", "bad_signature")


def test_a_mirror_under_another_root_is_refused(sync, client_at):
    sync()
    other = StaticChannel()
    other.publish({NUMBER: LABEL})
    assert_unknown(client_at(trust=other.pin).check(HIT), "bad_signature")


def test_a_wrong_evaluator_is_found_out(publisher, sync, client_at):
    sync()
    publisher.keys[1] = SecretKey.generate()
    assert_unknown(client_at().check(MISS), "bad_proof")


@pytest.mark.parametrize("text", ["{}", "", "[1]", '{"format":2}'])
def test_a_damaged_synced_json_is_unknown_until_the_next_sync(folder, sync, client_at, text):
    sync()
    (folder / "synced.json").write_text(text)
    client = client_at()
    assert_unknown(client.check(MISS), "bad_snapshot")
    sync()
    assert client.check(MISS).status == "not_found"


def test_the_network_in_place_of_a_mirror_that_cannot_be_used(host, publisher, folder, sync, client_at):
    """Only where the caller has asked for it, and only until the mirror can be used again."""
    client = client_at(mirror_or_network=True)
    assert client.check(HIT).status == "found"
    assert host.paths("/buckets/")
    sync()
    expire(client)
    begun = len(host.asked)
    assert client.check(HIT).status == "found"
    assert client.check(MISS).status == "not_found"
    assert all("/evaluate" in one.path for one in host.asked[begun:])
    publisher.publish({NUMBER: LABEL}, epoch=2, serial=2)
    publisher.keys.pop(1)
    assert client.check(HIT).status == "found"
    assert host.evaluations()[-1].path.endswith("epoch=2")
    host.twist = lambda asked, answer: Answer(503)
    expire(client)
    assert client.check(MISS).status == "unknown"


def expire(client):
    """Let what the client knows of the network count as no longer fresh."""
    client = client.client if isinstance(client, Async) else client
    client._mirror._network._verified_at = (-1e9, -1e9)


@pytest.mark.parametrize("options", [{"trust": None}, {"max_age": 0}, {"max_age": float("nan")}])
def test_arguments_that_are_not_valid(client_at, options):
    with pytest.raises(ValueError, match=":"):
        client_at(**options)


def test_what_a_mirror_holds_of_itself(folder, sync):
    sync()
    held = json.loads((folder / "synced.json").read_bytes())
    assert (held["channel"], held["epoch"], held["serial"]) == ("public", 1, 1)
    assert datetime.fromisoformat(held["synced_at"]) <= datetime.now(UTC)


class SandboxChannel(StaticChannel):
    """A channel whose roots are marked as those of a sandbox from `marked` on."""

    marked = 1

    def sign(self, signed, signers):
        if isinstance(signed, Root) and signed.version >= self.marked:
            signed.unrecognized_fields["sandbox"] = "fictional data"
        return super().sign(signed, signers)


@pytest.fixture(params=[1, 2])
def sandbox(request, monkeypatch, host):
    """The host serves a sandbox, whose first root is marked or only its second one."""
    monkeypatch.setattr(SandboxChannel, "marked", request.param)
    host.publisher = SandboxChannel()
    host.publisher.publish({NUMBER: LABEL})
    return host.publisher


def test_a_sandbox_is_taken_only_if_asked_for(sandbox, folder, sync, client_at):
    if sandbox.marked == 1:
        with pytest.raises(TrustError, match="of a sandbox"):
            sync()
        sync(sandbox=True)
        with pytest.raises(TrustError, match="of a sandbox"):
            client_at()
        assert client_at(sandbox=True).check(HIT).status == "found"
    else:
        sync()
        client = client_at()
        assert client.check(HIT).status == "found"
        sandbox.sign_root(2)
        with pytest.raises(MirrorError, match="of a sandbox"):
            sync()
        (folder / "metadata" / "2.root.json").write_bytes(sandbox.metadata["2.root.json"])
        (folder / "metadata" / "root.json").write_bytes(sandbox.metadata["2.root.json"])
        assert_unknown(client_at().check(HIT), "bad_response", "of a sandbox")
