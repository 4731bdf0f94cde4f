"""Signing keys in other hands: moved to media, signed with there, and replaced, on a HOME with a published channel."""

import json
import shutil
from datetime import timedelta
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, Targets, Timestamp

from pilookup.checking.trust import read_root
from pilookup.custody import Custody
from pilookup.custody.home import Home
from pilookup.custody.prepared import read_prepared
from pilookup.custody.repository import ChannelRepository
from pilookup.custody.signing_keys import Place
from pilookup.errors import CustodyError, FormatError, KeyringError, KeysElsewhereError, PublishError, TrustError
from pilookup.keyring import Half, Keyring
from pilookup.release_files.verify import verify_directory
from pilookup.signing.request import read_request
from pilookup.signing.sealed_key import FileSigner, SealedKey, read_sealed_key
from pilookup.signing.signature_file import sign_request
from pilookup.signing.signer import HeldKey, sign_metadata, tuf_key_id
from pilookup.signing.summary import summary
from tests.support.custody.channel import NOW
from tests.support.custody.full_disk import EVERY_WRITE, Disk
from tests.support.custody.home import files_under, numbers, write_csv
from tests.support.custody.startable import start

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}
HOLDER = b"passphrase of a holder"
OFFLINE = [f"{role}-public-{i}" for role in ("root", "targets") for i in (1, 2, 3)]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder with a HOME whose dataset is published in both channels, and a file that is not loaded yet."""
    folder = tmp_path_factory.mktemp("published")
    Custody.initialise(folder / "home", **BOTH, clock=lambda: NOW)
    write_csv(folder / "a.csv", numbers(2))
    write_csv(folder / "b.csv", numbers(3, start=5))
    with opened(folder / "home") as custody:
        custody.load(folder / "a.csv", dataset="leak", kind="exposure", title_zh="案件", title_en="A case")
        custody.publish("public")
        custody.publish("platform")
    return folder


@pytest.fixture
def home(published, tmp_path):
    return shutil.copytree(published / "home", tmp_path / "home")


@pytest.fixture
def media(tmp_path):
    """Three media of three holders."""
    folders = [tmp_path / f"medium-{i}" for i in (1, 2, 3)]
    for folder in folders:
        folder.mkdir()
    return folders


def opened(home, now=NOW, **options):
    return Custody.open(home, **BOTH, clock=lambda: now, **options)


def move_all(home, media, names=OFFLINE):
    """Move key i of each role to medium i."""
    with opened(home) as custody:
        for name in names:
            moved = custody.move_key(name, media[int(name[-1]) - 1] / f"{name}.key", passphrase=HOLDER)
            assert (moved.name, moved.place) == (name, Place.FILE)


def signer(path, passphrase=HOLDER):
    return FileSigner(read_sealed_key(path), lambda: passphrase)


def signers_on(medium):
    return [signer(path) for path in sorted(medium.iterdir())]


def signed(request, *media):
    """The signature files that the holders of media make; each signs with those of the keys that are asked for."""
    files = []
    for medium in media:
        parsed = read_request(request)
        asked = {key for role in parsed.unsigned.metadata() for key in parsed.unsigned.keys_of(role)}
        files.append(sign_request(parsed, [one for one in signers_on(medium) if tuf_key_id(one) in asked]).to_bytes())
    return files


def check(home, now=NOW, channel="public"):
    """Verify what is served from the pinned root on, and that a server starts from it; returns the newest serial."""
    pinned = (home / f"trust-{channel}.json").read_bytes()
    newest = verify_directory(home / "online/channels" / channel, pinned, now)[0]
    assert start(home, now, channel)
    return newest.serial


def root_of(home, channel="public"):
    return Metadata[Root].from_bytes((home / f"online/channels/{channel}/metadata/root.json").read_bytes()).signed


def served(home):
    channel = home / "online/channels/public"
    return {path: data for path, data in files_under(channel / "metadata").items() if path.name != "lock"}


def test_a_release_is_prepared_signed_on_two_media_and_finished(home, media, published):
    move_all(home, media)
    before = served(home)
    with opened(home) as custody:
        custody.load(published / "b.csv", dataset="more", kind="exposure", title_zh="另案", title_en="Another")
        with pytest.raises(
            KeysElsewhereError, match=r"channel public: role targets is short by 2 of 2 signatures.*--prepare"
        ):
            custody.publish("public")
        prepared = custody.prepare("public")
    assert served(home) == before
    assert check(home) == 1
    lines = "\n".join(prepared.summary)
    for part in (
        "serial 2",
        "entries: 10 before, 13 after (+3)",
        "dataset 2 is added: 另案 / Another",
        "2 of 3 keys sign",
    ):
        assert part in lines
    assert tuple(summary(read_request(prepared.request), pinned=True)) == prepared.summary
    one, two = signed(prepared.request, media[0], media[2])
    with opened(home) as custody:
        with pytest.raises(KeysElsewhereError, match="role targets is short by 1 of 2 signatures"):
            custody.finish("public", [one])
        assert served(home) == before
        done = custody.finish("public", [two, one])
        assert (done.serial, done.entries) == (2, 13)
        with pytest.raises(PublishError, match="nothing is prepared"):
            custody.finish("public", [two, one])
    assert check(home) == 2


def test_the_keys_at_hand_sign_too_and_one_command_does_all_three(home, media):
    move_all(home, media, ["targets-public-1", "targets-public-2"])
    with opened(home) as custody:
        prepared = custody.prepare("public")
        custody.finish("public", signed(prepared.request, media[1]))
    with opened(home, signers=signers_on(media[0])) as custody:
        assert custody.publish("public").changed is False
    check(home)


def test_one_medium_of_three_with_its_passphrase_signs_nothing(home, media):
    move_all(home, media)
    thief = signers_on(media[1])
    before = served(home)
    with opened(home, signers=thief) as custody:
        with pytest.raises(KeysElsewhereError):
            custody.publish("public")
        for role in ("root", "targets", "snapshot", "timestamp"):
            key = None if role in ("snapshot", "timestamp") else f"{role}-public-1"
            with pytest.raises(KeysElsewhereError):
                custody.replace_key("public", role, key)
        prepared = custody.prepare("public")
        with pytest.raises(
            KeysElsewhereError, match="role targets is short by 1 of 2 signatures; keys that can sign: "
        ):
            custody.finish("public", signed(prepared.request, media[1]))
    assert served(home) == before
    root = root_of(home)
    root.version += 1
    root.roles["targets"].threshold = 1
    folder = home / "online/channels/public/metadata"
    forged = Metadata(root)
    for key in thief:
        forged.sign(_tuf(key), append=True)
    (folder / "2.root.json").write_bytes(forged.to_bytes())
    (folder / "root.json").write_bytes(forged.to_bytes())
    with pytest.raises(TrustError, match="not signed"):
        check(home)


def _tuf(one):
    """A thief's own program signs with a key as `securesystemslib` does."""
    return CryptoSigner(one.sealed.open(HOLDER)._key)


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_a_key_is_replaced_and_the_old_one_destroyed(home, role):
    old = f"{role}-public-2" if role in ("root", "targets") else f"{role}-public"
    new = {"root": "root-public-4", "targets": "targets-public-4"}.get(role, f"{role}-public-2")
    keys = set(root_of(home).roles[role].keyids)
    with opened(home) as custody:
        custody.replace_key("public", role, None if role in ("snapshot", "timestamp") else old)
        listed = {(each.channel, each.role): {key.name for key in each.keys} for each in custody.signing_keys()}
    assert old not in listed["public", role]
    assert new in listed["public", role]
    assert listed["platform", role].isdisjoint({new})
    assert len(keys ^ set(root_of(home).roles[role].keyids)) == 2
    half = Half.ONLINE if role == "timestamp" else Half.CUSTODY
    ids = Keyring.unlock(
        home / half, half, BOTH["online_passphrase" if role == "timestamp" else "passphrase"].encode()
    ).ids()
    assert (old in ids, new in ids) == (False, True)
    check(home)
    with opened(home) as custody:
        custody.publish("public")
        custody.replace_key("public", role, new)
    assert root_of(home).version == 3
    check(home)


