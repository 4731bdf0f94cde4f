"""Files altered on the server's disk: refused at load, the release before serves on; `verify` refuses them too."""

import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime

import httpx2
import pytest
from pilookup_server.release.timestamp import newer_snapshot
from tuf.api.metadata import Metadata, Targets

from pilookup.errors import FormatError, TrustError
from pilookup.protocol import merkle
from pilookup.release_files.verify import verify_directory
from tests.support.attacks.asking import assert_truth, assert_unknown, node_check, statuses
from tests.support.attacks.home import HIT, Held, sign
from tests.support.filters import Filter

FILES = ["buckets.bin", "tree.bin", "exposure.base.fuse16", "malicious-registration.base.fuse16", "manifest.json"]


@pytest.fixture(scope="module")
def next_release(original, tmp_path_factory):
    """The original HOME and a number more; what custody is about to bring over."""
    held = original.copy(tmp_path_factory.mktemp("next") / "home")
    held.publish_more("13500000003")
    return held


def bring_over(source, target):
    """A copy that also brings timestamp.json, last: older copy scripts do."""
    held, into = source.channel(), target.channel()
    for path in held.rglob("*"):
        target = into / path.relative_to(held)
        if path.is_file() and path.name not in ("timestamp.json", "lock"):
            renamed_into(path, target)
    renamed_into(held / "metadata" / "timestamp.json", into / "metadata" / "timestamp.json")


def renamed_into(path, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target.parent / "arriving")
    (target.parent / "arriving").replace(target)


def damage(path, how):
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(
        {
            "a bit": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            "cut": data[:-1],
            "longer": data + b"\0",
            "empty": b"",
        }[how]
    )


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", ["a bit", "cut", "longer", "empty"])
def test_verify_names_the_file_that_was_altered(name, how, original, tmp_path):
    held = original.copy(tmp_path / "home")
    assert [one.serial for one in verify_directory(held.channel(), held.trust(), datetime.now(UTC))] == [1]
    damage(held.file(name), how)
    with pytest.raises(FormatError, match=name):
        verify_directory(held.channel(), held.trust(), datetime.now(UTC))


