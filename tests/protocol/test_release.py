import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from pilookup.errors import FormatError, TrustError
from pilookup.protocol.encoding import time_text
from pilookup.protocol.manifest import FileRef
from pilookup.protocol.release import (
    MAX_METADATA_BYTES,
    TIMESTAMP_LIFE,
    parse_metadata,
    read_release,
    renew_timestamp,
    served_epochs,
    target_custom,
    target_name,
    verify_root,
)

NOW = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ROLES = {"root": (3, 2), "targets": (3, 2), "snapshot": (1, 1), "timestamp": (1, 1)}
SIGNERS = {role: [CryptoSigner.generate_ed25519() for _ in range(count)] for role, (count, _) in ROLES.items()}
STRANGER = CryptoSigner.generate_ed25519()


def target(path, digest="a", size=10, **custom):
    made = TargetFile(size, {"sha256": digest * 64}, path)
    if custom:
        made.unrecognized_fields["custom"] = custom["custom"]
    return made


def two_epochs():
    """Targets of epochs 4 (current) and 3."""
    targets = {"manifest.json": target("manifest.json", "4")}
    for epoch in (3, 4):
        path = target_name(epoch, "manifest.json")
        targets[path] = target(path, str(epoch), custom=target_custom(epoch, NOW + epoch * DAY))
        path = target_name(epoch, "buckets.bin")
        targets[path] = target(path, "b", 8192)
    return targets


class Repository:
    """The metadata of a channel, in memory. A test can change each role before it is signed."""

    def __init__(self):
        expires = NOW + DAY
        self.root = Root(version=1, expires=expires, consistent_snapshot=True)
        for role, (_, threshold) in ROLES.items():
            for signer in SIGNERS[role]:
                self.root.add_key(signer.public_key, role)
            self.root.roles[role].threshold = threshold
        self.targets = Targets(version=9, expires=expires, targets=two_epochs())
        self.snapshot = Snapshot(version=5, expires=expires, meta={"targets.json": MetaFile(9)})
        self.timestamp = Timestamp(version=100, expires=expires)
        self.timestamp.snapshot_meta.version = 5
        self.names = {
            "root": "root.json",
            "targets": "9.targets.json",
            "snapshot": "5.snapshot.json",
            "timestamp": "timestamp.json",
        }
        self.signers = {role: list(signers[: ROLES[role][1]]) for role, signers in SIGNERS.items()}

    def files(self):
        files = {}
        for role, name in self.names.items():
            metadata = Metadata(getattr(self, role))
            for signer in self.signers[role]:
                metadata.sign(signer, append=True)
            files[name] = metadata.to_bytes()
        return files

    def read(self, now=NOW, **options):
        return read_release(reader(self.files()), now, **options)


def reader(files):
    def read(name):
        if name not in files:
            raise FileNotFoundError(name)
        return files[name]

    return read


@pytest.fixture
def repository():
    return Repository()


def test_a_release(repository):
    release = repository.read()
    assert (release.root_version, release.targets_version, release.timestamp_version) == (1, 9, 100)
    assert [served.epoch for served in release.epochs] == [4, 3]
    newest = release.epochs[0]
    assert newest.serves_until == NOW + 4 * DAY
    assert newest.files["buckets.bin"] == FileRef("b" * 64, 8192)
    assert newest.path("buckets.bin") == f"epochs/4/{'b' * 64}.buckets.bin"


@pytest.mark.parametrize("role", ROLES)
def test_expired_metadata_is_stale(repository, role):
    getattr(repository, role).expires = NOW
    with pytest.raises(TrustError, match=role) as caught:
        repository.read()
    assert caught.value.reason == "stale"
    repository.read(NOW - timedelta(seconds=1))


def test_only_the_timestamps_holder_may_let_it_expire(repository):
    repository.timestamp.expires = NOW - DAY
    release = repository.read(timestamp=False)
    assert release.timestamp_expires == NOW - DAY
    assert release.targets_expire == NOW + DAY
    repository.snapshot.expires = NOW - DAY
    with pytest.raises(TrustError, match="snapshot"):
        repository.read(timestamp=False)


