"""Files of a release are served only if they are what was signed, and only with keys that the root names."""

import os
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pilookup_server.release.loaded_release import _map_snapshot
from pilookup_server.release.timestamp import renew
from pilookup_server.release.verified_file import SMALL_BYTES, VerifiedFile

from pilookup.errors import FormatError, TrustError
from pilookup.protocol.manifest import FileRef, Manifest
from tests.support.server.release_fixture import START

DATA = b"what was signed"
LARGE = bytes(range(256)) * (SMALL_BYTES // 256 + 1)


def ref(data):
    return FileRef(sha256(data).hexdigest(), len(data))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "served"
    path.write_bytes(DATA)
    return path


@pytest.mark.parametrize(
    ("signed", "text"),
    [
        (FileRef(ref(DATA).sha256, len(DATA) + 1), "^served: not the size"),
        (FileRef(ref(DATA).sha256, len(DATA) - 1), "^served: not the size"),
        (ref(DATA[::-1]), "^served: not the content"),
    ],
)
def test_a_file_of_another_size_or_content_is_refused(path, signed, text):
    with pytest.raises(FormatError, match=text):
        VerifiedFile(path, signed)


def test_a_symbolic_link_is_not_followed(path, tmp_path):
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError, match="symbolic links"):
        VerifiedFile(tmp_path / "link", ref(DATA))


def open_descriptors():
    return {path.name for path in Path("/proc/self/fd").iterdir()}


@pytest.mark.parametrize("data", [DATA, LARGE])
def test_a_file_is_read_and_mapped_as_it_was_verified(path, data):
    path.write_bytes(data)
    file = VerifiedFile(path, ref(data))
    path.unlink()
    assert file.read(5, 3) == data[5:8]
    assert file.read(len(data) - 2, 9) == data[-2:]
    assert bytes(file.map()) == data


def test_a_small_file_takes_no_descriptor_and_keeps_its_content(path):
    before = open_descriptors()
    file = VerifiedFile(path, ref(DATA))
    assert open_descriptors() == before
    path.write_bytes(DATA[::-1])
    assert file.read(0, len(DATA)) == bytes(file.map()) == DATA


@pytest.mark.parametrize("kind", ["pipe", "directory"])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path, kind):
    path = tmp_path / "served"
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    before = open_descriptors()
    with pytest.raises(OSError, match="not a plain file"):
        VerifiedFile(path, ref(DATA))
    assert open_descriptors() == before


def test_an_empty_file_is_mapped_as_no_bytes(tmp_path):
    (tmp_path / "empty").touch()
    assert bytes(VerifiedFile(tmp_path / "empty", ref(b"")).map()) == b""


def test_a_file_that_was_shortened_later_is_not_mapped(path):
    path.write_bytes(LARGE)
    file = VerifiedFile(path, ref(LARGE))
    os.truncate(path, 3)
    with pytest.raises(ValueError, match="greater than file size"):
        file.map()


def test_a_tree_that_does_not_lead_to_the_manifests_root_is_refused(repository, tmp_path):
    files = repository.files(1, 1, START)
    opened = {}
    for name in ("buckets.bin", "tree.bin"):
        (tmp_path / name).write_bytes(files[name])
        opened[name] = VerifiedFile(tmp_path / name, ref(files[name]))
    manifest = Manifest.from_bytes(files["manifest.json"])
    assert bytes(_map_snapshot(manifest, *opened.values()).buckets) == files["buckets.bin"]
    with pytest.raises(FormatError, match=r"^tree.bin: its root is not the manifest's"):
        _map_snapshot(replace(manifest, root=bytes(32)), *opened.values())


def test_the_timestamp_is_not_signed_with_a_key_that_the_root_does_not_name(repository, keys):
    before = (repository.metadata / "timestamp.json").read_bytes()
    keys.signing["public"] = Ed25519PrivateKey.generate()
    with pytest.raises(TrustError, match="not one of the channel's root"):
        renew(repository.directory, "public", keys, timedelta(days=365), START)
    assert (repository.metadata / "timestamp.json").read_bytes() == before
