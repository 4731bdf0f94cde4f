"""A mirror that serves other metadata than the newest: stale, rolled_back, bad_signature, bad_snapshot."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import SSlibKey
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from pilookup.custody.initialise import initialise_home
from pilookup.protocol.release import MANIFEST
from pilookup.signing.signer import HeldKey
from tests.support.attacks.asking import assert_truth, assert_unknown, node_check, statuses
from tests.support.attacks.home import CUSTODY, HIT, ONLINE, Held, sign

PAST = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=60)


@pytest.fixture(scope="module")
def versions(original, tmp_path_factory):
    """A HOME with a second serial, and every file of its release before."""
    held = original.copy(tmp_path_factory.mktemp("versions") / "home")
    old = held.metadata()
    held.publish_more("13500000002")
    return held, old


@pytest.fixture(scope="module")
def keys(versions):
    """What custody signs with; in the hands of whom the test says."""
    with versions[0].opened() as session:
        return session.signers("public")


@pytest.fixture
def newer(versions, serve, front, client_at):
    """The server of the newer release behind a proxy, and a client that has seen it."""
    held = versions[0]
    proxy = front(serve(held.path))
    client = client_at(proxy.url, trust=held.trust())
    assert_truth(client)
    return proxy, lambda: client_at(proxy.url, trust=held.trust())


def signed(files, name, kind):
    return Metadata[kind].from_bytes(files[name]).signed


def chain(files):
    """The names of snapshot and targets that a timestamp leads to."""
    snapshot = f"{signed(files, 'timestamp.json', Timestamp).snapshot_meta.version}.snapshot.json"
    return snapshot, f"{signed(files, snapshot, Snapshot).meta['targets.json'].version}.targets.json"


def test_an_older_copy_of_the_directory_is_rolled_back(versions, newer):
    proxy, again = newer
    proxy.put_over(versions[1])
    assert_unknown(again(), "rolled_back")


def test_an_older_timestamp_is_rolled_back(versions, newer):
    proxy, again = newer
    proxy.put_over({"timestamp.json": versions[1]["timestamp.json"]})
    assert_unknown(again(), "rolled_back")


def test_a_fresh_client_shown_the_previous_release_gets_unknown(versions, serve, front, plain_client_at):
    """Still signed and not expired; but the server has let go of its files."""
    held, old = versions
    proxy = front(serve(held.path))
    proxy.put_over(old)
    assert_unknown(plain_client_at(proxy.url, trust=held.trust()), "bad_response")


def test_older_files_under_newer_names_are_bad_snapshot(versions, serve, front, client_at):
    held, old = versions
    proxy = front(serve(held.path))
    client = client_at(proxy.url, trust=held.trust())
    for newer, older in zip(chain(held.metadata()), chain(old), strict=True):
        proxy.put_over({newer: old[older]})
        assert_unknown(client, "bad_snapshot")


def test_mix_and_match_signed_by_the_timestamp_key_alone(versions, newer, keys):
    """The online key stolen: a newer timestamp for the older snapshot. Versions seen hold it back."""
    held, old = versions
    proxy, again = newer
    stamp = signed(held.metadata(), "timestamp.json", Timestamp)
    stamp.version += 10
    stamp.snapshot_meta.version = int(chain(old)[0].split(".")[0])
    proxy.put_over({**old, "timestamp.json": sign(stamp, keys["timestamp"])})
    assert_unknown(again(), "rolled_back")


def test_a_snapshot_of_one_version_with_targets_of_another(versions, newer, keys):
    """Timestamp and snapshot key stolen: a newer snapshot that names the older targets."""
    held, old = versions
    proxy, again = newer
    files = held.metadata()
    snapshot = signed(files, chain(files)[0], Snapshot)
    snapshot.version += 1
    snapshot.meta["targets.json"].version = int(chain(old)[1].split(".")[0])
    stamp = signed(files, "timestamp.json", Timestamp)
    stamp.version += 1
    stamp.snapshot_meta.version = snapshot.version
    forged = {f"{snapshot.version}.snapshot.json": sign(snapshot, keys["snapshot"])}
    proxy.put_over({**old, **forged, "timestamp.json": sign(stamp, keys["timestamp"])})
    assert_unknown(again(), "rolled_back")


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_what_has_expired_is_stale(role, original, proxy, client, keys_of_original):
    """Freeze: one role's signature has run out, all else is in time."""
    files = original.metadata()
    snapshot, targets = chain(files)
    name, kind = {
        "timestamp": ("timestamp.json", Timestamp),
        "snapshot": (snapshot, Snapshot),
        "targets": (targets, Targets),
    }[role]
    old = signed(files, name, kind)
    old.expires = PAST
    proxy.put_over({name: sign(old, keys_of_original[role])})
    assert_unknown(client, "stale")
    proxy.honest()
    assert_truth(client)


@pytest.fixture(scope="module")
def keys_of_original(original):
    with original.opened() as session:
        return session.signers("public")


def next_root(original, change):
    root = signed(original.metadata(), "root.json", Root)
    root.version += 1
    change(root)
    return root


def test_an_expired_root_is_stale(original, proxy, client, keys_of_original):
    root = next_root(original, lambda root: setattr(root, "expires", PAST))
    proxy.put_over({"2.root.json": sign(root, keys_of_original["root"])})
    assert_unknown(client, "stale")


