"""From a batch of users and numbers to rows that can be evaluated, and to the ones that cannot."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pilookup.errors import ScreenError
from pilookup.identifier import canonicalise_all
from pilookup.screening.join_keys import RowIds, row_ids
from pilookup.screening.local_key import LocalKey


@dataclass(frozen=True, slots=True)
class Reject:
    """A row without exactly one number.

    Attributes:
        row: its number in the table, from 1.
        user: the user's key.
        reason: the code of `pilookup.identifier.Reason`.
    """

    row: int
    user: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows with a number, in three columns of one length."""

    ids: RowIds
    users: list[str]
    identifiers: list[bytes] = field(repr=False)

    def __len__(self) -> int:
        return len(self.users)

    def chosen(self, mask: npt.NDArray[np.bool_]) -> "Rows":
        """The rows for which the mask is true."""
        at = np.flatnonzero(mask).tolist()
        return Rows(self.ids[mask], [self.users[i] for i in at], [self.identifiers[i] for i in at])

    def distinct(self) -> "Rows":
        """The rows without repetitions, in their order."""
        mask = np.zeros(len(self), bool)
        mask[np.unique(self.ids, return_index=True)[1]] = True
        return self if mask.all() else self.chosen(mask)

    def between(self, first: int, stop: int) -> "Rows":
        """The rows from `first` up to `stop`."""
        return Rows(self.ids[first:stop], self.users[first:stop], self.identifiers[first:stop])

    @classmethod
    def joined(cls, parts: "list[Rows]") -> "Rows":
        """The rows of one or more parts, one after another."""
        return cls(
            np.concatenate([part.ids for part in parts]),
            [user for part in parts for user in part.users],
            [one for part in parts for one in part.identifiers],
        )


def read_rows(batch: pa.RecordBatch, first: int, key: LocalKey, region: str) -> tuple[Rows, list[Reject]]:
    """Canonicalise the numbers of a batch of `user_table`.

    Args:
        batch: Columns `user` and `number`.
        first: The number of its first row in the table.
        key: The local key.
        region: Where numbers without a country code are from.

    Returns:
        The rows with a number, and the rejected ones.

    Raises:
        ScreenError: A row has no user.
    """
    users: list[str | None] = batch.column("user").to_pylist()
    numbers: list[str | None] = batch.column("number").to_pylist()
    found, rejects = [], []
    outcomes = canonicalise_all([text or "" for text in numbers], region)
    for row, (user, outcome) in enumerate(zip(users, outcomes, strict=True), first):
        if not user:
            raise ScreenError("bad_input", f"the table: row {row:,} has no user")
        if isinstance(outcome, bytes):
            found.append((user, outcome))
        else:
            rejects.append(Reject(row, user, str(outcome)))
    names, identifiers = [user for user, _ in found], [one for _, one in found]
    ids = row_ids(key, [name.encode() for name in names], identifiers)
    return Rows(ids, names, identifiers), rejects
