"""A HOME with both halves, sessions at any time, and lookups in its channels."""

from datetime import UTC, datetime

from pilookup import _core
from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
from pilookup.custody.initialise import initialise_home
from pilookup.custody.session import Session
from pilookup.custody.vault import Vault
from pilookup.keyring import Half, Keyring
from pilookup.protocol import token
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.release import MANIFEST
from pilookup.release_files.snapshot_filter import Filter as SnapshotFilter
from tests.support.filters import Filter, contains
from tests.support.home_templates import home_like

NOW = datetime.now(UTC).replace(microsecond=0)
NUMBERS = [f"1381234{i:04}" for i in range(300)]


def initialised(path):
    """A HOME with both halves, as `init` makes it at `NOW`, or a copy of one."""
    return home_like(_make, path)


def _make(path):
    initialise_home(path, b"custody passphrase of the tests", b"online passphrase of the tests", NOW)


def at(path, now=NOW):
    """A session at a given time; both halves unlocked."""
    home = Home(path)
    custody = Keyring.unlock(home.custody, Half.CUSTODY, b"custody passphrase of the tests")
    online = Keyring.unlock(home.online, Half.ONLINE, b"online passphrase of the tests")
    return Session(home, custody, ControlDatabase.open(home), Vault(home, custody), online, now)


def quiet(*_):
    pass


def manifests(session, channel="public"):
    repository = session.repository(channel)
    return [
        Manifest.from_bytes((repository.targets / epoch.path(MANIFEST)).read_bytes()) for epoch in repository.listed()
    ]


def settled_absent(session, numbers, channel="public"):
    """For the newest served epoch: whether the filters alone settle each number as absent, and what they doubt."""
    repository = session.repository(channel)
    epoch, manifest = repository.listed()[0], manifests(session, channel)[0]
    key = session.channel_key(channel, epoch.epoch)
    names = [*manifest.canaries, *(f"tel:+86{number}" for number in numbers)]
    elements = _core.tokenise([name.encode() for name in names], key)
    secrets = token.tokens(elements, channel, epoch.epoch)
    canaries = dict(zip(manifest.canaries, secrets, strict=False))
    made = SnapshotFilter(manifest, {name: repository.targets / epoch.path(name) for name in manifest.files}, canaries)
    return made.absent(secrets[len(canaries) :]), made.doubts


def look_up(session, number, channel="public"):
    """For each served epoch, newest first: the label of a number (or None), and whether a filter contains it."""
    repository = session.repository(channel)
    said = []
    for epoch, manifest in zip(repository.listed(), manifests(session, channel), strict=True):
        key = session.channel_key(channel, epoch.epoch)
        element = _core.tokenise([f"tel:+86{number}".encode()], key)
        secret = token.tokens(element, channel, epoch.epoch)[0]
        stride = manifest.geometry.stride
        start = token.bucket_index(secret, manifest.geometry.bits) * stride
        data = (repository.targets / epoch.path("buckets.bin")).read_bytes()
        filters = [
            Filter.from_bytes((repository.targets / epoch.path(name)).read_bytes())
            for name in epoch.files
            if name.endswith(".fuse16")
        ]
        held = any(contains(each.body, token.filter_key(secret)) for each in filters)
        said.append((token.find(secret, data[start : start + stride], channel, epoch.epoch), held))
    return said