def test_a_lost_root_key_is_replaced_by_two_holders(home, media):
    move_all(home, media)
    shutil.rmtree(media[2])
    with opened(home) as custody:
        prepared = custody.replace_key("public", "root", "root-public-3", prepare=True)
        assert any("root: the key" in line and "loses its right" in line for line in prepared.summary)
        custody.finish("public", signed(prepared.request, *media[:2]))
        assert {key.name for key in _role(custody, "root").keys} == {"root-public-1", "root-public-2", "root-public-4"}
        media[2].mkdir()
        custody.move_key("root-public-4", media[2] / "root-public-4.key", passphrase=HOLDER)
        prepared = custody.replace_key("public", "targets", "targets-public-3", prepare=True)
        custody.finish("public", signed(prepared.request, media[0], media[1]))
    check(home)


def _role(custody, role, channel="public"):
    (found,) = (each for each in custody.signing_keys() if (each.channel, each.role) == (channel, role))
    return found


def test_a_new_key_may_be_made_elsewhere(home, media):
    key = Ed25519PrivateKey.generate()
    made = media[0] / "new.key"
    made.write_bytes(SealedKey.create("of-a-holder", key, HOLDER).to_bytes())
    with opened(home, signers=[signer(made)]) as custody:
        custody.replace_key("public", "root", "root-public-1", new=signer(made), new_name="of a holder")
        (found,) = (each for each in _role(custody, "root").keys if each.place is Place.FILE)
        assert (found.key_id, found.name) == (tuf_key_id(HeldKey(key)), "of a holder")
        with pytest.raises(CustodyError, match="in use already"):
            custody.replace_key("public", "targets", "targets-public-1", new=signer(made))
    check(home)


