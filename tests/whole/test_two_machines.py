"""A year in the life of two machines, three holders of keys and one client, on directories that have nothing in common.

Custody publishes with keys on three media, bundles carry releases to a server that runs in a process of its own, and
one client, which remembers the newest release that it has seen, asks it after every step.
"""

import itertools
import shutil
import time
from datetime import UTC, datetime

import pytest

from pilookup import Client
from pilookup.bundles.acknowledgement import write_acknowledgement
from pilookup.bundles.incoming import Trusted
from pilookup.bundles.machine import read_machine_trust
from pilookup.bundles.take_up import take_up
from pilookup.custody import Custody
from pilookup.custody.backup.restore import restore
from pilookup.custody.bundles import import_acknowledgement
from pilookup.custody.home import Home as Layout
from pilookup.custody.passphrase_change import change_passphrase
from pilookup.errors import KeysElsewhereError, PilookupError
from pilookup.keyring import Half
from pilookup.release_files.verify import verify_directory
from pilookup.signing.request import read_request
from pilookup.signing.sealed_key import FileSigner, read_sealed_key
from pilookup.signing.signature_file import sign_request
from pilookup.signing.signer import tuf_key_id
from tests.support.custody.home import write_csv
from tests.support.passphrase_cost import open_to_commands, shipped_profile
from tests.support.whole.home import Home

CUSTODY, ONLINE = b"custody passphrase of the tests", b"online passphrase of the tests"
BACKUP = b"backup passphrase of the tests"
HOLDERS = {"a": b"passphrase of holder a", "b": b"passphrase of holder b", "c": b"passphrase of holder c"}
KEYS = {
    "a": ("root-public-1", "targets-public-1", "snapshot-public"),
    "b": ("root-public-2", "targets-public-2"),
    "c": ("root-public-3", "targets-public-3"),
}
VILLAGE = [f"138001{n:05}" for n in range(300)]
LATER = [f"139002{n:05}" for n in range(200)]
ERASED, LATE_ERASED, STAYS = VILLAGE[7], VILLAGE[8], VILLAGE[9]


class Police:
    """The custody machine, and the holders who bring their media to it."""

    def __init__(self, path, media, disc):
        self.home, self.media, self.disc = path, media, disc
        self.passphrases = {"passphrase": CUSTODY, "online_passphrase": ONLINE}
        self.requests = self.bundles = 0

    def open(self):
        return Custody.open(self.home, **self.passphrases)

    def load(self, numbers, dataset):
        with self.open() as custody:
            file = write_csv(self.home.parent / f"{dataset}.csv", numbers)
            custody.load(file, dataset=dataset, kind="malicious-registration")

    def sign(self, request, holders="ab"):
        """What the holders do on machines of their own: each signs with those keys of one medium that are needed."""
        read = read_request(request)
        needed = {key for role in read.unsigned.metadata() for key in read.unsigned.keys_of(role)}
        signatures = []
        for holder in holders:
            keys = [read_sealed_key(path) for path in sorted((self.media / holder).glob("*.key"))]
            signers = [FileSigner(key, lambda holder=holder: HOLDERS[holder]) for key in keys]
            signatures.append(sign_request(read, [one for one in signers if tuf_key_id(one) in needed]).to_bytes())
        return signatures

    def publish(self, holders="ab", prepare=None):
        """Prepare a release here, have it signed, and finish it here; returns what was published."""
        with self.open() as custody:
            prepared = prepare(custody) if prepare else custody.prepare("public")
        with self.open() as custody:
            return custody.finish("public", self.sign(prepared.request, holders))

    def export(self):
        self.bundles += 1
        out = self.disc / f"bundle-{self.bundles}"
        with Custody.open(self.home, passphrase=self.passphrases["passphrase"]) as custody:
            return custody.export_bundle(out, piece_size=4096)


def carry(police, serving, trust=None):
    """Carry a bundle to the serving machine, in pieces."""
    exported = police.export()
    return take_up(list(exported.files), serving.path, Trusted.read([trust] if trust else []), datetime.now(UTC))


