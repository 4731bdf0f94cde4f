"""From a file split to a sorted file: the task that does most of the work of a load.

bytes of the file -> rows -> elements under the vault key -> a sorted file, by partition

The numbers are only in the memory of the process that runs the task. A task carries the path and range of its split,
and opens the file and the keyring itself.
"""

import hmac
import io
from dataclasses import dataclass
from pathlib import Path

from pilookup import _core
from pilookup.custody.home import Home
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.files.source import read_range
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.report import Report, Tally
from pilookup.custody.intake.rows.packed import PackedNumbers
from pilookup.custody.intake.rows.split_reader import SplitReader
from pilookup.custody.intake.splits import TextForm
from pilookup.custody.load.sorted_file import VaultRows, write_sorted_file
from pilookup.custody.load.staging import StagedLoad, write_rejects
from pilookup.custody.task_keyring import keyring_for
from pilookup.custody.vault import Vault
from pilookup.file_id import FileId
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import DIGEST_KEY_ID, VAULT_KEY_ID


@dataclass(frozen=True, slots=True)
class SplitTask:
    """One split of a text file, to be written as sorted file `number` of its load.

    file_id: what the file must still have when it is read. rejects: whether rejected cells are kept.
    """

    home: str
    load: StagedLoad
    number: int
    path: str
    file_id: FileId
    form: TextForm
    split: FileSplit
    rejects: bool


@dataclass(frozen=True, slots=True)
class SplitOutcome:
    """The counts of a split. Numbers that have been erased count as rejected."""

    task: SplitTask
    report: Report
    tally: Tally


def run_split(task: SplitTask) -> SplitOutcome:
    """Write the sorted file of a split, and its rejected cells.

    Raises:
        IntakeError: The file has changed, or a cell is too long.
        KeyringError: The keyring cannot be opened where the task runs.
        VaultError: The list of erased elements is missing or altered.
        OSError: A file cannot be written.
    """
    split = task.split
    data = read_range(Path(task.path), task.form.location, task.file_id, split.start, split.reach)
    rejects = io.StringIO() if task.rejects else None
    reader = SplitReader(task.form, split, data, Rejects(rejects, header=False))
    packed = reader.read()
    writer = SortedFileWriter(task.home, task.load)
    count_erased(reader.report, writer.write(task.number, packed))
    if rejects is not None:
        writer.write_rejects(task.number, rejects.getvalue())
    return SplitOutcome(task, reader.report, reader.tally)


@dataclass(frozen=True, slots=True)
class MemorySplitTask:
    """One split of a text in memory, to be written as sorted file `number` of its load. It never leaves its process.

    data: the bytes of the split up to its `reach`. rejects: whether rejected cells are kept.
    """

    number: int
    form: TextForm
    split: FileSplit
    data: bytes
    rejects: bool

    def __repr__(self) -> str:
        return f"<split {self.number}>"


@dataclass(frozen=True, slots=True)
class MemorySplitOutcome:
    """The counts of a split, as in `SplitOutcome`, and its rejected cells, columns by their 1-based index."""

    report: Report
    tally: Tally
    rejected_cells: str

    def __repr__(self) -> str:
        return f"<{self.report.rows} rows>"


class SortedFileWriter:
    """Writes the sorted files of one load.

    Args:
        home: `Home.real` of the HOME whose keys and vault are used.
        load: The load.

    Raises:
        KeyringError: The keyring cannot be opened.
    """

    def __init__(self, home: str, load: StagedLoad) -> None:
        keyring = keyring_for(home)
        self._vault = Vault(Home(Path(home)), keyring)
        self._load = load
        self._key = keyring.scalar(VAULT_KEY_ID)
        self._accounts_key = subkey(keyring, b"account")

    def write(self, number: int, packed: PackedNumbers) -> int:
        """Tokenise each identifier once, and write sorted file `number`.

        Returns:
            The number of rows that were left out because their numbers have been erased.

        Raises:
            VaultError: The list of erased elements is missing or altered.
            OSError: The file cannot be written.
        """
        ids = packed.identifiers
        elements = _core.tokenise_packed(ids.data, ids.offsets, self._key)
        accounts = b""
        if packed.accounts is not None:
            names = packed.accounts
            accounts = _core.account_pseudonyms(
                ids.data, ids.offsets, packed.indices, names.data, names.offsets, self._accounts_key
            )
        rows = VaultRows(elements, packed.indices, packed.months, accounts)
        return write_sorted_file(self._vault, self._load, number, rows)

    def write_memory_split(self, task: MemorySplitTask) -> MemorySplitOutcome:
        """Write the sorted file of a split in memory.

        Raises:
            IntakeError: A cell is too long.
            VaultError: The list of erased elements is missing or altered.
            OSError: The file cannot be written.
        """
        rejects = io.StringIO() if task.rejects else None
        reader = SplitReader(task.form, task.split, task.data, Rejects(rejects, header=False))
        count_erased(reader.report, self.write(task.number, reader.read()))
        return MemorySplitOutcome(reader.report, reader.tally, rejects.getvalue() if rejects else "")

    def write_rejects(self, number: int, text: str) -> None:
        """Keep the rejected cells of split `number`, sealed; raises OSError."""
        write_rejects(self._vault, self._load, number, text)


def count_erased(report: Report, erased: int) -> None:
    """Count `erased` accepted numbers as rejected instead."""
    report.accepted -= erased
    if erased:
        report.rejected["erased"] += erased


def subkey(keyring: Keyring, purpose: bytes) -> bytes:
    """Derive the key for one purpose from the digest key; raises KeyringError."""
    return hmac.digest(keyring.symmetric(DIGEST_KEY_ID), b"pilookup-v1-" + purpose, "sha256")
