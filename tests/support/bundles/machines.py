"""A custody machine and serving machines without a common directory, and what each of them does."""

from datetime import timedelta

from pilookup_server.keys.keyring_adapter import KeyringKeys
from pilookup_server.release.loaded_release import load_release
from pilookup_server.release.timestamp import newer_snapshot
from pilookup_server.release.timestamp import take_up as sign_timestamp

from pilookup.bundles.incoming import Trusted
from pilookup.bundles.take_up import take_up
from pilookup.custody import Custody
from pilookup.keyring import Half, Keyring
from pilookup.protocol.release import TIMESTAMP
from pilookup.release_files.destroyed_epochs import DestroyedEpochs
from tests.support.custody.channel import NOW, NUMBERS, initialised
from tests.support.custody.home import write_csv
from tests.support.custody.startable import start
from tests.support.home_templates import home_like

PASSPHRASES = {"passphrase": b"custody passphrase of the tests", "online_passphrase": b"online passphrase of the tests"}


def published(path):
    """A HOME with both halves that has published both channels, new or copied."""
    return home_like(_publish, path)


def _publish(path):
    initialised(path)
    with opened(path) as custody:
        custody.load(write_csv(path / "numbers.csv", NUMBERS), dataset="case-1", kind="exposure")
        custody.publish("public")
        custody.publish("platform")


def opened(path, now=NOW, **passphrases):
    return Custody.open(path, clock=lambda: now, **(PASSPHRASES | passphrases))


def export(home, out, now=NOW, **options):
    """Export a bundle without the passphrase of the online half; returns the outcome."""
    with opened(home, now, online_passphrase=None) as custody:
        return custody.export_bundle(out, **options)


def import_bundle(paths, home, trust=None, now=NOW):
    """Import a bundle on a serving machine; `trust` is a directory with the trust files."""
    return take_up(paths if isinstance(paths, list) else [paths], home, Trusted.read([trust] if trust else []), now)


def serve(home, now=NOW):
    """Do what a server does when a release has arrived; returns the epochs that it can start with, by channel."""
    keys = KeyringKeys(Keyring.unlock(home / "online", Half.ONLINE, PASSPHRASES["online_passphrase"]))
    served = {}
    for directory in sorted((home / "online" / "channels").iterdir()):
        snapshot = newer_snapshot(directory) if (directory / "metadata" / "root.json").exists() else None
        if snapshot is not None:
            destroyed = DestroyedEpochs(directory).read()
            load_release(directory, directory.name, keys, None, now, destroyed, snapshot)
            assert sign_timestamp(directory, directory.name, keys, snapshot, now)
        served[directory.name] = start(home, now, directory.name)
    return served


def carried(path, out="bundle", now=NOW):
    """A custody HOME, a bundle exported from it, and an empty HOME for a serving machine, below `path`."""
    custody = published(path / "custody")
    export(custody, path / out, now)
    return custody, path / out, path / "serving"


def state(home):
    """Every file of an online half with its content, except locks and what the server writes."""
    online = home / "online"
    if not online.exists():
        return None
    return {
        str(path.relative_to(online)): path.read_bytes()
        for path in sorted(online.rglob("*"))
        if path.is_file() and path.name not in ("lock", "bundle-lock", TIMESTAMP, "bundle-machine")
    }


LATER = NOW + timedelta(hours=1)
