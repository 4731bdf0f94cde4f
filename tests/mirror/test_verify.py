"""`pilookup verify` of a mirror: every byte that answers are made from is compared with what was signed."""

import json

import pytest
from typer.testing import CliRunner

from pilookup.cli.app import build
from pilookup.errors import FormatError
from pilookup.protocol.delta import HEADER, delta_name
from pilookup.protocol.manifest import Manifest
from pilookup.release_files.delta_file import SnapshotBuckets, check_delta
from tests.mirror.conftest import NUMBER
from tests.support.checking.numbers import LABEL
from tests.support.checking.static_channel import StaticChannel

ADDED = b"tel:+8613900139001"


@pytest.fixture
def publisher():
    publisher = StaticChannel(deltas=True)
    publisher.publish({NUMBER: LABEL})
    publisher.publish({NUMBER: LABEL, ADDED: LABEL}, serial=2)
    return publisher


@pytest.fixture
def verify(folder, publisher, tmp_path):
    trust = tmp_path / "trust-public.json"
    trust.write_bytes(publisher.pin)
    return lambda *more: CliRunner().invoke(build(), ["verify", str(folder), "--trust", str(trust), *more])


def test_a_mirror_is_recognised_and_counted(sync, folder, verify, publisher):
    outcome = sync()
    done = verify()
    assert done.exit_code == 0, done.output
    manifest = Manifest.from_bytes(publisher.files[1]["manifest.json"])
    assert f"{manifest.geometry.buckets} buckets, 3 files, {outcome.size:,} bytes, valid" in done.stdout
    assert delta_name(1) in done.stdout
    assert "a mirror, synced 0.0 hours ago" in done.stdout
    (found,) = json.loads(verify("--json").stdout)
    assert (found["serial"], found["entries"], found["buckets"]) == (2, manifest.entries, manifest.geometry.buckets)
    assert (found["files"], found["bytes"], found["absent"]) == (3, outcome.size, [delta_name(1)])


def test_every_file_of_a_mirror_is_verified(sync, folder, verify):
    sync()
    targets = [path for path in (folder / "targets" / "epochs").rglob("*") if path.is_file()]
    metadata = [
        path for path in (folder / "metadata").iterdir() if path.name[0].isdigit() or path.name == "timestamp.json"
    ]
    assert len(targets) == 3
    for path in [*targets, *metadata, folder / "synced.json"]:
        before = path.read_bytes()
        for at in {0, len(before) // 2, len(before) - 1}:
            path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
            assert verify().exit_code == 1, (path, at)
        path.unlink()
        done = verify()
        assert done.exit_code == (0 if path.name == "1.root.json" else 1), path  # which nobody needs who has pinned it
        path.write_bytes(before)
    assert verify().exit_code == 0


def test_what_the_sync_wrote_must_be_about_the_signed_release(sync, folder, verify):
    sync()
    path = folder / "synced.json"
    path.write_bytes(path.read_bytes().replace(b'"serial":2', b'"serial":3'))
    done = verify()
    assert (done.exit_code, "run: pilookup sync" in done.stderr) == (1, True)


def test_a_delta_that_leads_elsewhere_is_refused(publisher, tmp_path):
    manifest = Manifest.from_bytes(publisher.files[1]["manifest.json"])
    buckets, delta = tmp_path / "buckets", tmp_path / "delta"
    buckets.write_bytes(publisher.files[1]["buckets.bin"])
    right = publisher.files[1][delta_name(1)]
    new = SnapshotBuckets(manifest.geometry, manifest.root, buckets)
    delta.write_bytes(right)
    check_delta(delta, new)
    wrong = [right[:-1], right + b"x", right[: HEADER.size - 1], right[:-1] + bytes([right[-1] ^ 1]), b""]
    wrong += [right[: HEADER.size - 32] + bytes(32) + right[HEADER.size :]]
    for data in wrong:
        delta.write_bytes(data)
        with pytest.raises(FormatError, match="delta"):
            check_delta(delta, new)