def acknowledge(police, serving):
    """Carry back what the serving machine has taken up, until custody waits for nothing: the server signs in its time."""
    end = time.monotonic() + 120
    for attempt in itertools.count():
        back = police.disc / f"acknowledgement-{police.bundles}-{attempt}"
        write_acknowledgement(serving.path / "online", back, datetime.now(UTC))
        known = read_machine_trust([serving.path])  # somebody carried it once, apart from the acknowledgement
        waiting = import_acknowledgement([back], Layout(police.home), known).waiting
        if not waiting:
            return
        assert time.monotonic() < end, waiting
        time.sleep(0.2)


def answers(client, number, status):
    """Ask until the release that was carried is served: a server takes it up within a second or so."""
    end = time.monotonic() + 120
    while True:
        result = client.check(number)
        if result.status == status:
            return result
        assert result.status in {"found", "not_found"}, (result.reason, result.detail)
        assert time.monotonic() < end, f"{result.status} and not {status}"
        time.sleep(0.1)


@pytest.fixture
def machines(tmp_path):
    """The custody machine with its keys moved to three media, and the serving machine, which has nothing yet."""
    for name in ("police", "net", "media/a", "media/b", "media/c", "disc"):
        (tmp_path / name).mkdir(parents=True)
    police = Police(tmp_path / "police" / "home", tmp_path / "media", tmp_path / "disc")
    Custody.initialise(police.home, **police.passphrases)
    open_to_commands(police.home / "online", Half.ONLINE, ONLINE)
    with police.open() as custody:
        for holder, keys in KEYS.items():
            for key in keys:
                custody.move_key(key, police.media / holder / f"{key}.key", passphrase=HOLDERS[holder])
    return police, Home(tmp_path / "net")


