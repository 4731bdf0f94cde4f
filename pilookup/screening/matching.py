"""The join: which rows are in a release. Join keys give candidates, and only an entry that opens makes a hit."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pilookup.errors import FormatError, ScreenError
from pilookup.protocol.label import Label
from pilookup.release_files.local_release import LocalSnapshot
from pilookup.screening.directory import ScreenDirectory
from pilookup.screening.join_keys import JoinKeys, RowIds, row_bytes
from pilookup.screening.known_rows import KnownRows
from pilookup.screening.local_key import LocalKey
from pilookup.screening.snapshots import Opener, mirror_errors, release_join_keys
from pilookup.screening.tables import JOIN_TABLE, join_keys_of, read_table, row_ids_of
from pilookup.screening.token_file import open_tokens


@dataclass(frozen=True, slots=True)
class Match:
    """A row that is found: the user's key, and the label of the row's number."""

    user: str
    label: Label


@dataclass(slots=True)
class Matches:
    """The outcome of a join.

    Attributes:
        serial: The serial of the mirror's release: that of its newest epoch, as notices name it.
        rows: The number of rows that were joined.
        candidates: The number of rows whose join key is in a release.
        found: The rows that are found, by row id.
        covered: Of the rows that were asked about, the ones that were joined.
    """

    serial: int
    rows: int = 0
    candidates: int = 0
    found: dict[bytes, Match] = field(default_factory=dict)
    covered: set[bytes] = field(default_factory=set)


class Join:
    """Joins all rows of a directory with the snapshots of a mirror, each row in its newest epoch only."""

    def __init__(
        self, directory: ScreenDirectory, mirror: Path, snapshots: tuple[LocalSnapshot, ...], key: LocalKey
    ) -> None:
        """Prepare a join.

        Args:
            directory: The directory, whose lock is held.
            mirror: The mirror's directory, for messages.
            snapshots: Its snapshots, newest epoch first.
            key: The local key.
        """
        self._directory = directory
        self._mirror = mirror
        self._snapshots = snapshots
        self._key = key

    def run(self, asked: RowIds) -> Matches:
        """Join.

        Args:
            asked: Rows of which must be known whether they were joined, such as those that were found before.

        Raises:
            ScreenError: The mirror or the directory is damaged.
            OSError: A file cannot be read or written.
        """
        matches = Matches(self._snapshots[0].manifest.serial)
        newer = KnownRows()
        wanted = KnownRows()
        wanted.add(asked)
        for snapshot in self._snapshots:
            seen = []
            parts = self._directory.parts(snapshot.manifest.epoch)
            keys = self._release_keys(snapshot) if parts else np.empty(0, np.int64)
            for part in parts:
                table = read_table(part, JOIN_TABLE)
                ids = row_ids_of(table)
                mask = ~newer.contains(ids)
                matches.rows += int(mask.sum())
                matches.covered.update(row_bytes(ids[mask & wanted.contains(ids)]))
                hits = np.flatnonzero(mask & is_in(join_keys_of(table), keys))
                matches.candidates += len(hits)
                if len(hits):
                    users = table.column("user").take(hits).to_pylist()
                    self._open(part, snapshot, ids[hits], users, matches)
                seen.append(ids.copy())
            for ids in seen:
                newer.add(ids)
        return matches

    def _release_keys(self, snapshot: LocalSnapshot) -> JoinKeys:
        """The join keys of a snapshot, from the directory or made now."""
        manifest = snapshot.manifest
        keys = self._directory.release_keys(manifest.epoch, manifest.serial)
        if keys is None:
            with mirror_errors(self._mirror):
                keys = release_join_keys(snapshot, self._key)
            self._directory.put_release(manifest.epoch, manifest.serial, keys)
        return keys

    def _open(self, part: Path, snapshot: LocalSnapshot, ids: RowIds, users: list[str], matches: Matches) -> None:
        """Open candidates of one part, bucket by bucket; a collision of join keys opens nothing."""
        manifest = snapshot.manifest
        try:
            tokens = open_tokens(self._key, manifest.channel, manifest.epoch, self._directory.tokens(part))
        except FormatError as error:
            raise ScreenError("bad_directory", f"the tokens of {part}: {error}") from None
        order = np.argsort(tokens.rows)
        at = np.minimum(np.searchsorted(tokens.rows, ids, sorter=order), max(0, len(order) - 1))
        if not len(order) or (tokens.rows[order[at]] != ids).any():
            raise ScreenError("bad_directory", f"the tokens of {part}: not those of its rows")
        secrets = [tokens.token(int(one)) for one in order[at]]
        opener = Opener(snapshot)
        with mirror_errors(self._mirror):
            for secret, row, user in sorted(zip(secrets, row_bytes(ids), users, strict=True)):
                label = opener.label(secret)
                if label is not None:
                    matches.found[row] = Match(user, label)


def is_in(values: JoinKeys, ascending: JoinKeys) -> npt.NDArray[np.bool_]:
    """Return for each value whether it is in an ascending array."""
    if not len(ascending):
        return np.zeros(len(values), bool)
    at = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    found: npt.NDArray[np.bool_] = ascending[at] == values
    return found
