"""Which rows have been evaluated: sets of row ids that grow, in arrays of 16 bytes a row."""

from typing import Final

import numpy as np
import numpy.typing as npt

from pilookup.screening.join_keys import ROW_ID_BYTES, RowIds

_MOST: Final = 32
"""Number of arrays that a look-up goes through before they are merged into one."""


class KnownRows:
    """A set of row ids."""

    def __init__(self) -> None:
        self._runs: list[RowIds] = []

    def add(self, rows: RowIds) -> None:
        """Add row ids, which may be in the set already."""
        if len(rows):
            self._runs.append(np.sort(rows))
        if len(self._runs) > _MOST:
            self._runs = [np.unique(np.concatenate(self._runs))]

    def contains(self, rows: RowIds) -> npt.NDArray[np.bool_]:
        """Return for each row whether it is in the set."""
        found = np.zeros(len(rows), bool)
        for run in self._runs:
            at = np.minimum(np.searchsorted(run, rows), len(run) - 1)
            found |= run[at] == rows
        return found


def no_rows() -> RowIds:
    """An empty array of row ids."""
    return np.empty(0, f"S{ROW_ID_BYTES}")
