"""Signing keys in the hands of holders: moving keys to media, signing there, and checking what is served then."""

from tuf.api.metadata import Metadata, Root

from pilookup.custody import Custody
from pilookup.custody.signing_keys import Place
from pilookup.release_files.verify import verify_directory
from pilookup.signing.request import read_request
from pilookup.signing.sealed_key import FileSigner, read_sealed_key
from pilookup.signing.signature_file import sign_request
from pilookup.signing.signer import tuf_key_id
from tests.support.custody.channel import NOW
from tests.support.custody.home import files_under
from tests.support.custody.startable import start

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}
HOLDER = b"passphrase of a holder"
OFFLINE = [f"{role}-public-{i}" for role in ("root", "targets") for i in (1, 2, 3)]


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


def listed_role(custody, role, channel="public"):
    """A role of a channel with its keys, as they are listed."""
    (found,) = (each for each in custody.signing_keys() if (each.channel, each.role) == (channel, role))
    return found
