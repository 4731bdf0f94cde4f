"""A year in the life of two machines without a common directory: bundles between them, and signing keys on three media."""

import shutil
from datetime import timedelta

import pytest
from pilookup_server.keys.keyring_adapter import KeyringKeys
from pilookup_server.release.loaded_release import load_release
from pilookup_server.release.timestamp import newer_snapshot, renew, take_up
from tuf.api.metadata import Metadata, Root

from pilookup import _core
from pilookup.bundles.incoming import Trusted
from pilookup.bundles.take_up import take_up as import_bundle
from pilookup.bundles.unlisted import remove_unlisted_now
from pilookup.custody import Custody
from pilookup.custody.backup.restore import restore
from pilookup.custody.home import Home
from pilookup.custody.passphrase_change import change_passphrase
from pilookup.errors import KeysElsewhereError
from pilookup.keyring import Half, Keyring
from pilookup.protocol import token
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.release import MANIFEST
from pilookup.release_files.verify import verify_directory
from pilookup.signing.request import read_request
from pilookup.signing.sealed_key import FileSigner, read_sealed_key
from pilookup.signing.signature_file import sign_request
from pilookup.signing.signer import tuf_key_id
from tests.support.custody.channel import NOW, NUMBERS
from tests.support.custody.home import write_csv

HOLDER, BACKUP = b"passphrase of a holder", b"passphrase of the backup"
OFFLINE = [f"{role}-public-{i}" for role in ("root", "targets") for i in (1, 2, 3)]
CHANNEL = "online/channels/public"


class Year:
    """Both machines, what is carried between them, the holders' media, and a client that remembers what it saw."""

    def __init__(self, folder):
        self.folder = folder
        self.custody, self.serving = folder / "custody-machine" / "home", folder / "serving-machine" / "home"
        self.media = [folder / f"medium-{i}" for i in (1, 2, 3)]
        for path in (self.custody.parent, self.serving.parent, *self.media, folder / "disc"):
            path.mkdir()
        self.now = NOW
        self.passphrases = {Half.CUSTODY: b"first of the custody half", Half.ONLINE: b"first of the online half"}
        self.seen, self.seen_keys = (0,) * 6, None
        self.carried = 0

    def opened(self, *media):
        """The custody HOME, with the keys on these media at hand."""
        signers = [signer for medium in media for signer in self.signers(medium)]
        given = {"passphrase": self.passphrases[Half.CUSTODY], "online_passphrase": self.passphrases[Half.ONLINE]}
        return Custody.open(self.custody, **given, clock=lambda: self.now, signers=signers)

    def signers(self, medium):
        return [FileSigner(read_sealed_key(path), lambda: HOLDER) for path in sorted(self.media[medium - 1].iterdir())]

    def signed(self, request, *media):
        """The signature files of the holders of these media, each with the keys that are asked for."""
        parsed = read_request(request)
        asked = {key for role in parsed.unsigned.metadata() for key in parsed.unsigned.keys_of(role)}
        return [
            sign_request(parsed, [one for one in self.signers(medium) if tuf_key_id(one) in asked]).to_bytes()
            for medium in media
        ]

    def carry(self, trust=None):
        """Export a bundle, import it on the serving machine, and let its server take it up."""
        self.now += timedelta(days=1)
        self.carried += 1
        bundle = self.folder / "disc" / f"bundle-{self.carried}"
        with Custody.open(self.custody, passphrase=self.passphrases[Half.CUSTODY], clock=lambda: self.now) as custody:
            custody.export_bundle(bundle)
        outcome = import_bundle([bundle], self.serving, Trusted.read([trust] if trust else []), self.now)
        self.serve()
        return outcome

    def keys(self):
        return KeyringKeys(Keyring.unlock(self.serving / "online", Half.ONLINE, self.passphrases[Half.ONLINE]))

    def serve(self):
        """Take the newest release up, renew the timestamp, and delete what is not listed any more, as a server does."""
        directory, keys = self.serving / CHANNEL, self.keys()
        snapshot = newer_snapshot(directory)
        if snapshot is not None:
            load_release(directory, "public", keys, None, self.now, (), snapshot)
            assert take_up(directory, "public", keys, snapshot, self.now)
        renew(directory, "public", keys, timedelta(hours=24), self.now)
        remove_unlisted_now(self.serving / "online", "public")

    def check(self, number):
        """Whether the newest epoch lists a number; refuses anything older than was seen before, as clients do."""
        directory = self.serving / CHANNEL
        verify_directory(directory, (self.custody.parent / "trust-public.json").read_bytes(), self.now)
        loaded = load_release(directory, "public", self.keys(), None, self.now)
        release, newest = loaded.release, loaded.release.epochs[0]
        manifest = Manifest.from_bytes((directory / "targets" / newest.path(MANIFEST)).read_bytes())
        versions = release.root_version, release.timestamp_version, release.snapshot_version, release.targets_version
        found = (*versions, manifest.epoch, manifest.serial)
        roles = Metadata[Root].from_bytes((directory / "metadata" / "root.json").read_bytes()).signed.roles
        keys = [roles[role].keyids for role in ("timestamp", "snapshot")]
        if keys != self.seen_keys:  # as TUF says (5.3.11): their versions may start again under a new key
            self.seen, self.seen_keys = (self.seen[0], 0, 0, *self.seen[3:]), keys
        assert all(new >= old for new, old in zip(found, self.seen, strict=True)), f"rolled back: {found}, {self.seen}"
        self.seen = found
        element = _core.tokenise([f"tel:+86{number}".encode()], loaded.evaluators[manifest.epoch].key)
        secret = token.tokens(element, "public", manifest.epoch)[0]
        body = loaded.snapshots[manifest.serial].body(token.bucket_index(secret, manifest.geometry.bits))
        slots = body[: manifest.geometry.stride]
        return token.find(secret, slots, "public", manifest.epoch) is not None

    def load(self, name, numbers, *media):
        path = write_csv(self.folder / f"{name}.csv", numbers)
        with self.opened(*media) as custody:
            custody.load(path, dataset=name, kind="exposure")
            return custody.prepare("public").request if not media else custody.publish("public")


