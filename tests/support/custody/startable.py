"""Whether a server could start from a HOME's online half as it is on disk at this moment."""

from datetime import timedelta

from pilookup_server.keys.keyring_adapter import KeyringKeys
from pilookup_server.release.loaded_release import load_release
from pilookup_server.release.timestamp import renew

from pilookup.keyring import Half, Keyring
from pilookup.protocol.release import TIMESTAMP
from tests.support.custody.channel import NOW


def start(home, now=NOW, channel="public"):
    """Load the release as a worker does that starts now; return the numbers of its epochs, oldest first.

    Returns None if the channel was never published. Raises what the worker would refuse the release with. An epoch that
    the release lists and that is not over must have its key.
    """
    directory = home / "online" / "channels" / channel
    if not (directory / "metadata" / TIMESTAMP).exists():
        return None
    keys = KeyringKeys(Keyring.unlock(home / "online", Half.ONLINE, b"online passphrase of the tests"))
    renew(directory, channel, keys, timedelta(hours=24), now)
    loaded = load_release(directory, channel, keys, None, now)
    assert sorted(loaded.evaluators) == sorted(e.epoch for e in loaded.release.epochs if e.serves_until > now)
    return sorted(loaded.evaluators)
