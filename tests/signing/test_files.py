"""The parsers of requests, signature files and sealed keys: any bytes, and any change of good ones, are refused or harmless."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.signer import SSlibKey
from tuf.api.metadata import Metadata, MetaFile, Role, Root, Snapshot, TargetFile, Targets

from pilookup._core import SecretKey
from pilookup.errors import FormatError, KeyringError, TrustError
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.label import Profile
from pilookup.protocol.manifest import FileRef, Manifest
from pilookup.protocol.names import CANARIES
from pilookup.protocol.release import MANIFEST, target_custom, target_name
from pilookup.signing.request import _check_root, _check_targets, read_request, write_request
from pilookup.signing.sealed_key import FileSigner, SealedKey, read_sealed_key
from pilookup.signing.signature_file import SignatureFile, sign_request
from pilookup.signing.signer import HeldKey, sign_metadata, tuf_key, tuf_key_id
from pilookup.signing.summary import summary, unpinned

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
KEYS = {
    role: [HeldKey(Ed25519PrivateKey.generate()) for _ in range(count)]
    for role, count in {"root": 3, "targets": 3, "snapshot": 1, "timestamp": 1}.items()
}
PASSPHRASE = b"passphrase of a holder"


def root():
    made = Root(version=1, expires=NOW + timedelta(days=365), consistent_snapshot=True)
    for role, keys in KEYS.items():
        made.roles[role] = Role([], 2 if len(keys) > 1 else 1)
        for key in keys:
            made.add_key(tuf_key(key.public_key()), role)
    metadata = Metadata(made)
    sign_metadata(metadata, KEYS["root"])
    return metadata.to_bytes()


def manifest():
    files = {name: FileRef("ab" * 32, 4096) for name in ("buckets.bin", "tree.bin")}
    return Manifest(
        channel="public", profile=Profile.COARSE, epoch=1, serial=7, created=NOW, public_key=SecretKey.generate().public(),
        geometry=Geometry(2, 64), entries=9, root=b"r" * 32, files=files, canaries=CANARIES,
    )  # fmt: skip


def request(**changes):
    described = manifest()
    data = described.to_bytes()
    targets = Targets(version=3, expires=NOW + timedelta(days=30))
    for path, content in ((MANIFEST, data), (target_name(1, MANIFEST), data)):
        target = TargetFile.from_data(path, content, ["sha256"])
        if path != MANIFEST:
            target.unrecognized_fields["custom"] = target_custom(1, NOW + timedelta(days=100))
        targets.targets[path] = target
    for name, ref in described.files.items():
        path = target_name(1, name)
        targets.targets[path] = TargetFile(ref.size, {"sha256": ref.sha256}, path)
    snapshot = Snapshot(version=4, expires=NOW + timedelta(days=30), meta={"targets.json": MetaFile(3)})
    sign = {"targets": Metadata(targets).to_bytes(), "snapshot": Metadata(snapshot).to_bytes()}
    return write_request("public", root(), sign, [data], None, ["a text of the request"])


REQUEST = request()
SIGNATURES = sign_request(read_request(REQUEST), [KEYS["targets"][0], KEYS["snapshot"][0]]).to_bytes()
SEALED = SealedKey.create("root-public-1", Ed25519PrivateKey.generate(), PASSPHRASE).to_bytes()


def changed(data, draw):
    """The bytes with some of them replaced, removed or added."""
    at = draw(st.integers(0, len(data) - 1))
    size, put = draw(st.integers(0, 3)), draw(st.binary(max_size=3))
    return data[:at] + put + data[at + size :]


def nodes(value, path=()):
    """The paths of everything inside a JSON document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from nodes(inner, (*path, key))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=3,
)


def with_junk(data, draw):
    """A JSON document of which one part is something else."""
    body = json.loads(data)
    *outer, last = draw(st.sampled_from([path for path in nodes(body) if path]))
    inner = body
    for key in outer:
        inner = inner[key]
    inner[last] = draw(JUNK)
    return json.dumps(body).encode()