@pytest.fixture
def year(tmp_path):
    return Year(tmp_path)


def test_a_year_in_the_life(year):
    # The first days: made, loaded, published and carried; then each holder takes a key of root and one of targets.
    given = {"passphrase": year.passphrases[Half.CUSTODY], "online_passphrase": year.passphrases[Half.ONLINE]}
    Custody.initialise(year.custody, **given, clock=lambda: NOW)
    shutil.copy(year.custody / "trust-public.json", year.custody.parent)
    with year.opened() as custody:
        custody.load(write_csv(year.folder / "first.csv", NUMBERS[:50]), dataset="first", kind="exposure")
        custody.publish("public")
        for name in OFFLINE:
            custody.move_key(name, year.media[int(name[-1]) - 1] / f"{name}.key", passphrase=HOLDER)
    year.carry(trust=year.custody)
    assert (year.check(NUMBERS[0]), year.check(NUMBERS[60])) == (True, False)

    # A second case: prepared, signed by two holders, finished and carried.
    request = year.load("second", NUMBERS[50:100])
    with year.opened() as custody:
        custody.finish("public", year.signed(request, 1, 2))
    year.carry()
    assert (year.check(NUMBERS[0]), year.check(NUMBERS[60])) == (True, True)

    # An erasure: not arrived before two holders have signed, and gone afterwards.
    with year.opened() as custody:
        assert custody.erase(NUMBERS[0]).unsigned == ("public",)
    arrived = year.carry()
    assert (len(arrived.removals), arrived.not_included) == (1, ("public",))
    assert year.check(NUMBERS[0])
    with year.opened() as custody:
        custody.finish("public", year.signed(custody.prepare("public").request, 3, 1))
    assert year.carry().not_included == ()
    assert (year.check(NUMBERS[0]), year.check(NUMBERS[1])) == (False, True)

    # A rotation, and a root key that is lost and replaced.
    with year.opened(1, 2) as custody:
        custody.rotate("public")
    year.carry()
    assert year.check(NUMBERS[1])
    (year.media[2] / "root-public-3.key").unlink()
    with year.opened(1, 2) as custody:
        custody.replace_key("public", "root", "root-public-3")
        custody.move_key("root-public-4", year.media[2] / "root-public-4.key", passphrase=HOLDER)
    year.carry()
    assert year.check(NUMBERS[1])

    # The timestamp key is stolen: another one signs, and holders of the new root key sign with the others.
    with year.opened(2, 3) as custody:
        custody.replace_key("public", "timestamp")
    year.carry()
    assert year.check(NUMBERS[1])

    # Both passphrases are changed.
    for half, new in ((Half.CUSTODY, b"second of the custody half"), (Half.ONLINE, b"second of the online half")):
        change_passphrase(Home(year.custody), half, year.passphrases.__getitem__, lambda new=new: new)
        year.passphrases[half] = new
    year.carry()
    assert year.check(NUMBERS[1])

    # A backup; then more happens, which is carried; then the custody machine is lost.
    with year.opened() as custody:
        custody.back_up(year.folder / "disc" / "backup", backup_passphrase=BACKUP)
    year.now += timedelta(days=4)
    year.load("third", NUMBERS[100:150], 1, 2)
    with year.opened(1, 2) as custody:
        custody.erase(NUMBERS[1])
        custody.withdraw("second")
        custody.rotate("public")
    year.carry()
    assert [year.check(NUMBERS[at]) for at in (1, 2, 60, 110)] == [False, True, False, True]
    before = year.seen
    shutil.rmtree(year.custody)

    # Restored with the newest journal and release of the serving machine: the snapshot key is lost with the machine, and the
    # holders of root replace it.
    shutil.copytree(year.serving / "online", year.folder / "disc" / "online")
    year.now += timedelta(days=1)
    restored = restore(
        year.folder / "disc" / "backup",
        year.custody,
        year.folder / "disc" / "online",
        year.now,
        lambda: BACKUP,
        lambda: year.passphrases[Half.CUSTODY],
    )
    assert (restored.erased, restored.withdrawn, restored.missing) == (1, ("second",), ("third",))
    with year.opened(1, 3) as custody:
        with pytest.raises(KeysElsewhereError):
            custody.rotate("public")
        custody.replace_key("public", "snapshot")
    year.carry()
    assert [year.check(NUMBERS[at]) for at in (0, 1, 2, 60, 110)] == [False, False, True, False, False]
    assert all(new > old for new, old in zip(year.seen[3:], before[3:], strict=True))

    # What was lost is loaded again, under an id that was never used.
    year.load("third-again", NUMBERS[100:150], 2, 3)
    with year.opened() as custody:
        (dataset,) = (each for each in custody.status().datasets if each.id == "third-again")
        assert dataset.catalogue_id == 4
    year.carry()
    assert [year.check(NUMBERS[at]) for at in (0, 1, 2, 60, 110)] == [False, False, True, False, True]
