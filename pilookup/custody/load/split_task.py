"""From a file split to a sorted file: the task that does most of the work of a load.

bytes of the file -> rows -> elements under the vault key -> a sorted file, by partition

The numbers are only in the memory of the process that runs the task. A task carries the path and range of its split,
and opens the file and the keyring itself.
"""

import hmac
import io
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pilookup import _core
from pilookup.custody.home import Home
from pilookup.custody.intake.columns.other_cells import NO_LABELS, LabelsAbove
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.files.source import read_range
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.report import Report, Tally
from pilookup.custody.intake.rows.change import Change
from pilookup.custody.intake.rows.packed import PackedNumbers
from pilookup.custody.intake.rows.split_reader import SplitReader
from pilookup.custody.intake.text_form import TextForm
from pilookup.custody.load.frequent import frequent_indices
from pilookup.custody.load.sorted_file import VaultRows, write_sorted_file
from pilookup.custody.load.staging import StagedLoad, write_rejects
from pilookup.custody.task_keyring import keyring_for
from pilookup.custody.vault import Vault
from pilookup.errors import IntakeError
from pilookup.file_id import FileId
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import DIGEST_KEY_ID, VAULT_KEY_ID

PSEUDONYM_BYTES: Final = 16


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
class MemorySplitTask:
    """One split of a text in memory, to be written as sorted file `number` of its load. It never leaves its process.

    data: the bytes of the split up to its `reach`. rejects: whether rejected cells are kept.
    """

    home: str
    load: StagedLoad
    number: int
    form: TextForm
    split: FileSplit
    data: bytes = field(repr=False)
    rejects: bool


@dataclass(frozen=True, slots=True)
class BatchTask:
    """Numbers of rows that the command has read, to be written as sorted file `number`. It never leaves its process."""

    home: str
    load: StagedLoad
    number: int
    packed: PackedNumbers


@dataclass(frozen=True, slots=True)
class SplitOutcome:
    """What a task did.

    Attributes:
        load_id: The id of its load.
        number: The number of its sorted file.
        report: The counts of its rows; empty for a batch.
        tally: The counts for the notes and warnings of its table.
        change: Where the layout of the table ends in the split; None if all its rows have it.
        above: What the labels above the next row say, in a form.
        erased: Numbers that were left out because they have been erased.
        frequent: Keyed pseudonyms of frequent numbers, and how often each occurs.
        rejected_cells: The rejected cells of a split in memory.
        error: Why the split cannot be read; None if it was.
    """

    load_id: str
    number: int
    report: Report = field(default_factory=Report)
    tally: Tally = field(default_factory=Tally)
    change: Change | None = None
    above: LabelsAbove = NO_LABELS
    erased: int = 0
    frequent: tuple[tuple[bytes, int], ...] = field(default=(), repr=False)
    rejected_cells: str = field(default="", repr=False)
    error: IntakeError | None = None


def run_split(task: SplitTask) -> SplitOutcome:
    """Write the sorted file of a split, and its rejected cells.

    A split that cannot be read (the file has changed, a cell is too long) is told in the outcome, since another split
    may say that the layout changed before it.

    Raises:
        KeyringError: The keyring cannot be opened where the task runs.
        VaultError: The list of erased elements is missing or altered.
        OSError: A file cannot be written.
    """
    split = task.split
    try:
        data = read_range(Path(task.path), task.form.location, task.file_id, split.start, split.reach)
    except IntakeError as error:
        return SplitOutcome(task.load.id, task.number, error=error)
    outcome = _read_and_write(task, data)
    if task.rejects:
        SortedFileWriter(task.home, task.load).write_rejects(task.number, outcome.rejected_cells)
    return replace(outcome, rejected_cells="")


def run_in_process(task: MemorySplitTask | BatchTask) -> SplitOutcome:
    """Write the sorted file of a split in memory, or of a batch.

    Raises:
        KeyringError: The keyring cannot be opened.
        VaultError: The list of erased elements is missing or altered.
        OSError: The file cannot be written.
    """
    if isinstance(task, MemorySplitTask):
        return _read_and_write(task, task.data)
    writer = SortedFileWriter(task.home, task.load)
    erased = writer.write(task.number, task.packed)
    return SplitOutcome(task.load.id, task.number, erased=erased, frequent=writer.frequent(task.packed))


def _read_and_write(task: SplitTask | MemorySplitTask, data: bytes) -> SplitOutcome:
    rejects = io.StringIO(newline="") if task.rejects else None
    reader = SplitReader(task.form, task.split, data, Rejects(rejects, header=False))
    try:
        packed = reader.read()
    except IntakeError as error:
        return SplitOutcome(task.load.id, task.number, error=error)
    writer = SortedFileWriter(task.home, task.load)
    return SplitOutcome(
        load_id=task.load.id,
        number=task.number,
        report=reader.report,
        tally=reader.tally,
        change=reader.change,
        above=reader.above,
        erased=writer.write(task.number, packed),
        frequent=writer.frequent(packed),
        rejected_cells=rejects.getvalue() if rejects else "",
    )


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
        self._frequent_key = subkey(keyring, b"frequent")

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

    def frequent(self, packed: PackedNumbers) -> tuple[tuple[bytes, int], ...]:
        """Keyed pseudonyms of the frequent numbers, and how often each occurs."""
        return tuple(
            (hmac.digest(self._frequent_key, packed.identifiers[index], "sha256")[:PSEUDONYM_BYTES], count)
            for index, count in frequent_indices(packed)
        )

    def write_rejects(self, number: int, text: str) -> None:
        """Keep the rejected cells of split `number`, sealed; raises OSError."""
        write_rejects(self._vault, self._load, number, text)


def subkey(keyring: Keyring, purpose: bytes) -> bytes:
    """Derive the key for one purpose from the digest key; raises KeyringError."""
    return hmac.digest(keyring.symmetric(DIGEST_KEY_ID), b"pilookup-v1-" + purpose, "sha256")