@pytest.mark.parametrize("stolen", [2**31 - 1, 2**53 - 1])
def test_a_version_that_a_thief_of_the_timestamp_key_signed_is_left_behind(home, stolen):
    path = home / "online/channels/public/metadata/timestamp.json"
    stamp = Metadata[Timestamp].from_bytes(path.read_bytes())
    keyring = Keyring.unlock(home / "online", Half.ONLINE, BOTH["online_passphrase"].encode())
    stamp.signed.version = stolen
    sign_metadata(stamp, [HeldKey(keyring.signing("timestamp-public"))])
    path.write_bytes(stamp.to_bytes())
    with opened(home) as custody:
        custody.replace_key("public", "timestamp")
    assert Metadata[Timestamp].from_bytes(path.read_bytes()).signed.version == 1
    check(home)


def test_a_removal_says_which_channels_have_to_be_signed(home, media):
    move_all(home, media)
    with opened(home) as custody:
        erased = custody.erase(numbers(1)[0])
        assert ([each.channel for each in erased.published], erased.unsigned) == (["platform"], ("public",))
        assert erased.to_json()["unsigned"] == ["public"]
        withdrawn = custody.withdraw("leak")
        assert (withdrawn.withdrawn, withdrawn.unsigned) == (True, ("public",))
        with pytest.raises(KeysElsewhereError):
            custody.rotate("public")
        prepared = custody.prepare("public")
        done = custody.finish("public", signed(prepared.request, *media[:2]))
    assert (done.epoch, done.entries) == (2, 8)
    channel = home / "online/channels/public"
    assert all(each.entries == 8 for each in verify_directory(channel, None, NOW))
    assert len(list(channel.rglob("*.buckets.bin"))) == 2


@pytest.mark.parametrize("change", ["load", "erase", "rotate", "publish", "file", "time"])
def test_a_release_that_is_not_current_any_more_is_not_finished(home, media, published, change):
    move_all(home, media)
    with opened(home) as custody:
        custody.load(published / "b.csv", dataset="more", kind="exposure")
        prepared = custody.prepare("public")
    files = signed(prepared.request, *media[:2])
    later = NOW
    with opened(home, signers=[one for medium in media[:2] for one in signers_on(medium)]) as custody:
        if change == "load":
            custody.load(published / "a.csv", dataset="third", kind="exposure")
        elif change == "erase":
            custody.erase(numbers(1)[0])
        elif change == "rotate":
            custody.rotate("public")
        elif change == "publish":
            custody.publish("public")
        elif change == "file":
            (buckets,) = [path for path in (home / "online/channels/public/targets").rglob("*.buckets.bin")
                          if path not in _listed_files(home)]  # fmt: skip
            buckets.unlink()
        else:
            later = NOW + timedelta(days=16)
    before = served(home)
    with (
        opened(home, later) as custody,
        pytest.raises(PublishError, match=r"changed|nothing is prepared|missing|too long ago"),
    ):
        custody.finish("public", files)
    assert served(home) == before


def _listed_files(home):
    repository = ChannelRepository(Home(home).channel("public"))
    return {repository.targets / epoch.path(name) for epoch in repository.listed() for name in epoch.files}


