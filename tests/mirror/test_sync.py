"""A sync leaves a whole, verified release, and fetches nothing twice."""

import os
from datetime import timedelta
from hashlib import sha256

import pytest

from pilookup import Mirror, MirrorError
from pilookup.checking.mirror import directory
from pilookup.protocol.filter import Algorithm, Role, file_name
from pilookup.protocol.label import Kind
from pilookup.release_files.local_release import open_release
from tests.mirror.conftest import NUMBER
from tests.support.checking.numbers import LABEL
from tests.support.checking.server import Answer, Host
from tests.support.checking.static_channel import StaticChannel


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def fetched(host, name):
    return [asked for asked in host.asked if asked.path.endswith(name)]


def test_a_mirror_has_the_release_as_the_publisher_lays_it_out(host, publisher, folder, sync):
    outcome = sync()
    assert (outcome.serial, outcome.epoch, outcome.changed, outcome.files) == (1, 1, True, 2)
    assert outcome.size == sum(map(len, publisher.files[1].values()))
    assert outcome.fetched == outcome.size - len(publisher.files[1]["tree.bin"])
    for path, data in publisher.targets.items():
        assert (folder / "targets" / path).read_bytes() == data
    for name, data in publisher.metadata.items():
        assert (folder / "metadata" / name).read_bytes() == data
    mirror = Mirror(folder)
    assert (mirror.serial, mirror.epoch, mirror.is_stale()) == (1, 1, False)


def test_a_mirror_is_a_host_for_the_next_one(publisher, folder, sync, tmp_path):
    sync()
    second = StaticChannel()
    second.metadata = {path.name: path.read_bytes() for path in (folder / "metadata").iterdir()}
    second.targets = {
        str(path.relative_to(folder / "targets")): path.read_bytes()
        for path in (folder / "targets").rglob("*")
        if path.is_file()
    }
    host = Host(second)
    try:
        assert Mirror(tmp_path / "next").sync(host.url, channel="public", trust=publisher.pin).serial == 1
    finally:
        host.close()


def test_nothing_is_fetched_again_that_is_in_place(host, publisher, sync):
    sync()
    before = len(host.asked)
    again = sync()
    assert (again.changed, again.files, again.fetched) == (False, 0, 0)
    assert not [asked for asked in host.asked[before:] if "/targets/" in asked.path]


def test_a_new_serial_replaces_the_former_one(host, publisher, folder, sync):
    sync()
    publisher.publish({NUMBER: LABEL, b"tel:+8613900139001": LABEL}, serial=2)
    assert sync().changed
    kept = {path.split("/")[-1] for path in files(folder / "targets")}
    assert kept == {f"{sha256(data).hexdigest()}.{name}" for name, data in publisher.files[1].items()}
    assert files(folder / "metadata") == {
        "1.root.json", "root.json", "2.targets.json", "2.snapshot.json", "timestamp.json"
    }  # fmt: skip
    assert not list(folder.glob("partial/*"))


def test_a_former_epoch_is_kept_while_it_is_served_and_removed_after(publisher, folder, sync):
    sync()
    publisher.served = (2, 1)
    publisher.publish({NUMBER: LABEL}, epoch=2, serial=2)
    sync()
    assert {path.name for path in (folder / "targets" / "epochs").iterdir()} == {"1", "2"}
    publisher.sign_release((2,))
    sync()
    assert {path.name for path in (folder / "targets" / "epochs").iterdir()} == {"2"}


def test_an_open_reader_keeps_its_release(publisher, folder, sync):
    sync()
    reader = open_release(folder, publisher.pin, "public", directory.now()).newest
    first = publisher.buckets[1]
    publisher.publish({b"tel:+8613900139001": LABEL}, serial=2)
    sync()
    assert [reader.body(index) for index in range(4)] == [first.body(index) for index in range(4)]
    assert open_release(folder, publisher.pin, "public", directory.now()).newest.manifest.serial == 2


def test_filters_are_fetched_only_if_asked_for(publisher, folder, sync):
    publisher.more = {file_name(Kind.EXPOSURE, Role.BASE, Algorithm.FUSE16): b"a filter", "cases.json": b"{}"}
    publisher.publish({NUMBER: LABEL}, serial=2)
    sync()
    assert not list(folder.rglob("*.fuse16"))
    assert len(list(folder.rglob("*.cases.json"))) == 1
    sync(filters=True)
    assert [path.read_bytes() for path in folder.rglob("*.fuse16")] == [b"a filter"]


def test_a_host_that_has_not_got_a_serial_yet_is_told_apart(publisher, sync):
    with pytest.raises(MirrorError, match="serial 1, and not yet 2") as raised:
        sync(at_least=2)
    assert raised.value.reason == "below_serial"
    publisher.publish({NUMBER: LABEL}, serial=2)
    assert sync(at_least=2).serial == 2


