"""Results: what has changed since the last ones, written once.

`state/found.parquet` has the rows that are found, and the number of the last result. A result is written under a hidden
name, then the state is replaced, which is the moment that counts, then the result gets its name. What a kill leaves is
completed or deleted by the next run, so a change is in one result, and in one only.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet

from pilookup import durable
from pilookup.errors import FormatError, ScreenError
from pilookup.protocol.label import Label, Profile
from pilookup.screening.directory import ScreenDirectory
from pilookup.screening.join_keys import ROW_ID_BYTES
from pilookup.screening.label_columns import label_columns
from pilookup.screening.matching import Match, Matches
from pilookup.screening.tables import FOUND_TABLE, RESULT_TABLE, parquet_bytes, read_table, write_table

NEW: Final = "new"
CHANGED: Final = "changed"
GONE: Final = "gone"
RELEASED: Final = "released"
"""What a row that is gone asks for: the platform's measures against the account have to be lifted."""

_HIDDEN: Final = re.compile(r"\.([0-9]{6,})-[0-9]+\.parquet\.new")


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a result: `new`, `changed` or `gone`, and the label where it is found."""

    row: bytes
    user: str
    kind: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class State:
    """What the last result has left.

    Attributes:
        number: The number of the last result; 0 before the first.
        serial: The highest serial that was joined; 0 before the first.
        found: The rows that are found, by row id.
    """

    number: int
    serial: int
    found: dict[bytes, Match]


class Results:
    """The results of a directory whose lock is held."""

    def __init__(self, directory: ScreenDirectory) -> None:
        """Read the state, and complete or delete a result that a kill has interrupted.

        Raises:
            ScreenError: The state is damaged.
            OSError: A file cannot be read or written.
        """
        self._directory = directory
        self.state = self._read()
        for path in directory.results.glob(".*"):
            match = _HIDDEN.fullmatch(path.name)
            if match and int(match[1]) == self.state.number:
                path.rename(path.with_name(path.name[1:].removesuffix(".new")))
                durable.sync_directory(directory.results)
            else:
                path.unlink()

    def write(self, matches: Matches, profile: Profile) -> tuple[list[Change], Path | None]:
        """Compare a join with the state, and write what has changed.

        Returns:
            The changes, and the file that they are in; None if there are none.

        Raises:
            ScreenError: The release is older than one that was joined before.
            OSError: A file cannot be written.
        """
        before = self.state
        if matches.serial < before.serial:
            text = f"the mirror has serial {matches.serial}; {before.serial} was joined before"
            raise ScreenError("rolled_back", text)
        changes = compare(before.found, matches)
        kept = {row: match for row, match in before.found.items() if row not in matches.covered}
        found = kept | matches.found
        if not changes:
            if matches.serial != before.serial:
                self._commit(State(before.number, matches.serial, found))
            return [], None
        state = State(before.number + 1, matches.serial, found)
        path = self._directory.results / f"{state.number:06}-{matches.serial}.parquet"
        hidden = durable.temporary(path)
        hidden.unlink(missing_ok=True)
        durable.write_flushed(hidden, parquet_bytes(_table(changes, matches.serial, profile)))
        durable.sync_directory(path.parent)
        self._commit(state)
        hidden.rename(path)
        durable.sync_directory(path.parent)
        return changes, path

    def _commit(self, state: State) -> None:
        rows = list(state.found.items())
        columns = [
            pa.array([row for row, _ in rows], pa.binary(ROW_ID_BYTES)),
            pa.array([match.user for _, match in rows], pa.string()),
            pa.array([match.label.to_bytes() for _, match in rows], pa.binary(12)),
        ]
        about = {"number": str(state.number), "serial": str(state.serial)}
        write_table(self._directory.found, pa.Table.from_arrays(columns, schema=FOUND_TABLE.with_metadata(about)))
        self.state = state

    def _read(self) -> State:
        path = self._directory.found
        if not path.exists():
            return State(0, 0, {})
        table = read_table(path, FOUND_TABLE)
        about = table.schema.metadata or {}
        try:
            number, serial = int(about[b"number"]), int(about[b"serial"])
            found = {each["row_id"]: Match(each["user"], Label.from_bytes(each["label"])) for each in table.to_pylist()}
        except (KeyError, ValueError, FormatError):
            raise ScreenError("bad_directory", f"{path}: damaged") from None
        return State(number, serial, found)


def compare(before: dict[bytes, Match], matches: Matches) -> list[Change]:
    """The changes from the rows that were found before to those of a join.

    A row that was found before and was not joined, because its epoch has ended and it has not been evaluated in another
    one yet, is not gone.
    """
    changes = [
        Change(row, match.user, CHANGED if row in before else NEW, match.label)
        for row, match in matches.found.items()
        if row not in before or before[row].label != match.label
    ]
    gone = [
        Change(row, match.user, GONE, None)
        for row, match in before.items()
        if row in matches.covered and row not in matches.found
    ]
    return sorted([*changes, *gone], key=lambda change: (change.kind, change.user, change.row))


def _table(changes: list[Change], serial: int, profile: Profile) -> pa.Table:
    return pa.Table.from_pylist([_row(change, serial, profile) for change in changes], schema=RESULT_TABLE)


def _row(change: Change, serial: int, profile: Profile) -> dict[str, Any]:
    row: dict[str, Any] = {
        "row_id": change.row,
        "user": change.user,
        "change": change.kind,
        "asks_for": RELEASED if change.kind == GONE else None,
        "serial": serial,
    }
    if change.label is not None:
        row |= label_columns(change.label, profile)
    return row