def test_the_next_prepare_replaces_the_one_before_and_uses_no_version_twice(home, media, published):
    move_all(home, media)
    with opened(home) as custody:
        custody.load(published / "b.csv", dataset="more", kind="exposure")
        first = custody.prepare("public")
        second = custody.prepare("public")
        old, new = (read_request(each.request).unsigned for each in (first, second))
        assert new.targets.signed.version == old.targets.signed.version + 1
        assert new.snapshot.signed.version == old.snapshot.signed.version + 1
        assert second.published.serial == first.published.serial + 1
        with pytest.raises(PublishError, match="for another request"):
            custody.finish("public", signed(first.request, *media[:2]))
        custody.finish("public", signed(second.request, *media[:2]))
    assert check(home) == second.published.serial
    assert len(list((home / "online/channels/public/targets").rglob("*.buckets.bin"))) == 2


def test_signatures_that_are_not_of_this_request_are_refused(home, media):
    move_all(home, media)
    with opened(home) as custody:
        prepared = custody.prepare("public")
    one, two = (json.loads(each) for each in signed(prepared.request, *media[:2]))
    swapped = json.loads(json.dumps(one))
    swapped["signatures"][0]["sig"] = two["signatures"][0]["sig"]
    stranger = json.loads(json.dumps(one))
    stranger["signatures"][0]["keyid"] = "0" * 64
    elsewhere = json.loads(json.dumps(one)) | {"channel": "platform"}
    before = served(home)
    with opened(home) as custody:
        for forged, text in ((swapped, "not valid"), (stranger, "not valid"), (elsewhere, "is for channel platform")):
            with pytest.raises(PublishError, match=text):
                custody.finish("public", [json.dumps(forged).encode(), json.dumps(two).encode()])
        with pytest.raises(KeysElsewhereError):
            custody.finish("public", [json.dumps(one).encode()] * 3)
        assert served(home) == before
        custody.finish("public", [json.dumps(one).encode(), json.dumps(two).encode()])


@pytest.mark.parametrize("part", ["manifests", "served", "targets", "digests", "root", "custom", "threshold"])
def test_a_request_whose_parts_contradict_each_other_is_not_shown(home, part):
    with opened(home) as custody:
        prepared = custody.replace_key("public", "root", "root-public-1", prepare=True)
    body = json.loads(prepared.request)
    if part == "manifests":
        body["manifests"] = [text.replace('"entries":10', '"entries":11') for text in body["manifests"]]
    elif part == "served":
        body["served"]["targets"] = body["sign"]["targets"]
    elif part == "digests":
        body["digests"]["targets"] = "0" * 64
    else:
        role = "targets" if part in ("targets", "custom") else "root"
        metadata = json.loads(body["sign"][role])
        if part == "targets":
            metadata["signed"]["delegations"] = {"keys": {}, "roles": []}
        elif part == "custom":
            metadata["signed"]["targets"]["epochs/1/manifest.json"]["custom"]["more"] = 1
        elif part == "root":
            metadata["signed"]["version"] += 1
        else:
            metadata["signed"]["roles"]["root"]["threshold"] = 4
        body["sign"][role] = json.dumps(metadata)
    with pytest.raises((FormatError, TrustError)):
        read_request(json.dumps(body).encode())


def test_a_key_that_is_not_asked_for_signs_nothing(home, media):
    move_all(home, media, ["root-public-1"])
    with opened(home) as custody:
        prepared = custody.prepare("public")
    with pytest.raises(FormatError, match="none of those that sign this request"):
        sign_request(read_request(prepared.request), signers_on(media[0]))


@pytest.mark.parametrize("name", ["timestamp-public", "vault", "channel-public-1", "root-public-9", "root-elsewhere-1"])
def test_a_key_that_does_not_move(home, media, name):
    with opened(home) as custody, pytest.raises(CustodyError):
        custody.move_key(name, media[0] / "a.key", passphrase=HOLDER)
    assert list(media[0].iterdir()) == []


def test_a_key_does_not_move_into_home_nor_under_a_short_passphrase_nor_over_another_file(home, media):
    with opened(home) as custody:
        with pytest.raises(CustodyError, match="inside HOME"):
            custody.move_key("root-public-1", home / "custody" / "a.key", passphrase=HOLDER)
        with pytest.raises(KeyringError, match="too short"):
            custody.move_key("root-public-1", media[0] / "a.key", passphrase=b"short")
        custody.move_key("root-public-2", media[0] / "a.key", passphrase=HOLDER)
        with pytest.raises(KeyringError, match="a file of another key"):
            custody.move_key("root-public-1", media[0] / "a.key", passphrase=HOLDER)
        assert [key.place for key in _role(custody, "root").keys].count(Place.CUSTODY) == 2


