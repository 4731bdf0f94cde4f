"""Read files that cannot be split on disk (archives, UTF-16, workbooks, Parquet) into sorted files of a load.

The command itself unpacks them. Texts among them are divided into splits in memory, and columns of Parquet are joined
to the text of such splits. Threads of this process read these splits as a task reads a split of a plain file. The rows
of everything else are read here, and a thread tokenises them.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, TextIO

from pilookup.compute.callbacks import Progress
from pilookup.compute.executors import local_executor, processors
from pilookup.compute.window import OrderedWindow
from pilookup.custody.intake import Accepted, IntakeOptions, Report
from pilookup.custody.intake.columns.detect import ColumnPlan
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.read import FastPath, read_file
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.report import Tally
from pilookup.custody.intake.rows.normalise import Normaliser
from pilookup.custody.intake.rows.packed import PackedNumbers
from pilookup.custody.intake.splits import PlainText, TextForm, lines_form, memory_splits, plain_text
from pilookup.custody.intake.tables.parquet import ParquetTable
from pilookup.custody.intake.tables.table import Chunk
from pilookup.custody.load.split_task import MemorySplitOutcome, MemorySplitTask, SortedFileWriter, count_erased

SORTED_FILE_ROWS: Final = 1 << 17
"""Number of rows in a sorted file whose rows do not come from a split of text."""

PARQUET_SPLIT_BYTES: Final = 2 << 20
"""Size of a split of joined Parquet columns: less than of a text, because the dictionaries are in memory as well."""

Work = tuple[int, PackedNumbers] | MemorySplitTask
SplitWindow = OrderedWindow[Work, int | MemorySplitOutcome]


class StreamingReader:
    """Reads one file into sorted files.

    Args:
        writer: Writes the sorted files.
        report: The counts are added to it.
        rejects: Where rejected cells are written; None to drop them.
        options: How the file is read.
        split_bytes: Size of a split of text.
        today: The day that dates are compared with, as an ordinal.

    Attributes:
        sorted_files: The number of sorted files written so far.
    """

    def __init__(
        self,
        writer: SortedFileWriter,
        report: Report,
        rejects: TextIO | None,
        options: IntakeOptions,
        *,
        split_bytes: int,
        today: int,
    ) -> None:
        self.sorted_files = 0
        self._writer = writer
        self._report = report
        self._rejects = rejects
        self._reject_writer = Rejects(rejects)
        self._options = options
        self._split_bytes = split_bytes
        self._today = today
        self._label: Callable[[int], str] = str
        self._tally = Tally()

    def read(self, path: Path, known: PlainText | None, *, accounts: bool, fast: bool, on_progress: Progress) -> None:
        """Read a file, and write all its sorted files.

        Args:
            path: The file.
            known: How its text is read, if the caller has determined it already.
            accounts: Whether the load's rows have accounts.
            fast: Whether texts and Parquet may be read split by split.
            on_progress: Called with (bytes read, bytes in all, rows so far).

        Raises:
            IntakeError: The file cannot be read in its format, or changed while it was read.
            MissingExtraError: Its format needs an extra that is not installed.
            VaultError: The list of erased elements is missing or altered.
            OSError: A file cannot be written.
        """
        with (
            local_executor() as executor,
            OrderedWindow(executor, self._write, self._collect, processors() + 1) as window,
        ):
            fast_path = FastPath(partial(self._split, window, known), partial(self._join, window)) if fast else None
            batches = read_file(path, self._options, self._report, self._rejects, on_progress, fast_path)
            for packed in _packed_batches(batches, accounts=accounts):
                window.put((self._next_number(), packed))

    def _split(
        self, window: SplitWindow, known: PlainText | None, member: Member, report_progress: Callable[[], None]
    ) -> tuple[PlainText, Tally] | None:
        text = known or plain_text(member, self._options, self._today)
        if text is None:
            return None
        self._label, self._tally = text.plan.label, Tally()
        for split, data in memory_splits(member, text, self._split_bytes):
            window.put(self._memory_split(text.form, split, data))
            report_progress()
        window.drain()
        return text, self._tally

    def _join(
        self, window: SplitWindow, table: ParquetTable, plan: ColumnPlan, normaliser: Normaliser
    ) -> Generator[Accepted, None, Tally]:
        columns = normaliser.columns
        form = lines_form(table.location, plan, self._options, self._today)
        self._label, self._tally = (lambda at: plan.label(columns[at])), Tally()
        for rows in table.splits(columns, min(self._split_bytes, PARQUET_SPLIT_BYTES)):
            if isinstance(rows, Chunk):
                window.drain()  # the rejects of the rows before come first
                yield normaliser.batch(rows)
            else:
                window.put(self._memory_split(form, *rows))
                yield Accepted([], [], [])
        window.drain()
        return self._tally

    def _memory_split(self, form: TextForm, split: FileSplit, data: bytes) -> MemorySplitTask:
        return MemorySplitTask(self._next_number(), form, split, data, self._rejects is not None)

    def _next_number(self) -> int:
        self.sorted_files += 1
        return self.sorted_files - 1

    def _write(self, work: Work) -> int | MemorySplitOutcome:
        return self._writer.write_memory_split(work) if isinstance(work, MemorySplitTask) else self._writer.write(*work)

    def _collect(self, outcome: int | MemorySplitOutcome) -> None:
        if isinstance(outcome, int):
            count_erased(self._report, outcome)
            return
        self._report.add(outcome.report)
        self._tally.add(outcome.tally)
        self._reject_writer.join(outcome.rejected_cells, self._label)


def _packed_batches(batches: Iterable[Accepted], *, accounts: bool) -> Iterator[PackedNumbers]:
    """Join batches until they have at least `SORTED_FILE_ROWS` rows, so that sorted files are not too small."""
    held: list[Accepted] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += len(batch)
        if rows >= SORTED_FILE_ROWS:
            yield PackedNumbers.of(held, accounts=accounts)
            held, rows = [], 0
    if held:
        yield PackedNumbers.of(held, accounts=accounts)