@pytest.mark.parametrize("role", ROLES)
def test_too_few_signatures(repository, role):
    repository.signers[role].pop()
    with pytest.raises(TrustError, match=role) as caught:
        repository.read()
    assert caught.value.reason == "bad_snapshot"


@pytest.mark.parametrize("role", ROLES)
def test_signatures_of_others_do_not_count(repository, role):
    repository.signers[role][-1] = STRANGER
    with pytest.raises(TrustError, match=role):
        repository.read()


@pytest.mark.parametrize("role", ["root", "targets"])
def test_one_key_does_not_count_twice(repository, role):
    signer = repository.signers[role][0]
    repository.signers[role] = [signer, signer]
    with pytest.raises(TrustError, match=role):
        repository.read()


def test_keys_of_one_role_do_not_sign_another(repository):
    repository.signers["targets"] = SIGNERS["root"][:2]
    with pytest.raises(TrustError, match="targets"):
        repository.read()


@pytest.mark.parametrize("role", ROLES)
def test_a_changed_byte_of_signed_content(repository, role):
    files = repository.files()
    name = repository.names[role]
    files[name] = files[name].replace(b"2026", b"2036", 1)
    with pytest.raises(TrustError, match=role):
        read_release(reader(files), NOW)


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_another_version_than_is_signed_for(repository, role):
    getattr(repository, role).version += 1
    with pytest.raises(TrustError, match="version") as caught:
        repository.read()
    assert caught.value.reason == "bad_snapshot"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("other", ROLES)
def test_metadata_of_another_role(repository, role, other):
    files = repository.files()
    files[repository.names[role]] = files[repository.names[other]]
    if role != other:
        with pytest.raises(FormatError, match=role):
            read_release(reader(files), NOW)


@pytest.mark.parametrize("role", ROLES)
def test_a_missing_file(repository, role):
    files = repository.files()
    del files[repository.names[role]]
    with pytest.raises(FileNotFoundError):
        read_release(reader(files), NOW)


@given(st.sampled_from(sorted(ROLES)), st.data())
@settings(max_examples=200)
def test_changed_metadata_raise_only_our_errors(role, data):
    name, files = WHOLE.names[role], dict(FILES)
    whole = files[name]
    at = data.draw(st.integers(0, len(whole) - 1))
    files[name] = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 4)) :]
    try:
        release = read_release(reader(files), NOW)
    except (FormatError, TrustError, FileNotFoundError):
        return
    assert release == RELEASE


WHOLE = Repository()
FILES = WHOLE.files()
RELEASE = read_release(reader(FILES), NOW)


@pytest.mark.parametrize("kind", [Root, Timestamp, Snapshot, Targets])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"signed": 1, "signatures": []}',
        b'{"signed": {"_type": "root"}, "signatures": {}}',
        b"[" * 100_000,
        b'{"signed": {"_type": "timestamp", "version": ' + b"9" * 5000 + b"}}",
        b" " * (MAX_METADATA_BYTES + 1),
    ],
)
def test_bytes_that_are_not_metadata(kind, data):
    with pytest.raises(FormatError, match=kind.type):
        parse_metadata(data, kind)


def test_a_root_that_its_keys_do_not_sign(repository):
    repository.signers["root"] = [STRANGER, STRANGER]
    with pytest.raises(TrustError, match="root"):
        verify_root(repository.files()["root.json"])


def test_snapshot_metadata_list_targets_only(repository):
    for meta in ({}, {"other.json": MetaFile(1)}, {"targets.json": MetaFile(9), "other.json": MetaFile(1)}):
        repository.snapshot.meta = meta
        with pytest.raises(FormatError, match="snapshot"):
            repository.read()


def test_no_epochs_at_all():
    assert served_epochs({}) == ()


PATHS = [
    "",
    "x",
    "epochs",
    "epochs/4",
    "epochs/4/",
    "epochs//buckets.bin",
    "/epochs/4/buckets.bin",
    "epochs/4/../buckets.bin",
    "epochs/4/x/buckets.bin",
    "../epochs/4/buckets.bin",
    "epochs/04/buckets.bin",
    "epochs/+4/buckets.bin",
    "epochs/-4/buckets.bin",
    "epochs/0/buckets.bin",
    "epochs/４/buckets.bin",
    "epochs/²/buckets.bin",
    "epochs/4294967296/buckets.bin",
    "epochs/" + "9" * 5000 + "/buckets.bin",
    "epochs/4/..",
    "epochs/4/.bin",
    "epochs/4/buckets.bin\n",
    "epochs/4/buckets",
    "epochs/4/b\\uckets.bin",
    "epochs/4/Buckets.bin",
    "EPOCHS/4/buckets.bin",
    "other.json",
]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_unknown_target_paths_are_refused(repository, path):
    repository.targets.targets[path] = target(path)
    with pytest.raises(FormatError):
        repository.read()


