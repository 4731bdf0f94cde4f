"""Read the files of one command into the sorted files of their loads, and report progress over all of them.

Each file yields its work (`intake.read`). Splits of files on disk are tasks for the executor. Splits of what the
command unpacks or decodes, and batches of rows that it reads itself, are tokenised by threads of this process. Outcomes
are taken in the order of the work. A file that asks for its outcomes is set aside until they are there, while the next
file starts.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from pilookup.compute.callbacks import Progress
from pilookup.compute.executors import concurrent_tasks, local_executor, processors
from pilookup.compute.window import OrderedWindow
from pilookup.custody.intake import Accepted, IntakeOptions
from pilookup.custody.intake.files.encoding import Encoding
from pilookup.custody.intake.read import Collect, FileReader, TextSplit, Work
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.rows.packed import PackedNumbers
from pilookup.custody.intake.unreadable import BadMemberError
from pilookup.custody.load.found_files import FoundFile
from pilookup.custody.load.left_out import nothing_left
from pilookup.custody.load.loaded_file import LoadedFile
from pilookup.custody.load.split_task import (
    BatchTask,
    MemorySplitTask,
    SplitOutcome,
    SplitTask,
    run_in_process,
    run_split,
)
from pilookup.custody.session import Session
from pilookup.errors import IntakeError, PasswordRequiredError, SeveralFilesError
from pilookup.protocol.label import Kind

SPLIT_BYTES: Final = 8 << 20
"""Size of a split of a text. While it is processed it takes about ten times as much memory."""

QUEUED_SPLITS: Final = 64
"""Splits submitted beyond those that one process runs at once. They keep a cluster busy and hold no data yet."""

SORTED_FILE_ROWS: Final = 1 << 17
"""Number of rows in a sorted file whose rows do not come from a split of text."""

MAX_BAD_MEMBERS: Final = 20
"""How often an archive is read again without one more bad member. With more of them it is a bad file."""

WAITING_FILES: Final = 16
"""Files that are set aside until their outcomes are there. Each keeps its file open."""


class LoadSchedule:
    """Reads the files of a command into sorted files.

    Args:
        session: An unlocked HOME.
        dataset_id: The catalogue id of the dataset.
        options: How the files are read.
        executor: Runs the tasks.
        rejects: Where rejected cells are written; None to drop them.
        on_progress: Called with (bytes read, bytes in all, rows so far).
        skip_bad: Whether a file that cannot be read is left out. Otherwise it fails the command.
        locked: Locations of encrypted files that are left out then; None for all. Another one fails the command.
    """

    def __init__(
        self,
        session: Session,
        dataset_id: int,
        options: IntakeOptions,
        executor: Executor,
        rejects: TextIO | None,
        on_progress: Progress | None,
        *,
        skip_bad: bool = False,
        locked: frozenset[str] | None = None,
    ) -> None:
        self._session = session
        self._home = session.home.real
        self._dataset_id = dataset_id
        self._options = options
        self._today = datetime.now(UTC).date()
        self._rejects = rejects
        self._on_progress = on_progress
        self._skip_bad = skip_bad
        self._locked = locked
        self._executor = executor
        self._files: list[LoadedFile] = []
        self._errors: list[IntakeError] = []
        self._size = 0
        self._has_read = False
        self._waiting: deque[tuple[LoadedFile, Iterator[Work]]] = deque()

    def read(self, found: Sequence[FoundFile], errors: Sequence[IntakeError] = ()) -> list[LoadedFile]:
        """Read all files. The `error` of those that are left out says why.

        Those that cannot be read are left out if bad files are skipped, and those of directories if they are no tables.

        Args:
            found: The files.
            errors: The errors of other files of the command, which cannot even be opened.

        Raises:
            IntakeError: A file cannot be read in its format, changed while it was read, or holds no number. If several
                files fail, it is a SeveralFilesError that names them all.
            KeyringError: The keyring cannot be opened where a task runs.
            VaultError: A file of the vault is missing or altered.
            ComputeError: The cluster failed.
            OSError: A file cannot be read or written.
        """
        self._files = [self._new_file(each) for each in found]
        self._errors = list(errors)
        encodings = self._examine()
        try:
            with ExitStack() as stack:
                threads = stack.enter_context(local_executor())
                ahead = concurrent_tasks(self._executor) + QUEUED_SPLITS
                self._tasks = stack.enter_context(OrderedWindow(self._executor, run_split, self._take, ahead))
                self._here = stack.enter_context(OrderedWindow(threads, run_in_process, self._take, processors() + 1))
                self._read_all(self._files, encodings)
                self._read_without_bad_members(encodings)
        finally:
            writer = Rejects(self._rejects)
            for file in self._files:
                file.rejects.write_to(writer)
        self._has_read = True
        for file in self._files:
            file.finish(self._options)
        self._raise_errors()
        self._report_progress(self._size)
        return self._files

    def _examine(self) -> dict[Path, Encoding]:
        """Look at all files before a row of any is loaded, so that all that cannot be read are told in one run.

        Returns:
            The encodings of the texts among them, so that they need not be determined again.
        """
        encodings: dict[Path, Encoding] = {}
        for file in self._files:
            report = Report()
            try:
                reader = FileReader(
                    file.path,
                    self._options,
                    report,
                    Rejects(None),
                    split_bytes=SPLIT_BYTES,
                    folders=file.found.folders,
                )
                file.size = reader.source.size
                if len(self._files) > 1:
                    reader.encodings = encodings
                    with closing(reader.work()) as work:
                        next(work, None)
            except IntakeError as error:
                file.error = error
                if file.is_left_out:
                    file.report = report
        self._size = sum(file.size for file in self._files)
        self._raise_errors()
        return encodings

    def _raise_errors(self) -> None:
        errors = [*self._errors, *(file.error for file in self._files if file.error and not file.is_left_out)]
        if self._skip_bad and not self._has_read:  # they are read again without these members
            errors = [error for error in errors if not isinstance(error, BadMemberError)]
        left_out = [file for file in self._files if file.is_left_out]
        count = len(self._errors) + len(self._files) - len(left_out)
        if not errors and left_out and not count:
            raise nothing_left(left_out)
        locked = next((error for error in errors if self._needs_password(error)), None)
        if not errors or (self._skip_bad and locked is None and len(errors) < count):
            return
        raise locked or (errors[0] if len(errors) == 1 else SeveralFilesError(errors, count))

    def _needs_password(self, error: IntakeError) -> bool:
        """Whether the command fails because of a password, so that the caller can ask for it."""
        if not isinstance(error, PasswordRequiredError):
            return False
        return not self._skip_bad or (self._locked is not None and error.location not in self._locked)

    def _new_file(self, found: FoundFile) -> LoadedFile:
        return LoadedFile.of(found, self._session, self._dataset_id, self._options, wanted=self._rejects is not None)

    def _read_without_bad_members(self, encodings: dict[Path, Encoding]) -> None:
        """If bad files are skipped, read archives with bad members again without these, each as a new load.

        So nothing stays of a member that was read in part.
        """
        for _ in range(MAX_BAD_MEMBERS if self._skip_bad else 0):
            self._tasks.drain()
            self._here.drain()
            again = []
            for at, file in enumerate(self._files):
                if isinstance(file.error, BadMemberError):
                    new = self._new_file(file.found)
                    new.size, new.done = file.size, file.done
                    new.without = {**file.without, file.error.key: file.error.error}
                    self._files[at] = new
                    again.append(new)
            if not again:
                return
            self._read_all(again, encodings)
        self._tasks.drain()
        self._here.drain()
        for file in self._files:
            if self._skip_bad and isinstance(file.error, BadMemberError):
                text = f"has more than {MAX_BAD_MEMBERS} members that cannot be read: unpack it, and load the files"
                file.error = IntakeError(file.location, text)

    def _read_all(self, files: Sequence[LoadedFile], encodings: dict[Path, Encoding]) -> None:
        for file in files:
            if file.error is None:
                self._start(file, encodings)
            if not self._skip_bad and any(one.error and not one.is_left_out for one in self._files):
                break
        while self._waiting:
            self._resume()

    def _start(self, file: LoadedFile, encodings: dict[Path, Encoding]) -> None:
        vault, load = self._session.vault, file.load
        vault.stage(load.folder(vault), load.sorted_folder(vault))
        try:
            reader = FileReader(
                file.path,
                self._options,
                file.report,
                file.rejects.rows,
                split_bytes=SPLIT_BYTES,
                today=self._today,
                folders=file.found.folders,
                without=file.without,
            )
        except IntakeError as error:
            file.error = error
            return
        reader.encodings = encodings
        file.reader = reader
        self._go_on(file, reader.work())

    def _resume(self) -> None:
        """Take all outcomes, and go on with the file that waits longest."""
        self._tasks.drain()
        self._here.drain()
        self._go_on(*self._waiting.popleft())

    def _go_on(self, file: LoadedFile, work: Iterator[Work]) -> None:
        """Submit the work of a file until it ends or asks for its outcomes."""
        try:
            for item in work:
                if file.error is not None:
                    return
                if isinstance(item, Collect):
                    self._waiting.append((file, work))
                    if len(self._waiting) > WAITING_FILES:
                        self._resume()
                    return
                self._submit(file, item)
            self._submit_batches(file, least=1)
        except IntakeError as error:
            file.error = file.error or error

    def _submit(self, file: LoadedFile, item: TextSplit | Accepted) -> None:
        if isinstance(item, Accepted):
            file.batches.append(item)
            self._submit_batches(file, least=SORTED_FILE_ROWS)
            file.rejects.relieve()
            self._advance(file, file.position())
            return
        number = file.new_number()
        wanted = self._rejects is not None
        if item.data is None:
            path, file_id = str(file.source.absolute), file.source.file_id
            self._tasks.put(SplitTask(self._home, file.load, number, path, file_id, item.form, item.split, wanted))
        else:
            self._here.put(MemorySplitTask(self._home, file.load, number, item.form, item.split, item.data, wanted))
        file.expect(number, item)

    def _submit_batches(self, file: LoadedFile, least: int) -> None:
        """Submit batches of rows that were read here, once they are enough for a sorted file."""
        if sum(map(len, file.batches)) >= least:
            packed = PackedNumbers.of(file.batches, accounts=self._options.kind is Kind.MALICIOUS)
            file.batches = []
            number = file.new_number()
            self._here.put(BatchTask(self._home, file.load, number, packed))
            file.expect(number, None)

    def _take(self, outcome: SplitOutcome) -> None:
        file = next(file for file in self._files if file.load.id == outcome.load_id)
        try:
            file.take(outcome)
        except IntakeError as error:
            file.error = file.error or error
        self._advance(file, file.position())

    def _advance(self, file: LoadedFile, position: int) -> None:
        file.done = min(max(file.done, position), file.size)
        self._report_progress(sum(one.done for one in self._files))

    def _report_progress(self, done: int) -> None:
        if self._on_progress:
            self._on_progress(done, self._size, sum(file.report.rows for file in self._files))