def test_a_release_that_the_host_replaces_meanwhile_is_given_up(host, publisher, sync):
    def twist(asked, answer):
        if asked.path.endswith(".buckets.bin") and publisher.version == 1:
            former = list(publisher.targets)
            publisher.publish({b"tel:+8613900139001": LABEL}, serial=2)
            for path in former:
                publisher.targets.pop(path)
            return Answer(404)
        return answer

    host.twist = twist
    assert sync().serial == 2


def test_a_host_without_a_signed_file_is_named(host, sync):
    host.twist = lambda asked, answer: Answer(404) if asked.path.endswith(".buckets.bin") else answer
    with pytest.raises(MirrorError, match="status 404"):
        sync()


def test_a_mirror_is_of_one_channel(publisher, folder, sync):
    sync()
    other = StaticChannel("platform")
    other.publish({NUMBER: LABEL})
    host = Host(other)
    try:
        with pytest.raises(MirrorError, match="a mirror of the channel public") as raised:
            sync(url=host.url, channel="platform", trust=other.pin)
    finally:
        host.close()
    assert raised.value.reason == "other_channel"
    assert Mirror(folder).serial == 1


def test_only_one_sync_runs(folder, sync):
    sync()
    with directory.MirrorDirectory(folder).lock(), pytest.raises(MirrorError, match="another sync") as raised:
        sync()
    assert raised.value.reason == "locked"
    sync()


def test_a_file_that_the_disk_has_damaged_is_fetched_again(publisher, folder, sync):
    sync()
    (path,) = folder.rglob("*.buckets.bin")
    right = path.read_bytes()
    path.write_bytes(b"\xff" + right[1:])
    assert sync().files == 1
    assert path.read_bytes() == right


def test_a_sync_does_not_begin_what_does_not_fit(monkeypatch, sync, host):
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((512, 512, 9, 9, 9, 9, 9, 9, 0, 255)))
    with pytest.raises(MirrorError, match="bytes are needed and 4,608 are free") as raised:
        sync()
    assert raised.value.reason == "disk"
    assert not fetched(host, ".buckets.bin")


def test_a_sync_needs_the_disk_for_two_releases_at_most(monkeypatch, publisher, folder, sync):
    most = 0
    adopt = directory.MirrorDirectory.adopt

    def measured(self, path, whole):
        nonlocal most
        adopt(self, path, whole)
        most = max(
            most,
            sum(
                one.stat().st_size
                for part in ("targets", "partial")
                for one in (folder / part).rglob("*")
                if one.is_file()
            ),
        )

    monkeypatch.setattr(directory.MirrorDirectory, "adopt", measured)
    sizes = []
    for serial in range(1, 6):
        publisher.publish({b"tel:+86139001390%02d" % serial: LABEL}, serial=serial)
        sizes.append(sync().size)
    assert most <= 2 * max(sizes) + len(publisher.files[1]["manifest.json"])


def test_the_age_is_that_of_the_last_sync(monkeypatch, folder, sync):
    mirror = Mirror(folder)
    assert (mirror.age, mirror.serial, mirror.epoch, mirror.is_stale()) == (None, None, None, True)
    sync()
    begun = directory.now()
    for seconds, stale in ((3600, False), (86_400, False), (86_401, True), (-5, True)):
        later = begun + timedelta(seconds=seconds)
        monkeypatch.setattr(directory, "now", lambda later=later: later)
        assert (mirror.age, mirror.is_stale()) == (pytest.approx(seconds, abs=20), stale)
    assert mirror.is_stale(max_age=1e9), "a clock that was set back"


def test_progress_ends_at_the_size_of_the_release(publisher, sync):
    seen = []
    outcome = sync(on_progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert len(seen) >= 5
    assert seen[-1][0] == seen[-1][1] == outcome.size - len(publisher.files[1]["manifest.json"])


def test_an_error_of_the_progress_function_is_the_callers(sync):
    error = OSError("the caller's own")

    def report(*_):
        raise error

    with pytest.raises(OSError, match="the caller's own") as raised:
        sync(on_progress=report)
    assert raised.value is error


@pytest.mark.parametrize(
    "changes",
    [
        {"timeout": 0},
        {"at_least": 0},
        {"token": "a b"},
        {"credentials": ("a:b", "c")},
        {"token": "a", "credentials": ("a", "b")},
        {"channel": "../x"},
    ],
)
def test_arguments_that_are_not_valid(sync, changes):
    with pytest.raises(ValueError, match=":"):
        sync(**changes)


def test_credentials_are_in_no_repr_or_error(host, sync):
    host.token = "other"
    for secret in ({"token": "hidden-secret"}, {"credentials": ("user", "hidden-secret")}):
        with pytest.raises(MirrorError) as raised:
            sync(**secret)
        assert raised.value.reason == "unauthorized"
        assert "hidden" not in repr(raised.value)
