"""Read the files of one command into the sorted files of their loads, and report progress over all of them.

Plain text files are divided into splits, and each split is a task for the executor. The command itself streams every
other file (`streaming.py`).
"""

import uuid
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from pilookup.compute.callbacks import Progress
from pilookup.compute.executors import concurrent_tasks
from pilookup.compute.window import OrderedWindow
from pilookup.custody.intake import IntakeOptions, Report, display_name
from pilookup.custody.intake.files.detect import detect_format
from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.files.source import Source
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.report import Tally
from pilookup.custody.intake.splits import PlainText, file_splits, plain_text
from pilookup.custody.load.split_task import SortedFileWriter, SplitOutcome, SplitTask, run_split
from pilookup.custody.load.staging import StagedLoad, pop_rejects
from pilookup.custody.load.streaming import StreamingReader
from pilookup.custody.session import Session
from pilookup.errors import IntakeError, PilookupError
from pilookup.protocol.label import Kind

SPLIT_BYTES: Final = 8 << 20
"""Size of a split of a text file. While it is processed it takes about ten times as much memory."""

QUEUED_SPLITS: Final = 64
"""Splits submitted beyond those that one process runs at once. They keep a cluster busy and hold no data yet."""


@dataclass
class LoadedFile:
    """An input file, its load in the making, and what was counted so far.

    text: how its text is read; None if it is streamed. sorted_files: the number of its sorted files so far.
    """

    path: Path
    load: StagedLoad
    text: PlainText | None = None
    sorted_files: int = 0
    report: Report = field(default_factory=Report)
    tally: Tally = field(default_factory=Tally)

    def finish(self) -> None:
        """Complete the report, except for distinct numbers. Raises IntakeError if the file has no rows or no number."""
        location = display_name(self.path.name)
        if self.text is not None:
            if not self.report.rows:
                raise IntakeError(location, "has a header but no rows")
            self.report.notes.extend(self.text.notes(self.tally))
        if not self.report.accepted + self.report.rejected["erased"]:
            raise IntakeError(location, "no phone number found in it")


class LoadSchedule:
    """Reads the files of a command into sorted files.

    Args:
        session: An unlocked HOME.
        dataset_id: The catalogue id of the dataset.
        options: How the files are read.
        executor: Runs the tasks.
        rejects: Where rejected cells are written; None to drop them.
        on_progress: Called with (bytes read, bytes in all, rows so far).
    """

    def __init__(
        self,
        session: Session,
        dataset_id: int,
        options: IntakeOptions,
        executor: Executor,
        rejects: TextIO | None,
        on_progress: Progress | None,
    ) -> None:
        self._vault = session.vault
        self._home = session.home.real
        self._dataset_id = dataset_id
        self._options = options
        self._today = datetime.now(UTC).date().toordinal()
        self._rejects = rejects
        self._reject_writer = Rejects(rejects)
        self._on_progress = on_progress
        self._done = self._size = self._rows = 0
        self._files: dict[str, LoadedFile] = {}
        self._window = OrderedWindow(executor, run_split, self._collect, concurrent_tasks(executor) + QUEUED_SPLITS)

    def read(self, paths: Iterable[Path], size: int) -> list[LoadedFile]:
        """Read all files, in their order. If several fail, the error of the first one in this order is raised.

        Args:
            paths: The files.
            size: Their bytes together, for progress.

        Raises:
            IntakeError: A file cannot be read in its format, changed while it was read, or holds no number.
            KeyringError: The keyring cannot be opened where a task runs.
            VaultError: A file of the vault is missing or altered.
            ComputeError: The cluster failed.
            OSError: A file cannot be read or written.
        """
        accounts = self._options.kind is Kind.MALICIOUS
        for path in paths:
            load = StagedLoad(uuid.uuid4().hex, self._dataset_id, accounts)
            self._files[load.id] = LoadedFile(path, load)
        self._size = size
        with self._window:
            try:
                for file in self._files.values():
                    self._read(file)
            except PilookupError:
                self._window.drain()
                raise
        for file in self._files.values():
            file.finish()
        self._advance(self._size - self._done, 0)
        return list(self._files.values())

    def _read(self, file: LoadedFile) -> None:
        self._vault.stage(file.load.folder(self._vault), file.load.sorted_folder(self._vault))
        source = Source(file.path)
        member = source.as_member()
        form = detect_format(member)
        text = plain_text(member, self._options, self._today) if form is Format.TEXT else None
        if text is None or text.transcoded:
            self._window.drain()  # the rejects of the files before come first
            self._stream(file, text, fast=text is not None or form is not Format.TEXT)
        else:
            file.text = text
            self._split(file, text, source)

    def _split(self, file: LoadedFile, text: PlainText, source: Source) -> None:
        with source.open() as stream:
            for split in file_splits(stream, text, SPLIT_BYTES):
                path, file_id = str(source.absolute), source.file_id
                rejects = self._rejects is not None
                self._window.put(
                    SplitTask(self._home, file.load, file.sorted_files, path, file_id, text.form, split, rejects)
                )
                file.sorted_files += 1

    def _collect(self, outcome: SplitOutcome) -> None:
        task = outcome.task
        file = self._files[task.load.id]
        file.report.add(outcome.report)
        file.tally.add(outcome.tally)
        if task.rejects and file.text is not None:
            self._reject_writer.join(pop_rejects(self._vault, task.load, task.number), file.text.plan.label)
        self._advance(task.split.stop - task.split.start, outcome.report.rows)

    def _stream(self, file: LoadedFile, known: PlainText | None, *, fast: bool) -> None:
        reported = [0, 0]

        def report_progress(done: int, _size: int, rows: int) -> None:
            self._advance(done - reported[0], rows - reported[1])
            reported[:] = done, rows

        writer = SortedFileWriter(self._home, file.load)
        reader = StreamingReader(
            writer, file.report, self._rejects, self._options, split_bytes=SPLIT_BYTES, today=self._today
        )
        reader.read(file.path, known, accounts=file.load.accounts, fast=fast, on_progress=report_progress)
        file.sorted_files = reader.sorted_files

    def _advance(self, done: int, rows: int) -> None:
        self._done += done
        self._rows += rows
        if self._on_progress:
            self._on_progress(self._done, self._size, self._rows)
