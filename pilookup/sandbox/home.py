"""The directory of a sandbox: its HOME, and the secrets that nobody needs to remember."""

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from pilookup import durable, file_errors
from pilookup.custody import Custody
from pilookup.errors import HomeError
from pilookup.plain_file import read_plain
from pilookup.protocol.names import PLATFORM, PUBLIC
from pilookup.protocol.platform_key import KeyKind, PlatformKey
from pilookup.sandbox.fictional_data import load_cases

CHANNELS: Final = (PUBLIC, PLATFORM)
_SECRETS: Final = "sandbox.json"
_MAX_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Secrets:
    """The passphrases and the platform key of one sandbox. They protect nothing but synthetic data."""

    passphrase: str = field(repr=False)
    online_passphrase: str = field(repr=False)
    token: str = field(repr=False)

    @classmethod
    def generate(cls) -> "Secrets":
        """Make new ones."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), _new_key())

    @property
    def has_key(self) -> bool:
        """Whether the token is a platform key for tests; in a sandbox of a former version it is none."""
        key = PlatformKey.parse(self.token.encode())
        return key is not None and key.kind is KeyKind.TEST


@dataclass(frozen=True, slots=True)
class SandboxHome:
    """A sandbox on disk, ready to be served.

    Attributes:
        directory: the directory of the sandbox.
        secrets: its passphrases and its platform key.
    """

    directory: Path
    secrets: Secrets

    @property
    def home(self) -> Path:
        """Its HOME."""
        return self.directory / "home"

    def trust(self, channel: str) -> Path:
        """The trust file of a channel."""
        return self.home / f"trust-{channel}.json"


def prepare(directory: Path) -> SandboxHome:
    """Make a sandbox in a missing or empty directory, or renew the signatures of one that was made before.

    Args:
        directory: where the sandbox is kept.

    Raises:
        HomeError: the directory holds something else, or cannot be written.
        PilookupError: the fictional cases cannot be loaded or published, as `Custody` says.
    """
    with file_errors.failures_as(HomeError, directory):
        if (directory / _SECRETS).exists():
            sandbox = SandboxHome(directory, _current_secrets(directory / _SECRETS))
        elif directory.exists() and any(directory.iterdir()):
            raise HomeError(
                f"{directory}: is not empty, and no sandbox (or its making was interrupted): name another directory"
            )
        else:
            sandbox = _make(directory)
    with _open(sandbox) as custody:
        for channel in CHANNELS:
            custody.publish(channel)
    return sandbox


def _make(directory: Path) -> SandboxHome:
    directory.mkdir(mode=durable.DIRECTORY_MODE, parents=True, exist_ok=True)
    sandbox = SandboxHome(directory, Secrets.generate())
    Custody.initialise(
        sandbox.home,
        passphrase=sandbox.secrets.passphrase,
        online_passphrase=sandbox.secrets.online_passphrase,
        sandbox=True,
    )
    with _open(sandbox) as custody:
        load_cases(custody, directory)
    # Written last: without it, the directory is not taken for a sandbox that can be served again.
    durable.create(directory / _SECRETS, _to_bytes(sandbox.secrets))
    return sandbox


def _open(sandbox: SandboxHome) -> Custody:
    return Custody.open(
        sandbox.home, passphrase=sandbox.secrets.passphrase, online_passphrase=sandbox.secrets.online_passphrase
    )


def _new_key() -> str:
    return PlatformKey.generate(KeyKind.TEST).text


def _current_secrets(path: Path) -> Secrets:
    """Read the file of a sandbox; in that of a former version, a platform key takes the place of its token."""
    found = _read_secrets(path)
    if not found.has_key:
        found = replace(found, token=_new_key())
        durable.replace(path, _to_bytes(found))
    return found


def _to_bytes(found: Secrets) -> bytes:
    return json.dumps(asdict(found)).encode()


def _read_secrets(path: Path) -> Secrets:
    try:
        return Secrets(**json.loads(read_plain(path, _MAX_BYTES)))
    except (ValueError, TypeError):
        raise HomeError(f"{path}: is not the file of a sandbox: delete the directory, and make a new one") from None