def test_good_files_are_read():
    asked = read_request(REQUEST)
    lines = summary(asked, pinned=False)
    assert lines[0] == "signed: channel public: targets version 3, snapshot version 4"
    assert not any("a text of the request" in line for line in lines)
    assert [each.role for each in SignatureFile.from_bytes(SIGNATURES).signatures] == ["targets", "snapshot"]
    assert SignatureFile.from_bytes(SIGNATURES).to_bytes() == SIGNATURES
    assert SealedKey.from_bytes(SEALED).to_bytes() == SEALED
    assert "1 of 2 signatures" in str(asked_with(SIGNATURES).missing()[0])


def test_every_line_says_whether_it_is_signed_verified_or_only_claimed():
    """Which keys may sign and what is served are claims, unless the root was verified; the newest is one in any case."""
    asked = read_request(REQUEST)
    bases = {pinned: [line.partition(": ")[0] for line in summary(asked, pinned=pinned)] for pinned in (False, True)}
    assert set(bases[False]) == {"signed", "claimed"}
    assert set(bases[True]) <= {"signed", "verified", "claimed"}
    assert [each.replace("verified", "claimed") for each in bases[True]] == bases[False]
    for pinned in (False, True):
        keys = [line for line in summary(asked, pinned=pinned) if " keys sign: " in line]
        assert len(keys) == 2
        assert all(line.startswith("verified: " if pinned else "claimed: ") for line in keys)
        (newest,) = [line for line in summary(asked, pinned=pinned) if "served" in line and line.startswith("claimed")]
        assert "nothing is served yet" in newest or "compare its date" in newest
    assert all(line.startswith(("WARNING", "claimed: ")) for line in unpinned(asked))


def asked_with(signatures):
    unsigned = read_request(REQUEST).unsigned
    for made in SignatureFile.from_bytes(signatures).signatures:
        unsigned.add(made.role, made.key_id, made.signature)
    return unsigned


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_changed_request_is_refused_or_asks_for_the_same(data):
    broken = data.draw(st.sampled_from([changed, with_junk]))(REQUEST, data.draw)
    try:
        asked = read_request(broken)
    except (FormatError, TrustError):
        return
    good = read_request(REQUEST)
    if asked.unsigned.digests() != good.unsigned.digests():
        # Whoever changes metadata and the digests together asks for something else, and the summary says what.
        assert summary(asked, pinned=True) != summary(good, pinned=True)
    else:
        assert asked.release == good.release


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_changed_signatures_are_refused_or_not_counted(data):
    broken = data.draw(st.sampled_from([changed, with_junk]))(SIGNATURES, data.draw)
    try:
        parsed = SignatureFile.from_bytes(broken)
    except FormatError:
        return
    for made in parsed.signatures:
        if made not in SignatureFile.from_bytes(SIGNATURES).signatures:
            unsigned = read_request(REQUEST).unsigned
            wrong_bytes = made.sha256 != unsigned.digests()[made.role]
            assert wrong_bytes or not unsigned.add(made.role, made.key_id, made.signature)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_changed_sealed_key_does_not_open(data):
    broken = data.draw(st.sampled_from([changed, with_junk]))(SEALED, data.draw)
    try:
        key = SealedKey.from_bytes(broken)
    except KeyringError:
        return
    assert broken == SEALED
    assert key.open(PASSPHRASE)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data):
    for parse, error in (
        (read_request, FormatError),
        (SignatureFile.from_bytes, FormatError),
        (SealedKey.from_bytes, KeyringError),
    ):
        with pytest.raises(error):
            parse(data)


@pytest.mark.parametrize("field", ["key_id", "public", "profile"])
def test_no_field_of_a_sealed_key_can_be_exchanged(field):
    key = SealedKey.from_bytes(SEALED)
    other = {"key_id": "root-public-2", "public": b"p" * 32, "profile": "argon2id-rfc9106-second"}[field]
    exchanged = SealedKey.from_bytes(replace(key, **{field: other}).to_bytes())
    if getattr(key, field) != other:
        with pytest.raises(KeyringError, match="does not open the key"):
            exchanged.open(PASSPHRASE)


