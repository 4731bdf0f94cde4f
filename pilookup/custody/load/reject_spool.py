"""Rejected cells of a load in the making: sealed until all files are read, then written in the order of the files."""

import io
from collections.abc import Callable

from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.load.staging import StagedLoad, pop_rejects, write_rejects
from pilookup.custody.vault import Vault

_SPOOL_CHARS = 1 << 20
Label = Callable[[int], str]


class RejectSpool:
    """Holds the rejected cells of one file, in its order.

    Attributes:
        rows: Receives rejected cells of rows that are read by the command itself.
    """

    def __init__(self, vault: Vault, load: StagedLoad, *, wanted: bool) -> None:
        """Make an empty spool.

        Args:
            vault: The vault under whose keys the cells are sealed.
            load: The load of the file.
            wanted: Whether rejected cells are kept.
        """
        self._vault = vault
        self._load = load
        self._wanted = wanted
        self._text = io.StringIO(newline="")
        self._parts: list[tuple[int, Label | None]] = []
        self._next = 0
        self.rows = Rejects(self._text if wanted else None, header=False)

    def next_number(self) -> int:
        """A number for the cells of a split, under which its task seals them."""
        self._next += 1
        return self._next - 1

    def add_split(self, number: int, label: Label) -> None:
        """Add the cells that a split sealed under a number, with columns as 1-based indices.

        Args:
            number: The number.
            label: Maps a 0-based column index to the column's label.

        Raises:
            OSError: What was held cannot be written.
        """
        if self._wanted:
            self.flush()
            self._parts.append((number, label))

    def add_text(self, text: str, label: Label) -> None:
        """Add the cells of a split that was read in this process; raises OSError."""
        if self._wanted and text:
            self.flush()
            number = self.next_number()
            write_rejects(self._vault, self._load, number, text)
            self._parts.append((number, label))

    def flush(self, least: int = 1) -> None:
        """Seal what `rows` has received, if it is at least so many characters; raises OSError."""
        if self._text.tell() >= least:
            number = self.next_number()
            write_rejects(self._vault, self._load, number, self._text.getvalue())
            self._text.seek(0)
            self._text.truncate()
            self._parts.append((number, None))

    def relieve(self) -> None:
        """Seal what `rows` has received if it is much; raises OSError."""
        self.flush(_SPOOL_CHARS)

    def write_to(self, rejects: Rejects) -> None:
        """Write all cells, and forget them.

        Raises:
            VaultError: A sealed file is missing or altered.
            OSError: One cannot be deleted.
        """
        self.flush()
        for number, label in self._parts:
            rejects.join(pop_rejects(self._vault, self._load, number), label)
        self._parts = []