def test_the_verify_command_ends_with_1(held):
    command = [sys.executable, "-m", "pilookup.cli", "verify", str(held.channel())]
    command += ["--trust", str(held.path / "trust-public.json")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    damage(held.file("exposure.base.fuse16"), "a bit")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "exposure.base.fuse16" in done.stderr
    assert "Traceback" not in done.stderr


def test_verify_refuses_metadata_of_another_root(original, tmp_path, next_release):
    with pytest.raises(TrustError):
        verify_directory(next_release.channel(), original.trust("platform"), datetime.now(UTC))


def test_a_filter_with_a_bit_flipped_anywhere_is_refused(original):
    data = original.file("exposure.base.fuse16").read_bytes()
    assert Filter.from_bytes(data).to_bytes() == data
    bound = Filter.from_bytes(data)
    for at in [*range(64), *range(64, len(data), max(1, len(data) // 50))]:
        flipped = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            found = Filter.from_bytes(flipped)
        except FormatError:
            continue
        # A header that says another kind, role, epoch, serial or channel; the file's name and manifest bind those.
        assert found != bound
        assert at < 29 + len("public")


@pytest.mark.parametrize("name", ["buckets.bin", "tree.bin", "exposure.additions.fuse16", "manifest.json"])
@pytest.mark.parametrize("how", ["a bit", "cut"])
def test_an_altered_release_is_refused_and_the_old_one_serves_on(
    name, how, original, tmp_path, next_release, serve, plain_client_at
):
    served, coming = original.copy(tmp_path / "home"), next_release.copy(tmp_path / "coming")
    server = serve(served.path)
    client = plain_client_at(server.url, trust=served.trust())
    assert_truth(client)
    damage(coming.file(name), how)
    bring_over(coming, served)
    channel = server.app.state.service.watchers["public"]
    end = time.monotonic() + 20
    while channel._retry_load_at is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert sorted(channel.state.loaded.snapshots) == [1]
    client = plain_client_at(server.url, trust=served.trust(), state_dir=tmp_path / "another")
    assert_truth(client)
    assert statuses(client, ["13500000003"]) == ["not_found"]


def test_a_file_kept_from_the_previous_release_is_served_as_it_was_opened(original, tmp_path, next_release, serve):
    """The base filter is the same file in both releases: what has been put in its place since is not read."""
    served, coming = original.copy(tmp_path / "home"), next_release.copy(tmp_path / "coming")
    whole = served.file("exposure.base.fuse16").read_bytes()
    server = serve(served.path)
    damage(coming.file("exposure.base.fuse16"), "a bit")
    bring_over(coming, served)
    assert served.file("exposure.base.fuse16").read_bytes() != whole
    path = f"{server.url}/v1/channels/public/targets/{served.release().epochs[0].path('exposure.base.fuse16')}"
    assert httpx2.get(path).content == whole


@pytest.mark.parametrize("name", ["buckets.bin", "tree.bin", "manifest.json"])
def test_a_server_that_starts_on_an_altered_release_serves_nothing(name, held, serve, front, client_at):
    damage(held.file(name), "a bit")
    proxy = front(serve(held.path))
    assert proxy.upstream.get("/readyz").status_code == 503
    assert_unknown(client_at(proxy.url, trust=held.trust()), "server_error")


def relabelled(held):
    """buckets.bin with one sealed label altered, and tree.bin computed from the altered buckets."""
    manifest, buckets = held.manifest(), bytearray(held.file("buckets.bin").read_bytes())
    buckets[20] ^= 1
    stride = manifest.geometry.stride
    leaves = [merkle.leaf_hash(buckets[at : at + stride]) for at in range(0, len(buckets), stride)]
    return bytes(buckets), merkle.build(leaves)


def test_an_altered_label_with_a_recomputed_tree_is_not_served(held, serve, front, plain_client_at):
    buckets, tree = relabelled(held)
    held.file("buckets.bin").write_bytes(buckets)
    held.file("tree.bin").write_bytes(tree)
    with pytest.raises(FormatError, match=r"buckets\.bin"):
        verify_directory(held.channel(), held.trust(), datetime.now(UTC))
    proxy = front(serve(held.path))
    assert_unknown(plain_client_at(proxy.url, trust=held.trust()), "server_error")


def test_a_label_altered_in_transit_with_a_recomputed_tree_is_bad_bucket(original, proxy, client):
    buckets, tree = relabelled(original)
    geometry = original.manifest().geometry

    def host(request, out):
        index = int(request.path.rpartition("/")[2])
        slots = buckets[index * geometry.stride : (index + 1) * geometry.stride]
        return slots + merkle.path(tree, index, geometry.bits)

    proxy.alter("/buckets/", host)
    assert_unknown(client, "bad_bucket")


def test_files_altered_after_they_were_opened_are_bad_bucket(held, serve, front, plain_client_at):
    """The map shows what is on disk: the signed root still catches it."""
    proxy = front(serve(held.path))
    client = plain_client_at(proxy.url, trust=held.trust())
    path = held.file("buckets.bin")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(b"\xff" * size)
    assert_unknown(client, "bad_bucket")
    assert node_check(proxy.url, held.path / "trust-public.json") == [("unknown", "bad_bucket")] * 2


def test_a_thief_of_the_online_half_cannot_publish(held, serve, front, plain_client_at):
    """With the timestamp key, the channel keys and every file: targets of his own are not signed by custody."""
    with held.opened() as session:
        thief = session.signers("public")["timestamp"]
    name = max(name for name in held.metadata() if name.endswith(".targets.json"))
    targets = Metadata[Targets].from_bytes(held.metadata()[name]).signed
    targets.version += 1
    (held.channel() / "metadata" / name).write_bytes(sign(targets, thief))
    with pytest.raises(TrustError):
        verify_directory(held.channel(), held.trust(), datetime.now(UTC))
    proxy = front(serve(held.path))
    assert_unknown(plain_client_at(proxy.url, trust=held.trust()), "server_error", [HIT])


def test_the_previous_release_put_back_is_not_loaded(original, tmp_path, next_release, serve, plain_client_at):
    served = next_release.copy(tmp_path / "home")
    server = serve(served.path)
    assert_truth(plain_client_at(server.url, trust=served.trust()))
    bring_over(Held(original.path), served)
    end = time.monotonic() + 20
    while newer_snapshot(served.channel()):  # the server takes up the newest release again
        assert time.monotonic() < end
        time.sleep(0.02)
    assert statuses(plain_client_at(server.url, trust=served.trust()), ["13500000003"]) == ["found"]
