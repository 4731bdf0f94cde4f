"""A staged snapshot is read back and verified before it is signed; a release is verified without keys."""

from dataclasses import replace
from hashlib import sha256

import pytest

from pilookup.custody.publish.canaries import verify_canaries
from pilookup.errors import FormatError, PublishError, TrustError
from pilookup.protocol.manifest import FileRef, Manifest
from pilookup.protocol.oprf import SecretKey
from pilookup.release_files.verify import follow_roots, verify_files
from tests.support.server.release_fixture import GEOMETRY, NUMBERS, START, HeldKeys, Repository

FILTER = "exposure.base.fuse16"


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path, "public", HeldKeys())


@pytest.fixture
def staged(repository, tmp_path):
    """A snapshot's manifest and the paths of its files."""
    files = repository.files(1, 1, START)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    manifest = Manifest.from_bytes(files["manifest.json"])
    return manifest, {name: tmp_path / name for name in manifest.files}


@pytest.fixture
def key(repository, staged):
    return repository.keys.epoch_key("public", 1)


def altered(staged, name, data):
    """The manifest with another content of one file, which it names correctly."""
    manifest, paths = staged
    paths[name].write_bytes(data)
    return replace(manifest, files={**manifest.files, name: FileRef(sha256(data).hexdigest(), len(data))}), paths


def test_the_staged_snapshot_is_accepted(staged, key):
    verify_canaries(*staged, key)
    verify_files(*staged)


def test_a_key_that_is_not_the_manifests_is_refused(staged):
    with pytest.raises(PublishError, match="is not that of the manifest's public key"):
        verify_canaries(*staged, SecretKey.generate())


def test_a_canary_that_no_filter_has_is_refused(staged, key):
    manifest, paths = staged
    with pytest.raises(PublishError, match=f"^{FILTER}: a canary is not in it"):
        verify_canaries(replace(manifest, canaries=("tel:+8613900000000",)), paths, key)


def test_a_canary_whose_entry_is_a_numbers_is_refused(staged, key):
    manifest, paths = staged
    with pytest.raises(PublishError, match="a canary is not found"):
        verify_canaries(replace(manifest, canaries=(NUMBERS[0].decode(),)), paths, key)


def test_a_file_that_the_manifest_does_not_name_is_refused(staged):
    manifest, paths = staged
    paths["tree.bin"].write_bytes(paths["tree.bin"].read_bytes() + b"\0")
    with pytest.raises(FormatError, match=r"^tree\.bin: not the file the manifest names"):
        verify_files(manifest, paths)


@pytest.mark.parametrize("change", [{"entries": 3}, {"geometry": replace(GEOMETRY, bits=3)}])
def test_other_numbers_of_entries_or_buckets_than_the_manifests_are_refused(staged, change):
    manifest, paths = staged
    with pytest.raises(FormatError, match=r"^buckets\.bin: not the buckets the manifest counts"):
        verify_files(replace(manifest, **change), paths)


def test_a_tree_over_other_buckets_is_refused(staged):
    tree = staged[1]["tree.bin"].read_bytes()
    manifest, paths = altered(staged, "tree.bin", bytes(32) + tree[32:])
    with pytest.raises(FormatError, match=r"^tree\.bin: not the tree over the buckets"):
        verify_files(manifest, paths)


def test_a_root_other_than_the_trees_is_refused(staged):
    manifest, paths = staged
    with pytest.raises(FormatError, match=r"^root: not that of the tree"):
        verify_files(replace(manifest, root=bytes(32)), paths)


@pytest.mark.parametrize("name", ["later.json", "exposure.base.fuse64", "delta-x.bin", "x.base.fuse16"])
def test_a_file_with_an_unknown_name_is_checked_by_its_digest_alone(staged, tmp_path, name):
    paths = staged[1] | {name: tmp_path / name}
    manifest, paths = altered((staged[0], paths), name, b"{}")
    verify_files(manifest, paths)
    paths[name].write_bytes(b"{ }")
    with pytest.raises(FormatError, match="not the file the manifest names"):
        verify_files(manifest, paths)


def test_slots_in_the_wrong_order_are_refused(staged):
    buckets = staged[1]["buckets.bin"].read_bytes()
    manifest, paths = altered(
        staged, "buckets.bin", buckets[GEOMETRY.stride // 64 :] + buckets[: GEOMETRY.stride // 64]
    )
    with pytest.raises(FormatError, match=r"^buckets\.bin: "):
        verify_files(manifest, paths)


def test_a_root_of_another_version_than_its_name_is_refused(repository):
    pinned = (repository.metadata / "1.root.json").read_bytes()
    repository.write_root(3, START)
    (repository.metadata / "3.root.json").rename(repository.metadata / "2.root.json")
    with pytest.raises(TrustError, match="another version than its name"):
        follow_roots(pinned, lambda name: (repository.metadata / name).read_bytes())
    repository.write_root(2, START)
    follow_roots(pinned, lambda name: (repository.metadata / name).read_bytes())
