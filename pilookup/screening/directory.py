"""The directory of a platform's screening.

    OUT_DIR/
        lock                            held by the run
        joins/epoch=3/PART.parquet      join table: row id, user's key, join key
        release/epoch=3/SERIAL.parquet  the join keys of the epoch's newest snapshot
        results/000001-SERIAL.parquet   what has changed: new, changed, gone
        rejects.csv                     rows without exactly one number
        tokens/epoch=3/PART.tokens      sealed tokens of the rows of joins/epoch=3/PART.parquet
        state/found.parquet             the rows that are found
        state/bound.json                the channel, and which local key the directory belongs to
        mirror/                         a mirror, unless another one is given

`joins`, `release` and `results` may go into a warehouse, `tokens`, `state` and `mirror` may not. A part of a join table
is written after its tokens, in one step, and counts from then on.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

import pyarrow as pa

from pilookup import durable, file_errors
from pilookup.errors import ScreenError
from pilookup.plain_file import read_whole
from pilookup.protocol.encoding import encode_object
from pilookup.screening.evaluator import EvaluatedRows
from pilookup.screening.join_keys import JoinKeys
from pilookup.screening.known_rows import KnownRows
from pilookup.screening.local_key import LocalKey
from pilookup.screening.tables import JOIN_TABLE, RELEASE_TABLE, read_table, row_id_column, row_ids_of, write_table

_EPOCH: Final = re.compile(r"epoch=([1-9][0-9]{0,9})")
_FOLDERS: Final = ("joins", "release", "results", "tokens", "state")


class ScreenDirectory:
    """The files of a screening. All methods raise OSError; all but `lock` are for the holder of the lock."""

    def __init__(self, path: Path) -> None:
        """Use a directory, which `lock` makes if it is missing."""
        self.path = path
        self.results = path / "results"
        self.found = path / "state" / "found.parquet"
        self.rejects = path / "rejects.csv"
        self.mirror = path / "mirror"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Make what is missing of the directory, and hold its lock.

        Raises:
            ScreenError: Another run holds it (`locked`), or the directory cannot be written (`disk`).
        """
        with disk_errors(self.path):
            self.path.mkdir(mode=durable.DIRECTORY_MODE, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(self.path / "lock", flags, durable.FILE_MODE)
        try:
            with disk_errors(self.path):
                self._prepare(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _prepare(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ScreenError("locked", f"{self.path}: another run has it; this one has done nothing") from None
        for name in _FOLDERS:
            (self.path / name).mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)

    def bind(self, key: LocalKey, channel: str) -> None:
        """Bind the directory to a local key and a channel, or check that it is bound to these.

        Under another key no row would match, and everything would look as if it were gone.

        Raises:
            ScreenError: The directory is bound to another key or channel.
        """
        path = self.path / "state" / "bound.json"
        bound = encode_object({"format": 1, "channel": channel, "key": key.id})
        if not path.exists():
            durable.replace(path, bound)
        elif read_whole(path) != bound:
            raise ScreenError("bad_key", f"{self.path}: is that of another local key or channel; use another directory")

    def epochs(self) -> list[int]:
        """The epochs that rows were evaluated in, newest first."""
        found = (_EPOCH.fullmatch(path.name) for path in (self.path / "joins").iterdir())
        return sorted((int(match[1]) for match in found if match), reverse=True)

    def parts(self, epoch: int) -> list[Path]:
        """The parts of an epoch's join table."""
        folder = self.path / "joins" / f"epoch={epoch}"
        return sorted(path for path in folder.glob("*.parquet") if not path.name.startswith("."))

    def known(self, epoch: int) -> KnownRows:
        """The rows that were evaluated in an epoch; raises ScreenError for a damaged part."""
        known = KnownRows()
        for part in self.parts(epoch):
            known.add(row_ids_of(read_table(part, JOIN_TABLE, ["row_id"])).copy())
        return known

    def add(self, rows: EvaluatedRows) -> Path:
        """Write a part of rows that were evaluated: first its tokens, then its join table."""
        name = sha256(rows.ids.tobytes()).hexdigest()[:32]
        write_tokens(self.path / "tokens", name, rows)
        part = self._folder("joins", rows.epoch) / f"{name}.parquet"
        columns = [row_id_column(rows.ids), pa.array(rows.users, pa.string()), pa.array(rows.join_keys)]
        write_table(part, pa.Table.from_arrays(columns, schema=JOIN_TABLE))
        return part

    def tokens(self, part: Path) -> bytes:
        """The content of the token file of a part; raises ScreenError if it is missing."""
        path = self.path / "tokens" / part.parent.name / f"{part.stem}.tokens"
        try:
            return read_whole(path)
        except FileNotFoundError:
            text = f"{path}: missing; delete {part} as well, and its rows are evaluated again"
            raise ScreenError("bad_directory", text) from None

    def release_keys(self, epoch: int, serial: int) -> JoinKeys | None:
        """The join keys of a snapshot, ascending, if its table is in place."""
        path = self._release_path(epoch, serial)
        if not path.exists():
            return None
        keys: JoinKeys = read_table(path, RELEASE_TABLE).column("join_key").to_numpy()
        return keys

    def put_release(self, epoch: int, serial: int, keys: JoinKeys) -> None:
        """Write the table of a snapshot's join keys, and delete those of its epoch's former snapshots."""
        path = self._release_path(epoch, serial)
        self._folder("release", epoch)
        write_table(path, pa.Table.from_arrays([pa.array(keys)], schema=RELEASE_TABLE))
        for other in path.parent.iterdir():
            if other != path:
                other.unlink()

    def remove_unlisted(self, epochs: set[int]) -> list[int]:
        """Delete the files of every epoch that is not in `epochs`, tokens first, and what a kill has left.

        Returns:
            The epochs whose rows were deleted.
        """
        removed = [epoch for epoch in self.epochs() if epoch not in epochs]
        for name in ("tokens", "release", "joins"):
            for folder in sorted((self.path / name).iterdir()):
                match = _EPOCH.fullmatch(folder.name)
                if match and int(match[1]) not in epochs:
                    for path in folder.iterdir():
                        path.unlink()
                    folder.rmdir()
        for epoch in self.epochs():
            self._remove_left_behind(epoch)
        return removed

    def _remove_left_behind(self, epoch: int) -> None:
        """Delete temporary files, and tokens whose part was not written."""
        parts = {part.stem for part in self.parts(epoch)}
        for name in ("tokens", "joins", "release"):
            folder = self.path / name / f"epoch={epoch}"
            for path in folder.iterdir() if folder.is_dir() else ():
                if path.name.startswith(".") or (name == "tokens" and path.stem not in parts):
                    path.unlink()

    def _release_path(self, epoch: int, serial: int) -> Path:
        return self.path / "release" / f"epoch={epoch}" / f"{serial}.parquet"

    def _folder(self, name: str, epoch: int) -> Path:
        folder = self.path / name / f"epoch={epoch}"
        folder.mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
        return folder


def write_tokens(folder: Path, name: str, rows: EvaluatedRows) -> None:
    """Write the token file of evaluated rows below `folder`, with mode 0600; raises OSError."""
    epoch = folder / f"epoch={rows.epoch}"
    epoch.mkdir(mode=durable.DIRECTORY_MODE, parents=True, exist_ok=True)
    durable.replace(epoch / f"{name}.tokens", rows.tokens)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Raise an OSError, such as of a full disk, as ScreenError."""
    try:
        yield
    except OSError as error:
        text = file_errors.failure_text(error, "cannot be read or written", path)
        raise ScreenError("disk", text) from error