@pytest.mark.parametrize("passphrase", [b"", b"another one"])
def test_a_wrong_passphrase_opens_nothing_and_is_not_repeated(passphrase, tmp_path):
    path = tmp_path / "a.key"
    path.write_bytes(SEALED)
    with pytest.raises(KeyringError) as refused:
        FileSigner(read_sealed_key(path), lambda: passphrase).sign(b"data")
    assert "another one" not in str(refused.value)


def test_secrets_are_in_no_repr_and_are_not_pickled():
    import pickle

    key = SealedKey.from_bytes(SEALED)
    signer = key.open(PASSPHRASE)
    assert key.sealed.hex() not in repr(key)
    assert tuf_key_id(signer) in repr(signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)


@pytest.mark.parametrize("name", ["missing", "folder"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(KeyringError, match=name):
        read_sealed_key(tmp_path / name)


@pytest.mark.parametrize(
    "custom",
    [
        {"rotates_on": "2027-01-01 on\x1b[2J\nforged line: nothing changes"},
        {"rotates_on": 20270101},
        {"audit": "\x1b[2J" + "0" * 60},
        {"audit": None},
    ],
)
def test_no_text_but_custodys_reaches_the_terminal_of_a_holder(custom):
    path = "epochs/1/manifest.json"
    target = TargetFile(1, {"sha256": "0" * 64}, path, {"custom": {"epoch": 1, "serves_until": "x", **custom}})
    with pytest.raises(FormatError, match="fields that this version does not know"):
        _check_targets(Targets(targets={path: target}))


def test_a_key_has_its_own_id(keys_of_two):
    """A holder knows keys by the beginning of their ids."""
    known, other = keys_of_two
    root = Root(consistent_snapshot=True)
    for role in root.roles:
        root.add_key(tuf_key(Ed25519PrivateKey.generate().public_key()), role)
    root.add_key(tuf_key(known), "targets")
    _check_root(root)
    forged = tuf_key(known).keyid[:16] + "f" * 48
    public = {"public": other.public_bytes_raw().hex()}
    root.add_key(SSlibKey(forged, "ed25519", "ed25519", public), "targets")
    with pytest.raises(FormatError, match="does not know"):
        _check_root(root)


@pytest.fixture
def keys_of_two():
    return [Ed25519PrivateKey.generate().public_key() for _ in range(2)]


def root_with(version, change=lambda root: None, keys=None):
    """The root of the tests under another version and changed, signed by `keys`; by default, by its own."""
    metadata = Metadata[Root].from_bytes(root())
    metadata.signed.version = version
    change(metadata.signed)
    metadata.signatures.clear()
    sign_metadata(metadata, keys or KEYS["root"][:2])
    return metadata.to_bytes()


def test_a_root_that_the_holder_does_not_trust_is_refused():
    """A made-up root may list the holder's keys among others: nothing in its own request shows it."""
    thief = [HeldKey(Ed25519PrivateKey.generate()) for _ in range(3)]

    def taken_over(made):
        for key_id in list(made.roles["root"].keyids):
            made.revoke_key(key_id, "root")
        for key in thief:
            made.add_key(tuf_key(key.public_key()), "root")

    body = json.loads(REQUEST)
    for made_up in (root_with(2, taken_over, thief), root_with(1, taken_over, thief)):
        forged = json.dumps(body | {"trusted_root": made_up.decode()}).encode()
        assert read_request(forged).unsigned.trusted
        with pytest.raises(TrustError, match="the root of this request is"):
            read_request(forged, root())
    later = json.dumps(body | {"trusted_root": root_with(2).decode()}).encode()
    assert read_request(later, root()).unsigned.trusted.version == 2
    assert read_request(REQUEST, root()).unsigned.trusted.version == 1
    with pytest.raises(TrustError, match="older than the one given to trust"):
        read_request(REQUEST, root_with(2))


def test_without_a_root_to_trust_every_key_is_shown_in_full():
    shown = "\n".join(unpinned(read_request(REQUEST)))
    assert "WARNING" in shown
    assert all(tuf_key_id(key) in shown for keys in KEYS.values() for key in keys)