def test_an_epoch_without_a_manifest(repository):
    del repository.targets.targets["epochs/3/manifest.json"]
    with pytest.raises(FormatError, match="without a manifest"):
        repository.read()


def test_manifest_json_is_the_newest(repository):
    repository.targets.targets["manifest.json"] = target("manifest.json", "3")
    with pytest.raises(FormatError, match="newest"):
        repository.read()
    del repository.targets.targets["manifest.json"]
    with pytest.raises(FormatError, match="newest"):
        repository.read()


@pytest.mark.parametrize(
    "custom",
    [
        None,
        [],
        "x",
        {},
        {"epoch": 4},
        {"epoch": 3, "serves_until": time_text(NOW)},
        {"epoch": True, "serves_until": time_text(NOW)},
        {"epoch": "4", "serves_until": time_text(NOW)},
        {"epoch": 4, "serves_until": None},
        {"epoch": 4, "serves_until": 1764000000},
        {"epoch": 4, "serves_until": "tomorrow"},
    ],
)
def test_custom_data_that_are_refused(repository, custom):
    path = "epochs/4/manifest.json"
    repository.targets.targets[path] = target(path, "4", custom=custom)
    with pytest.raises(FormatError):
        repository.read()


def test_true_is_not_accepted_as_epoch_1():
    path = "epochs/1/manifest.json"
    custom = {"epoch": True, "serves_until": time_text(NOW)}
    with pytest.raises(FormatError):
        served_epochs({path: target(path, custom=custom), "manifest.json": target("manifest.json")})


@pytest.mark.parametrize(
    ("length", "hashes"),
    [(10**4000, {"sha256": "a" * 64}), (2**53, {"sha256": "a" * 64}), (True, {"sha256": "a" * 64}), (10, {"sha512": "a" * 128}), (10, {"sha256": "A" * 64}), (10, {"sha256": "../../x"})],
    ids=range(6),
)  # fmt: skip
def test_references_that_are_refused(repository, length, hashes):
    path = "epochs/4/buckets.bin"
    repository.targets.targets[path] = TargetFile(length, hashes, path)
    with pytest.raises(FormatError, match="files"):
        repository.read()


def test_the_first_timestamp():
    made = renew_timestamp(None, 5, NOW)
    assert made.version == 1
    assert made.snapshot_meta.version == 5
    assert made.expires == NOW + TIMESTAMP_LIFE


@given(st.lists(st.integers(-(10**9), 10**9), max_size=20))
def test_timestamp_versions_grow_by_one_whatever_the_clocks_say(offsets):
    """A clock that is once ahead leaves nothing behind."""
    made = None
    for version, offset in enumerate(offsets, 1):
        now = NOW + timedelta(seconds=offset, microseconds=7)
        made = renew_timestamp(made, 1, now)
        assert made.version == version
        assert made.expires == (now + TIMESTAMP_LIFE).replace(microsecond=0)


def test_a_timestamp_that_takes_over_is_above_those_of_another_machine():
    common = renew_timestamp(None, 1, NOW)
    other = common
    for _ in range(1000):
        other = renew_timestamp(other, 1, NOW)
    taken = renew_timestamp(common, 1, NOW + DAY, take_over=True)
    assert taken.version == int((NOW + DAY).timestamp())
    assert taken.version > other.version
    assert renew_timestamp(taken, 1, NOW, take_over=True).version == taken.version + 1


def test_a_renewed_timestamp_reads_back(repository):
    repository.timestamp = renew_timestamp(repository.timestamp, 5, NOW)
    assert repository.read().timestamp_version == 101
    assert json.loads(repository.files()["timestamp.json"])["signed"]["version"] == 101