def test_a_full_disk_at_any_write_of_a_move_leaves_the_key_in_one_place_at_least(published, media, monkeypatch):
    disk, told = Disk(monkeypatch, media[0].parent), []
    for writes in count():
        home = shutil.copytree(published / "home", media[0].parent / f"home-{writes}")
        path = media[0] / f"{writes}.key"
        with opened(home) as custody:
            disk.writes, disk.failed_on = writes, None
            try:
                custody.move_key("root-public-1", path, passphrase=HOLDER)
            except CustodyError as error:
                told.append(str(error))
            disk.writes = None
            names = custody._session().keyring.ids()
            assert "root-public-1" in names or signer(path).sign(b"x")
            custody.move_key("root-public-1", path, passphrase=HOLDER)
            assert "root-public-1" not in custody._session().keyring.ids()
            assert signer(path).sign(b"x")
        shutil.rmtree(home)
        if disk.failed_on is None:
            break
    assert len(told) == writes
    assert all(str(media[0].parent) in text for text in told)
    assert writes > 4


def test_a_full_disk_at_a_write_of_a_replacement_leaves_a_whole_release(published, tmp_path, monkeypatch):
    """At every third write; test_kill_signing_keys stops before each step."""
    disk = Disk(monkeypatch, tmp_path)
    for writes in count(step=1 if EVERY_WRITE else 3):
        home = shutil.copytree(published / "home", tmp_path / "home")
        with opened(home) as custody:
            disk.writes, disk.failed_on = writes, None
            try:
                custody.replace_key("public", "timestamp")
            except CustodyError:
                assert disk.failed_on is not None
                check(home)
                disk.writes = None
                custody.publish("public")
                if root_of(home).version == 1:
                    custody.replace_key("public", "timestamp")
            disk.writes = None
            assert root_of(home).version == 2
            assert read_prepared(custody._session(), "public").release is None
        check(home)
        shutil.rmtree(home)
        if disk.failed_on is None:
            break
    assert writes > 15


def test_the_pinned_root_still_reads(home):
    with opened(home) as custody:
        custody.replace_key("public", "targets", "targets-public-1")
    assert read_root(home / "trust-public.json")
    metadata = home / "online/channels/public/metadata"
    newest = max(metadata.glob("*.targets.json"), key=lambda path: int(path.name.split(".")[0]))
    assert len(Metadata[Targets].from_bytes(newest.read_bytes()).signatures) == 4


def test_keys_of_a_home_are_listed_with_their_places(home, media):
    move_all(home, media, ["targets-public-2"])
    with opened(home) as custody:
        found = {(each.channel, each.role): each for each in custody.signing_keys()}
    assert {key: (each.threshold, len(each.keys)) for key, each in found.items() if key[0] == "public"} == {
        ("public", "root"): (2, 3),
        ("public", "targets"): (2, 3),
        ("public", "snapshot"): (1, 1),
        ("public", "timestamp"): (1, 1),
    }
    places = {key.name: key.place for key in found["public", "targets"].keys}
    assert places == {
        "targets-public-1": Place.CUSTODY,
        "targets-public-2": Place.FILE,
        "targets-public-3": Place.CUSTODY,
    }
    assert found["public", "timestamp"].keys[0].place is Place.ONLINE
    assert found["public", "timestamp"].expires == NOW + timedelta(hours=48)


def test_the_status_names_what_waits_for_signatures_and_a_root_that_needs_its_keys(home, media):
    move_all(home, media, ["root-public-1", "root-public-2"])

    def told(now=NOW):
        warnings = Custody.status_of(home, clock=lambda: now).warnings
        return [each.partition("; run")[0] for each in warnings if "waits" in each or "root expires" in each]

    assert told() == []
    with opened(home) as custody:
        prepared = custody.prepare("public")
    assert told() == ["public: a prepared release waits for signatures"]
    late = NOW + timedelta(days=280)
    with opened(home, late, date_is_right=True) as custody:
        custody.publish("public")
        assert len(told(late)) == 1
        assert told(late)[0].startswith("public: the root expires")
        prepared = custody.prepare("public")
        custody.finish("public", signed(prepared.request, *media[:2]))
    assert told(late) == []
    assert root_of(home).version == 2
    check(home, late)