def replaced(role, new):
    """A root in which a role has new keys, and the attacker's alone."""

    def change(root):
        for keyid in list(root.roles[role].keyids):
            root.revoke_key(keyid, role)
        for key in new:
            root.add_key(SSlibKey.from_crypto(key.public_key()), role)

    return change


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_a_root_rotated_by_keys_below_the_threshold_is_bad_signature(role, original, proxy, client, keys_of_original):
    thief = [HeldKey(Ed25519PrivateKey.generate()) for _ in range(3)]
    root = next_root(original, replaced(role, thief))
    own = keys_of_original["root"]
    for signers in ([own[0], *thief], [own[0]], thief):
        proxy.put_over({"2.root.json": sign(root, signers)})
        assert_unknown(client, "bad_signature")
    proxy.honest()
    assert_truth(client)


def test_one_signature_written_twice_counts_once(original, proxy, client, keys_of_original):
    root = next_root(original, lambda root: None)
    once = Metadata.from_bytes(sign(root, keys_of_original["root"][:1])).to_dict()
    once["signatures"] *= 2
    proxy.put_over({"2.root.json": json.dumps(once).encode()})
    [result] = client.check_many([HIT])
    assert (result.status, result.reason in ("bad_signature", "bad_response")) == ("unknown", True)


def test_a_root_that_lowers_its_threshold_needs_the_old_one(original, proxy, client, keys_of_original):
    root = next_root(original, lambda root: setattr(root.roles["root"], "threshold", 1))
    proxy.put_over({"2.root.json": sign(root, keys_of_original["root"][:1])})
    assert_unknown(client, "bad_signature")


def test_a_root_of_another_version_than_its_name(original, proxy, client, keys_of_original):
    root = next_root(original, lambda root: setattr(root, "version", 7))
    proxy.put_over({"2.root.json": sign(root, keys_of_original["root"])})
    [result] = client.check_many([HIT])
    assert (result.status, result.reason in ("rolled_back", "bad_snapshot")) == ("unknown", True)


def test_targets_signed_below_the_threshold_or_by_another_role(original, proxy, client, keys_of_original):
    name = chain(original.metadata())[1]
    targets = signed(original.metadata(), name, Targets)
    own = keys_of_original
    for signers in (own["targets"][:1], own["root"], own["snapshot"], own["timestamp"], []):
        proxy.put_over({name: sign(targets, signers)})
        assert_unknown(client, "bad_signature")


@pytest.mark.parametrize("name", ["timestamp.json", "snapshot", "targets"])
def test_a_flipped_bit_anywhere_in_the_signed_part_is_never_accepted(name, original, proxy, plain_client_at):
    files, client = original.metadata(), plain_client_at(proxy.url)
    snapshot, targets = chain(files)
    name = {"snapshot": snapshot, "targets": targets}.get(name, name)
    data = files[name]
    start = data.index(b'"signed"')
    for at in range(start + 9, len(data), max(1, (len(data) - start) // 12)):
        flipped = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        proxy.put_over({name: flipped})
        assert statuses(client, [HIT]) == ["unknown"]


def test_the_metadata_of_the_other_channel_are_bad_signature(original, proxy, client):
    proxy.put_over(original.metadata("platform"))
    assert_unknown(client, "bad_signature")


def test_another_publisher_is_bad_signature(tmp_path, original, server, client_at):
    """A whole, honest, other pilookup under the address of this one."""
    initialise_home(tmp_path / "other", CUSTODY, ONLINE, datetime.now(UTC))
    other = Held(tmp_path / "other")
    assert_unknown(client_at(server.url, trust=other.trust()), "bad_signature")


def test_a_manifest_that_is_not_the_one_signed_is_bad_snapshot(original, proxy, client):
    manifest = original.manifest()
    other = replace(manifest, root=bytes(32)).to_bytes()
    proxy.alter(f".{MANIFEST}", lambda request, out: other)
    assert_unknown(client, "bad_snapshot")


def test_metadata_missing_is_bad_response(original, proxy, client):
    for name in ("timestamp.json", *chain(original.metadata())):
        proxy.put_over({}, gone=(name,))
        assert_unknown(client, "bad_response")


def test_the_second_client_refuses_the_same(versions, serve, front, keys, tmp_path):
    held, old = versions
    proxy = front(serve(held.path))
    trust, state = held.path / "trust-public.json", tmp_path / "seen.json"
    assert node_check(proxy.url, trust, state=state) == [("found", None), ("not_found", None)]
    proxy.put_over(old)
    assert node_check(proxy.url, trust, state=state) == [("unknown", "rolled_back")] * 2
    stamp = signed(held.metadata(), "timestamp.json", Timestamp)
    stamp.expires = PAST
    proxy.put_over({"timestamp.json": sign(stamp, keys["timestamp"])})
    assert node_check(proxy.url, trust) == [("unknown", "stale")] * 2
    root = signed(held.metadata(), "root.json", Root)
    root.version += 1
    proxy.put_over({"2.root.json": sign(root, keys["root"][:1])})
    assert node_check(proxy.url, trust) == [("unknown", "bad_signature")] * 2
    proxy.alter("/evaluate", lambda request, out: out[32:64] + out[:32] + out[64:])
    assert node_check(proxy.url, trust) == [("unknown", "bad_proof")] * 2
    proxy.alter("/buckets/", lambda request, out: out[:-1] + bytes([out[-1] ^ 1]))
    assert node_check(proxy.url, trust) == [("unknown", "bad_bucket")] * 2
