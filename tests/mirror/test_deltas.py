"""A sync takes a delta where it is smaller than the whole, and the whole wherever the delta leads nowhere."""

import pytest

from pilookup import Client, Mirror
from pilookup.protocol.delta import delta_name
from tests.mirror.conftest import NUMBER
from tests.support.checking.numbers import HIT, LABEL
from tests.support.checking.server import Answer, Host
from tests.support.checking.static_channel import StaticChannel

ADDED = b"tel:+8613900139001"


@pytest.fixture
def publisher():
    publisher = StaticChannel(deltas=True)
    publisher.publish({NUMBER: LABEL})
    return publisher


@pytest.fixture
def second(publisher, sync):
    """A mirror at serial 1 of a host at serial 2."""
    sync()
    publisher.publish({NUMBER: LABEL, ADDED: LABEL}, serial=2)


def asked(host, begun=0):
    return [one.path.rsplit(".", 2)[1] for one in host.asked[begun:] if "/targets/" in one.path]


def assert_synced(host, folder, outcome, deltas, serial=2):
    assert (outcome.serial, outcome.deltas) == (serial, deltas)
    (path,) = folder.rglob("*.buckets.bin")
    assert path.read_bytes() == host.publisher.buckets[serial].slots
    assert not (folder / "partial").exists()
    with Client(host.url, "public", host.publisher.pin, mirror=folder) as client:
        assert [one.status for one in client.check_many([HIT, "13900139001"])] == ["found", "found"]


def test_a_delta_is_taken(host, publisher, folder, second, sync):
    begun = len(host.asked)
    outcome = sync()
    assert_synced(host, folder, outcome, deltas=1)
    assert set(asked(host, begun)) == {"manifest", delta_name(1).removesuffix(".bin")}
    manifest, delta = publisher.files[1]["manifest.json"], publisher.files[1][delta_name(1)]
    assert outcome.fetched == len(manifest) + len(delta)
    assert len(delta) == 84 + 36


def test_deltas_follow_one_another(host, publisher, folder, second, sync):
    for serial in range(2, 6):
        assert_synced(host, folder, sync(), deltas=1, serial=serial)
        publisher.publish({NUMBER: LABEL, ADDED: LABEL, b"tel:+861390013910%d" % serial: LABEL}, serial=serial + 1)


def test_the_whole_is_fetched_after_a_serial_that_was_missed(host, publisher, folder, second, sync):
    publisher.publish({NUMBER: LABEL, ADDED: LABEL, b"tel:+8613900139002": LABEL}, serial=3)
    assert_synced(host, folder, sync(), deltas=0, serial=3)


def test_the_whole_is_fetched_in_a_new_epoch(host, publisher, folder, sync):
    sync()
    publisher.publish({NUMBER: LABEL, ADDED: LABEL}, epoch=2, serial=2)
    assert_synced(host, folder, sync(), deltas=0)


@pytest.mark.parametrize("change", [lambda data: data[:-1] + b"\0", lambda data: data[:50], lambda data: b"",
                                    lambda data: None])  # fmt: skip
def test_the_whole_is_fetched_if_the_host_damages_the_delta(host, folder, second, sync, change):
    def twist(asked, answer):
        if "delta-" not in asked.path:
            return answer
        changed = change(answer.body)
        return Answer(404) if changed is None else Answer(206, changed, answer.headers)

    host.twist = twist
    assert_synced(host, folder, sync(), deltas=0)


def test_the_whole_is_fetched_if_the_signed_delta_leads_elsewhere(host, publisher, folder, sync):
    sync()
    publisher.deltas = False
    publisher.more = {delta_name(1): b"PLKD and nothing that follows"}
    publisher.publish({NUMBER: LABEL, ADDED: LABEL}, serial=2)
    assert_synced(host, folder, sync(), deltas=0)


def test_the_whole_is_fetched_if_the_mirrors_buckets_are_damaged(host, folder, second, sync):
    (path,) = folder.rglob("*.buckets.bin")
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    assert_synced(host, folder, sync(), deltas=0)


def test_a_delta_that_is_larger_than_the_whole_is_not_taken(host, publisher, folder, sync):
    sync()
    publisher.deltas = False
    publisher.more = {delta_name(1): bytes(9000)}
    publisher.publish({NUMBER: LABEL, ADDED: LABEL}, serial=2)
    begun = len(host.asked)
    assert_synced(host, folder, sync(), deltas=0)
    assert not [name for name in asked(host, begun) if "delta" in name]


def test_a_mirror_serves_no_deltas_and_the_next_one_takes_the_whole(host, publisher, folder, second, sync, tmp_path):
    Mirror(tmp_path / "next").sync(host.url, channel="public", trust=publisher.pin, at_least=2)
    again = StaticChannel()
    again.metadata = {path.name: path.read_bytes() for path in (tmp_path / "next" / "metadata").iterdir()}
    targets = tmp_path / "next" / "targets"
    again.targets = {str(p.relative_to(targets)): p.read_bytes() for p in targets.rglob("*") if p.is_file()}
    assert not [path for path in again.targets if "delta" in path]
    relay = Host(again)
    try:
        assert_synced(host, folder, sync(url=relay.url), deltas=0)
    finally:
        relay.close()


def test_a_killed_delta_goes_on(host, publisher, folder, second, sync, monkeypatch):
    """What a killed sync leaves of a delta and of the buckets that it makes is used, or removed."""
    partial = folder / "partial"
    partial.mkdir()
    (partial / "made").write_bytes(b"half of the buckets")
    (partial / "of another release").write_bytes(b"x")
    assert_synced(host, folder, sync(), deltas=1)
