"""What a thief of a serving machine has, who also has the online half's passphrase: what SECURITY.md says, and no more.

That such a thief signs timestamps, and what clients make of them, is in test_trust.py.
"""

import shutil
from datetime import UTC, datetime

import pytest
from pilookup_server.keys.keyring_adapter import KeyringKeys
from pilookup_server.release.loaded_release import load_release
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from pilookup import _core
from pilookup.bundles.journal import JOURNAL_FILE, Entry, open_element
from pilookup.custody import Custody
from pilookup.errors import KeyringError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.key_ids import JOURNAL_SEAL_KEY_ID, VAULT_KEY_ID, timestamp_key_id
from pilookup.protocol import token
from pilookup.signing.signer import HeldKey
from tests.support.attacks.asking import assert_unknown
from tests.support.attacks.home import CUSTODY, HIT, MISS, ONLINE, OTHER_HIT, identifier, sign
from tests.support.custody.home import write_csv

SENSITIVE, ERASED = "13711112222", OTHER_HIT
CHANNELS = ("public", "platform")


class Thief:
    """The online half at a path, opened with its passphrase."""

    def __init__(self, home):
        self.home, self.online = home, home / "online"
        self.keyring = Keyring.unlock(self.online, Half.ONLINE, ONLINE)

    def release(self, channel):
        directory = self.online / "channels" / channel
        return load_release(directory, channel, KeyringKeys(self.keyring), None, datetime.now(UTC))

    def guess(self, channel, number):
        """Whether a guessed number is in what is served: no server and no quota are asked."""
        loaded = self.release(channel)
        epoch = loaded.release.epochs[0].epoch
        element = _core.tokenise([identifier(number)], loaded.evaluators[epoch].key)
        secret = token.tokens(element, channel, epoch)[0]
        (snapshot,) = (one for one in loaded.snapshots.values() if one.manifest.epoch == epoch)
        geometry = snapshot.manifest.geometry
        body = snapshot.body(token.bucket_index(secret, geometry.bits))
        return token.find(secret, body[: geometry.stride], channel, epoch) is not None


@pytest.fixture(scope="module")
def custody_home(original, tmp_path_factory):
    """A HOME with a sensitive dataset, an erased number, and a second epoch on `public`."""
    held = original.copy(tmp_path_factory.mktemp("stolen") / "custody" / "home")
    with Custody.open(held.path, passphrase=CUSTODY, online_passphrase=ONLINE) as custody:
        rows = write_csv(held.path.parent / "sensitive.csv", [SENSITIVE])
        custody.load(rows, dataset="sensitive", kind="exposure", sensitive=True)
        custody.publish("platform")
        custody.erase(ERASED)
        custody.rotate("public", compromised=True)
    return held


@pytest.fixture(scope="module")
def thief(custody_home, tmp_path_factory):
    home = tmp_path_factory.mktemp("thief") / "home"
    shutil.copytree(custody_home.path / "online", home / "online")
    return Thief(home)


def test_guesses_can_be_tested_without_a_quota(thief):
    assert [thief.guess(channel, HIT) for channel in CHANNELS] == [True, True]
    assert [thief.guess(channel, MISS) for channel in CHANNELS] == [False, False]


def test_what_is_not_in_a_channel_is_not_found_with_its_keys(thief):
    assert [thief.guess(channel, SENSITIVE) for channel in CHANNELS] == [False, True]
    assert [thief.guess(channel, ERASED) for channel in CHANNELS] == [False, False]


def test_there_is_no_key_but_those_of_timestamps_and_served_epochs(thief):
    """No vault, storage, journal or other signing key; and none of an epoch that has ended."""
    timestamps = {timestamp_key_id(channel) for channel in CHANNELS}
    assert set(thief.keyring.ids()) == timestamps | {"channel-public-2", "channel-platform-1"}


def test_its_files_are_those_of_the_server(thief):
    known = {"channels", "keys", "keyring.json", JOURNAL_FILE}
    known |= {"clock.json", "service.sqlite3", "service.sqlite3-wal", "service.sqlite3-shm"}  # what a server writes
    assert {path.name for path in thief.online.iterdir()} - {"lock", "bundle-lock"} <= known
    with pytest.raises(KeyringError):
        Keyring.unlock(thief.online, Half.CUSTODY, CUSTODY)


def test_an_erased_number_is_sealed_in_the_journal(thief, custody_home):
    """Custody opens the entry; the half has neither that key (see above), nor the element or number in any file."""
    (line,) = (thief.online / JOURNAL_FILE).read_bytes().splitlines()
    with custody_home.opened() as session:
        element = _core.tokenise([identifier(ERASED)], session.keyring.scalar(VAULT_KEY_ID))
        assert open_element(Entry.from_line(line), session.keyring.symmetric(JOURNAL_SEAL_KEY_ID)) == element
    held = b"".join(path.read_bytes() for path in thief.online.rglob("*") if path.is_file())
    assert element not in held
    assert ERASED.encode() not in held


def test_an_entry_cannot_be_added_altered_or_removed(thief, serve, front, client_at, tmp_path):
    """The timestamp key signs timestamps alone: clients refuse targets, snapshot and root metadata that it has signed."""
    copy = tmp_path / "home"  # a server writes files into its half
    shutil.copytree(thief.online, copy / "online")
    proxy = front(serve(copy))
    client = client_at(
        proxy.url, trust=(thief.online / "channels" / "public" / "metadata" / "1.root.json").read_bytes()
    )
    own = [HeldKey(thief.keyring.signing(timestamp_key_id("public")))]
    metadata = thief.online / "channels" / "public" / "metadata"

    def read(name, kind):
        return Metadata[kind].from_bytes((metadata / name).read_bytes()).signed

    stamp = read("timestamp.json", Timestamp)
    snapshot = read(f"{stamp.snapshot_meta.version}.snapshot.json", Snapshot)
    targets = read(f"{snapshot.meta['targets.json'].version}.targets.json", Targets)
    stamp.version, snapshot.version, targets.version = stamp.version + 1, snapshot.version + 1, targets.version + 1
    stamp.snapshot_meta.version, snapshot.meta["targets.json"].version = snapshot.version, targets.version
    targets.targets.popitem()
    proxy.put_over({
        "timestamp.json": sign(stamp, own),
        f"{snapshot.version}.snapshot.json": sign(snapshot, own),
        f"{targets.version}.targets.json": sign(targets, own),
    })  # fmt: skip
    assert_unknown(client, "bad_signature")
    root = read("root.json", Root)
    root.version += 1
    proxy.put_over({f"{root.version}.root.json": sign(root, own)})
    assert_unknown(client, "bad_signature")