def test_a_year(machines, tmp_path):
    police, serving = machines
    police.load(VILLAGE, "village")
    with police.open() as custody, pytest.raises(KeysElsewhereError):
        custody.publish("public")
    published = [police.publish()]
    trust = tmp_path / "trust"
    trust.mkdir()
    for path in police.home.glob("trust-*.json"):
        shutil.copy(path, trust)
    carry(police, serving, trust)
    client_of = {"trust": trust / "trust-public.json", "state_dir": tmp_path / "client"}

    with serving.serve() as address, Client(address, "public", **client_of) as client:
        assert answers(client, STAYS, "found").malicious is True
        answers(client, LATER[0], "not_found")

        # A number is erased: custody says that it is still served until a release is signed and carried.
        with police.open() as custody:
            assert custody.erase(ERASED).unsigned == ("public",)
        published.append(police.publish("ba"))
        answers(client, ERASED, "found")
        assert [text.split()[0] for text in carry(police, serving).removals] == ["erasure"]
        answers(client, ERASED, "not_found")
        acknowledge(police, serving)

        # A new epoch.
        with police.open() as custody, pytest.raises(KeysElsewhereError):
            custody.rotate("public")
        published.append(police.publish())
        assert (published[-1].epoch, published[-2].epoch) == (2, 1)
        carry(police, serving)
        answers(client, STAYS, "found")

        # The medium of holder c is lost: a new root key takes the place of the lost one, and a new targets key.
        shutil.rmtree(police.media / "c")
        for role in ("root", "targets"):
            name = f"{role}-public-3"
            published.append(
                police.publish(
                    prepare=lambda custody, r=role, n=name: custody.replace_key("public", r, n, prepare=True)
                )
            )
        carry(police, serving)
        answers(client, STAYS, "found")

        # Somebody has copied the timestamp key.
        published.append(
            police.publish(prepare=lambda custody: custody.replace_key("public", "timestamp", prepare=True))
        )
        carry(police, serving)
        answers(client, STAYS, "found")
        answers(client, ERASED, "not_found")

    # Passphrases are changed; the online half's new one reaches the serving machine with the next bundle.
    changed = {"passphrase": b"second custody passphrase", "online_passphrase": b"second online passphrase"}
    for half, name in ((Half.CUSTODY, "passphrase"), (Half.ONLINE, "online_passphrase")):
        with shipped_profile():  # the server, a process of its own, opens the online half
            change_passphrase(
                Layout(police.home),
                half,
                lambda half: police.passphrases[f"{'online_' * (half is Half.ONLINE)}passphrase"],
                lambda name=name: changed[name],
            )
        police.passphrases[name] = changed[name]
    with pytest.raises(PilookupError):
        Custody.open(police.home, passphrase=CUSTODY)
    published.append(police.publish())
    carry(police, serving)
    serving.environment["PILOOKUP_ONLINE_PASSPHRASE"] = changed["online_passphrase"].decode()

    backup = police.disc / "backup"
    with Custody.open(police.home, passphrase=changed["passphrase"]) as custody:
        custody.back_up(backup, backup_passphrase=BACKUP)

    with serving.serve() as address, Client(address, "public", **client_of) as client:
        answers(client, STAYS, "found")

        # After the backup: a load, an erasure, a withdrawal and a rotation. Then custody burns down.
        police.load(LATER, "later")
        police.load(LATER[:50], "withdrawn")
        with police.open() as custody:
            custody.erase(LATE_ERASED)
            custody.withdraw("withdrawn")
        published.append(police.publish())
        with police.open() as custody, pytest.raises(KeysElsewhereError):
            custody.rotate("public", compromised=True)
        published.append(police.publish())
        carry(police, serving)
        answers(client, LATER[0], "found")
        answers(client, LATE_ERASED, "not_found")
        with police.open() as custody:
            known = {row.slug: row.id for row in custody._session().control.datasets(active_only=False)}
        shutil.rmtree(police.home)

        # What is left is the backup, and what the serving machine holds.
        outcome = restore(
            backup, police.home, serving.path / "online", datetime.now(UTC),
            lambda: BACKUP, lambda: changed["passphrase"],
        )  # fmt: skip
        assert (outcome.erased, outcome.channels) == (1, ("public",))
        with police.open() as custody, pytest.raises(KeysElsewhereError):
            custody.rotate("public", compromised=True)
        published.append(police.publish())
        police.load(LATER, "later-again")
        published.append(police.publish())
        carry(police, serving)
        answers(client, STAYS, "found")
        for number in (ERASED, LATE_ERASED):
            answers(client, number, "not_found")
        answers(client, LATER[100], "found")

        acknowledge(police, serving)

        # The erased numbers stay out when the same file is loaded again.
        with police.open() as custody:
            custody.load(
                police.home.parent / "village.csv", dataset="village", kind="malicious-registration", replace=True
            )
        published.append(police.publish())
        carry(police, serving)
        answers(client, STAYS, "found")
        answers(client, ERASED, "not_found")
        with police.open() as custody:
            assert not custody.load(write_csv(tmp_path / "x.csv", LATER), dataset="x", kind="exposure").total.rejected
            ids = {row.slug: row.id for row in custody._session().control.datasets(active_only=False)}

    serials = [one.serial for one in published if one.changed]
    assert serials == sorted(set(serials))
    epochs = [one.epoch for one in published]
    assert epochs == sorted(epochs)
    new = set(ids) - set(known)
    assert {ids[slug] for slug in new} & set(known.values()) == set()
    verify_directory(
        police.home / "online" / "channels" / "public", (trust / "trust-public.json").read_bytes(), datetime.now(UTC)
    )


def test_one_medium_of_three_signs_nothing(machines):
    """A thief has the medium of one holder with its passphrase, and the online half."""
    police, _ = machines
    police.load(VILLAGE, "village")
    for holder in HOLDERS:
        with police.open() as custody:
            prepared = custody.prepare("public")
        with police.open() as custody, pytest.raises(KeysElsewhereError):
            custody.finish("public", police.sign(prepared.request, holder))
    assert not (police.home / "online" / "channels" / "public" / "metadata" / "timestamp.json").exists()
