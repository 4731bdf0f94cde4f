"""`Keyring`: the keys of one half of HOME, by key id.

The buffer in which a new master key is made is wiped, and the native core wipes scalars. Python cannot wipe `bytes`
objects, such as the passphrase and the keys that pass through `cryptography` or `export`; they stay in memory until the
allocator reuses it. A memory image or core dump of a running command therefore contains its keys, and swap should be
encrypted.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pilookup import destruction, durable, file_errors
from pilookup._core import SecretKey
from pilookup.errors import KeyringError
from pilookup.keyring.key_directory import FIRST_NAME, destroy_former_keys, key_directory
from pilookup.keyring.key_file import KEY_SUFFIX, KeyKind, check_key_id, open_key, seal_key
from pilookup.keyring.master_key import MASTER_BYTES, MASTER_KEY_NAME, Half, MasterKeyFile, read_master_key
from pilookup.keyring.private_file import read_private


class Keyring:
    """An unlocked keyring. A writer must hold the lock of the half, so that there is only one at a time.

    Attributes:
        states_log_keys: Whether `keyring.json` states that the keys of the audit log and of the journal were made. A
            missing one of them was then deleted, and is not made again.
    """

    def __init__(
        self, directory: Path, half: Half, master: bytes, keys: Path | None = None, *, states_log_keys: bool = False
    ) -> None:
        self.directory = directory
        self.half = half
        self.states_log_keys = states_log_keys
        self._keys = keys or directory / FIRST_NAME
        self._cipher = AESGCMSIV(master)

    def __repr__(self) -> str:
        return f"<Keyring of the {self.half} half>"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("an unlocked keyring cannot be pickled")

    @classmethod
    def create(cls, directory: Path, half: Half, passphrase: bytes) -> Self:
        """Make a new keyring: `keyring.json` and `keys/` in the directory of the half.

        Args:
            directory: The directory of the half, made if it is missing.
            half: Which half it is.
            passphrase: At least one byte.

        Raises:
            KeyringError: The passphrase is empty, the directory has a keyring already, or it cannot be written.
        """
        master = bytearray(os.urandom(MASTER_BYTES))
        try:
            master_key = MasterKeyFile.create(half, passphrase, bytes(master))
            keyring = cls(directory, half, bytes(master))
        finally:
            master[:] = bytes(MASTER_BYTES)
        try:
            directory.mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
            keyring._keys.mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
            durable.create(directory / MASTER_KEY_NAME, master_key.to_bytes())
        except FileExistsError:
            raise KeyringError(f"{directory}: there is a keyring already") from None
        except OSError as error:
            raise KeyringError(file_errors.failure_text(error, "cannot be written", directory)) from error
        return keyring

    @classmethod
    def unlock(cls, directory: Path, half: Half, passphrase: bytes) -> Self:
        """Open the keyring of a half.

        Raises:
            KeyringError: `keyring.json` is missing, damaged, of another half or accessible to others (the text names
                the file), or the passphrase is wrong (the text says so).
        """
        return cls.opened(directory, read_master_key(directory, half), passphrase)

    @classmethod
    def opened(cls, directory: Path, master_key: MasterKeyFile, passphrase: bytes) -> Self:
        """Open the keyring of a half whose `keyring.json` was read; raises KeyringError if the passphrase is wrong."""
        return cls(
            directory,
            master_key.half,
            master_key.open(passphrase),
            key_directory(directory, master_key),
            states_log_keys=master_key.states_log_keys,
        )

    def state_log_keys(self, passphrase: bytes) -> None:
        """State in `keyring.json`, in one step, that the keys of the audit log and of the journal were made.

        The passphrase, the master key and the key files stay. Does nothing if the file states it already.

        Args:
            passphrase: The one of the half.

        Raises:
            KeyringError: The passphrase is wrong, or the file cannot be read or written.
        """
        if self.states_log_keys:
            return
        stating = read_master_key(self.directory, self.half).stating_log_keys(passphrase)
        with file_errors.failures_as(KeyringError, self.directory / MASTER_KEY_NAME):
            durable.replace(self.directory / MASTER_KEY_NAME, stating.to_bytes())
        self.states_log_keys = True

    def destroy_former(self) -> None:
        """Destroy what a killed change of the passphrase left. The caller must hold the lock of the half.

        Raises:
            KeyringError: `keyring.json` cannot be read, or a key file cannot be overwritten or deleted.
        """
        destroy_former_keys(self.directory, read_master_key(self.directory, self.half))

    def ids(self) -> list[str]:
        """The ids of all keys, sorted."""
        return sorted(path.name.removesuffix(KEY_SUFFIX) for path in self._keys.glob(f"[a-z0-9]*{KEY_SUFFIX}"))

    def add_scalar(self, key_id: str, key: SecretKey) -> None:
        """Store a scalar; raises KeyringError if there is a key with that id."""
        self._add(key_id, KeyKind.SCALAR, key.export())

    def scalar(self, key_id: str) -> SecretKey:
        """Load a scalar; raises KeyringError if it is missing or damaged."""
        data = self._load(key_id, KeyKind.SCALAR)
        try:
            return SecretKey.from_bytes(data)
        except ValueError:
            raise KeyringError(f"{self.path(key_id)}: not a scalar") from None

    def add_bytes(self, key_id: str, data: bytes) -> None:
        """Store a symmetric key of 32 bytes; raises KeyringError if there is a key with that id."""
        self._add(key_id, KeyKind.SYMMETRIC, data)

    def symmetric(self, key_id: str) -> bytes:
        """Load a symmetric key of 32 bytes; raises KeyringError if it is missing or damaged."""
        return self._load(key_id, KeyKind.SYMMETRIC)

    def add_signing(self, key_id: str, key: Ed25519PrivateKey) -> None:
        """Store an Ed25519 key; raises KeyringError if there is a key with that id."""
        self._add(key_id, KeyKind.SIGNING, key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))

    def signing(self, key_id: str) -> Ed25519PrivateKey:
        """Load an Ed25519 key; raises KeyringError if it is missing or damaged."""
        return Ed25519PrivateKey.from_private_bytes(self._load(key_id, KeyKind.SIGNING))

    def destroy(self, key_id: str) -> None:
        """Overwrite and delete a key file; does nothing if there is none. `destruction.destroy` describes the limits.

        The file first loses its name, so that no command finds a key that is overwritten in part. Destroying it again
        also removes what a kill left under the temporary name.

        Raises:
            KeyringError: The file cannot be overwritten or deleted.
        """
        path = self.path(key_id)
        try:
            destruction.destroy(durable.temporary(path))
            with suppress(FileNotFoundError):  # there is none, or another process destroys it
                path.rename(durable.temporary(path))
            destruction.destroy(path)
        except OSError as error:
            raise KeyringError(file_errors.failure_text(error, "cannot be destroyed", path)) from error

    def path(self, key_id: str) -> Path:
        """The file of a key, whether it is there or not; raises KeyringError if this is not a key id."""
        return self._keys / (check_key_id(key_id) + KEY_SUFFIX)

    def _add(self, key_id: str, kind: KeyKind, key: bytes) -> None:
        path = self.path(key_id)
        try:
            durable.create(path, seal_key(self._cipher, self.half, key_id, kind, key))
        except FileExistsError:
            raise KeyringError(f"{path}: there is already a key with that id") from None
        except OSError as error:
            raise KeyringError(file_errors.failure_text(error, "cannot be written", path)) from error

    def _load(self, key_id: str, kind: KeyKind) -> bytes:
        path = self.path(key_id)
        data = read_private(path)
        try:
            return open_key(self._cipher, self.half, key_id, kind, data)
        except KeyringError as error:
            raise KeyringError(f"{path}: {error}") from None
