"""The list of numbers that must be checked again, because their answer was unknown.

Each entry is sealed to a public key (HPKE, RFC 9180, base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
ChaCha20-Poly1305). A machine that serves signups needs the public key only, so that whoever reads its disk learns no
number. The job that works the list off has the private key. The list is a SQLite file, which processes may share.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from pilookup import durable, file_errors
from pilookup.decisions.action import Scene
from pilookup.errors import FormatError, PilookupError
from pilookup.plain_file import read_plain

KEY_BYTES: Final = 32
MAX_ENTRIES: Final = 1_000_000
"""Most entries of a list, unless another limit is given."""

_INFO: Final = b"pilookup recheck list 1"
_BLOCK: Final = 64
"""Entries are padded to a multiple of these bytes, so that their length tells nothing of the number."""
_BUSY_SECONDS: Final = 0.2
"""How long an entry waits for another process that writes: a signup does not wait for long."""
_OPENING_SECONDS: Final = 30.0
"""How long opening a list waits for other processes: those of an application may all start in one moment."""
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class RecheckError(PilookupError):
    """A recheck list cannot be read or written, is full, or was sealed to another key. The text names the file."""


@dataclass(frozen=True, slots=True, repr=False)
class RecheckEntry:
    """What must be checked again.

    Attributes:
        account: The platform's own name for the account.
        number: The phone number as it was typed.
        scene: Where it was asked.
        since: The day from which the platform knows that this person has the number; None if it is not known.
    """

    account: str
    number: str
    scene: Scene
    since: date | None

    def __repr__(self) -> str:
        """Without the number."""
        return f"RecheckEntry(account={self.account!r}, scene={self.scene!r}, since={self.since!r})"

    def to_bytes(self) -> bytes:
        """The entry as it is sealed: JSON, padded with spaces."""
        since = self.since.isoformat() if self.since else None
        body = json.dumps(
            {"account": self.account, "number": self.number, "scene": self.scene, "since": since}
        ).encode()
        return body + b" " * (-len(body) % _BLOCK)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse what `to_bytes` made; raises FormatError."""
        try:
            body = json.loads(data)
            since = date.fromisoformat(body["since"]) if body["since"] else None
            return cls(str(body["account"]), str(body["number"]), Scene(body["scene"]), since)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise FormatError("recheck entry: not what was sealed") from None


class RecheckList:
    """A list of sealed entries in a SQLite file of mode 0600. Threads and processes may share the file.

    Example::

        RecheckList.make_key("recheck.key", "recheck.pub")       # once; keep recheck.key off the signup machine
        recheck_list = RecheckList("recheck.sqlite3", "recheck.pub")
        guard = Guard(client, policy, recheck_list=recheck_list)                                   # at signup
        for entry, decision in work_off(recheck_list, "recheck.key", client, policy):              # in the nightly job
            ...
    """

    def __init__(self, path: str | Path, public_key: str | Path, *, max_entries: int = MAX_ENTRIES) -> None:
        """Open a list, and make its file if it is missing.

        Args:
            path: The list's file.
            public_key: The file of the public key.
            max_entries: Most entries; a list that is full refuses further ones.

        Raises:
            RecheckError: The file cannot be made, or the key cannot be used.
        """
        self._path, self._most = Path(path), max_entries
        self._public = X25519PublicKey.from_public_bytes(_key(public_key))
        with _failures(self._path):
            durable.empty_file(self._path)  # by SQLite it would be readable for others
        with self._database(_OPENING_SECONDS) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL)"
            )

    @staticmethod
    def make_key(private_key: str | Path, public_key: str | Path) -> None:
        """Make the keys of a list in two new files; the private one has mode 0600.

        Raises:
            RecheckError: A file exists or cannot be written.
        """
        key = X25519PrivateKey.generate()
        for path, data in ((private_key, key.private_bytes_raw()), (public_key, key.public_key().public_bytes_raw())):
            with _failures(Path(path)):
                durable.create(Path(path), data)

    def add(self, entry: RecheckEntry) -> None:
        """Seal an entry and append it; it is on disk when this returns.

        Raises:
            RecheckError: The list is full or cannot be written.
        """
        sealed = _SUITE.encrypt(entry.to_bytes(), self._public, _INFO)
        with self._database() as database:
            if database.execute("SELECT count(*) FROM entry").fetchone()[0] >= self._most:
                raise RecheckError(f"{self._path}: full, with {self._most:,} entries; work it off")
            database.execute("INSERT INTO entry (sealed) VALUES (?)", (sealed,))

    def __len__(self) -> int:
        """The number of entries; raises RecheckError."""
        with self._database() as database:
            return int(database.execute("SELECT count(*) FROM entry").fetchone()[0])

    def entries(self, private_key: str | Path, after: int = 0, most: int = 1000) -> list[tuple[int, RecheckEntry]]:
        """The oldest entries, opened.

        Args:
            private_key: The file of the private key.
            after: Only entries with a larger number than this one.
            most: Most entries to return.

        Returns:
            Each entry with its number, which `remove` takes.

        Raises:
            RecheckError: The list cannot be read, or an entry was sealed to another key or altered.
        """
        key = X25519PrivateKey.from_private_bytes(_key(private_key))
        with self._database() as database:
            rows = database.execute(
                "SELECT id, sealed FROM entry WHERE id > ? ORDER BY id LIMIT ?", (after, most)
            ).fetchall()
        return [(number, self._open(number, sealed, key)) for number, sealed in rows]

    def remove(self, numbers: Sequence[int]) -> None:
        """Remove entries by their numbers; raises RecheckError."""
        with self._database() as database:
            database.executemany("DELETE FROM entry WHERE id = ?", [(number,) for number in numbers])

    def _open(self, number: int, sealed: bytes, key: X25519PrivateKey) -> RecheckEntry:
        try:
            return RecheckEntry.from_bytes(_SUITE.decrypt(sealed, key, _INFO))
        except (InvalidTag, FormatError, ValueError, TypeError):
            raise RecheckError(f"{self._path}: entry {number}: sealed to another key, or altered") from None

    @contextmanager
    def _database(self, wait: float = _BUSY_SECONDS) -> Iterator[sqlite3.Connection]:
        """A connection in one transaction, which is undone after an error. It waits `wait` seconds for others."""
        with _failures(self._path), closing(sqlite3.connect(self._path, timeout=wait)) as database:
            database.execute("PRAGMA secure_delete=ON")
            database.execute("PRAGMA synchronous=FULL")
            with database:
                yield database


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    try:
        with file_errors.failures_as(RecheckError, path):
            yield
    except sqlite3.Error as error:
        raise RecheckError(f"{path}: {error}") from None


def _key(path: str | Path) -> bytes:
    with _failures(Path(path)):
        data = read_plain(Path(path), KEY_BYTES)
    if len(data) != KEY_BYTES:
        raise RecheckError(f"{path}: not a key of a recheck list, which has {KEY_BYTES} bytes")
    return data
