"""Epochs on `platform`: slots grow within an epoch, and a rotation is announced and leaves 14 days."""

from datetime import timedelta

import pytest
from tuf.api.metadata import Metadata

from pilookup.custody import epochs
from pilookup.custody.publish.publish import publish, rotate
from pilookup.protocol.buckets import Geometry
from tests.support.custody.channel import NOW, NUMBERS, initialised, look_up, manifests, quiet
from tests.support.custody.home import run_load, write_csv


@pytest.fixture
def path(tmp_path, at):
    initialised(tmp_path / "home")
    session = at(tmp_path / "home")
    run_load(session, [write_csv(tmp_path / "a.csv", NUMBERS)], "leak")
    session.control.close()
    return tmp_path / "home"


def load_more(session, folder, count, start):
    numbers = [f"137{start + i:08}" for i in range(count)]
    run_load(session, [write_csv(folder / f"{start}.csv", numbers)], f"more-{start}")
    return numbers[-1]


def custom(session, epoch):
    repository = session.repository("platform")
    name = max((path.name for path in repository.metadata.glob("*.targets.json")), key=lambda n: int(n.split(".")[0]))
    targets = Metadata.from_bytes(repository.read(name)).signed.targets
    return targets[f"epochs/{epoch}/manifest.json"].custom


def test_data_that_grow_tenfold_in_five_publishes_stay_in_one_epoch(at, path, tmp_path):
    session = at(path)
    publish(session, "platform", quiet)
    first = manifests(session, "platform")[0]
    entries, start = first.entries, 0
    for factor in (1.6, 2.5, 4, 6.3, 10):
        more = int(len(NUMBERS) * factor) - (entries - first.entries) - len(NUMBERS)
        last = load_more(session, tmp_path, more, start)
        start += more
        done = publish(session, "platform", quiet)
        assert (done.epoch, done.rotated, done.ended) == (1, False, ())
        manifest = manifests(session, "platform")[0]
        entries = manifest.entries
        assert manifest.geometry.bits == first.geometry.bits
        assert manifest.geometry.slots <= 8 * first.geometry.slots
        for number in (NUMBERS[0], last):
            ((label, held),) = look_up(session, number, "platform")
            assert label is not None
            assert held
    assert entries >= 9.5 * first.entries
    assert session.control.epochs("platform")[0].first_slots == first.geometry.slots


def test_more_than_eight_times_the_first_slots_begins_a_new_epoch(at, path, tmp_path):
    session = at(path)
    publish(session, "platform", quiet)
    slots = manifests(session, "platform")[0].geometry.slots
    load_more(session, tmp_path, 8 * slots + 10, 0)
    done = publish(session, "platform", quiet)
    assert (done.epoch, done.rotated) == (2, True)
    assert [ended.epoch for ended in done.ended] == [1]
    assert "too few slots" in done.ended[0].reason


def test_slots_of_public_stay_fixed(at, path, tmp_path):
    session = at(path)
    publish(session, "public", quiet)
    load_more(session, tmp_path, 600, 0)
    assert publish(session, "public", quiet).rotated


def test_a_rotation_of_platform_is_announced_and_both_epochs_follow_the_vault_for_14_days(at, path, tmp_path):
    session = at(path)
    publish(session, "platform", quiet)
    assert custom(session, 1)["rotates_on"] == (NOW + timedelta(days=166)).date().isoformat()
    day = NOW + timedelta(days=165, hours=23)
    assert not publish(at(path, day), "platform", quiet).rotated
    day += timedelta(hours=1)
    session = at(path, day)
    done = publish(session, "platform", quiet)
    assert (done.epoch, done.rotated) == (2, True)
    _, former = session.repository("platform").listed()
    assert former.serves_until == day + timedelta(days=14) == NOW + timedelta(days=180)
    assert "rotates_on" not in custom(session, 1)
    assert custom(session, 2)["rotates_on"] == (day + timedelta(days=166)).date().isoformat()
    last = load_more(session, tmp_path, 600, 0)
    session = at(path, day + timedelta(days=13))
    publish(session, "platform", quiet)
    assert [label is not None for label, _ in look_up(session, last, "platform")] == [True, True]
    assert [manifest.epoch for manifest in manifests(session, "platform")] == [2, 1]
    session = at(path, day + timedelta(days=14))
    publish(session, "platform", quiet)
    assert [epoch.epoch for epoch in session.repository("platform").listed()] == [2]


def test_after_a_compromise_there_is_no_grace(at, path):
    session = at(path)
    publish(session, "platform", quiet)
    rotate(session, "platform", quiet, compromised=True)
    assert [epoch.epoch for epoch in session.repository("platform").listed()] == [2]


def test_public_announces_nothing_and_lasts_180_days(at, path):
    session = at(path)
    publish(session, "public", quiet)
    assert epochs.rotates_on(epochs.current(session, "public")) is None
    assert not publish(at(path, NOW + timedelta(days=179)), "public", quiet).rotated
    assert publish(at(path, NOW + timedelta(days=180)), "public", quiet).rotated


@pytest.mark.parametrize(
    ("entries", "most", "slots"),
    [(600, 4000, 920), (100, 4000, 512), (600, 600, 600), (600, 504, None), (600, 0, None)],
)
def test_grown_geometry(entries, most, slots):
    grown = Geometry(0, 504).grown(entries, most)
    assert grown == (Geometry(0, slots) if slots else None)
