"""An input file while it is loaded: its load in the making, and what was counted so far."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pilookup.custody.intake import Accepted, IntakeOptions, Report
from pilookup.custody.intake.columns.layout import Layout
from pilookup.custody.intake.files.members import SKIPPABLE
from pilookup.custody.intake.files.source import Source
from pilookup.custody.intake.read import FileReader, TextSplit
from pilookup.custody.intake.refusal import require_numbers
from pilookup.custody.load.found_files import FoundFile
from pilookup.custody.load.frequent import FrequentNumbers
from pilookup.custody.load.reject_spool import RejectSpool
from pilookup.custody.load.split_task import SplitOutcome
from pilookup.custody.load.staging import StagedLoad
from pilookup.custody.session import Session
from pilookup.errors import IntakeError, NoNumbersError
from pilookup.protocol.label import Kind


@dataclass
class LoadedFile:
    """An input file, its load in the making, and what was counted so far.

    Attributes:
        found: The file.
        load: Its load.
        rejects: Its rejected cells.
        report: Its report.
        sorted_files: The numbers of its sorted files.
        size: Its size in bytes.
        done: How many of them have been read.
        batches: Batches of rows that were read by the command and not submitted yet.
        error: Why the file cannot be loaded; None if it can.
        reader: Reads it; None before it is started.
        without: The bad members of archives that are left out, as `BadMemberError.key` names them, and why.
    """

    found: FoundFile
    load: StagedLoad
    rejects: RejectSpool
    report: Report = field(default_factory=Report)
    sorted_files: list[int] = field(default_factory=list)
    size: int = 0
    done: int = 0
    batches: list[Accepted] = field(default_factory=list)
    error: IntakeError | None = None
    reader: FileReader | None = None
    without: Mapping[tuple[int, ...], IntakeError] = field(default_factory=dict)
    _frequent: FrequentNumbers = field(default_factory=FrequentNumbers)
    _expected: dict[int, tuple[TextSplit, Layout] | None] = field(default_factory=dict)
    _position: int = 0

    @classmethod
    def of(
        cls, found: FoundFile, session: Session, dataset_id: int, options: IntakeOptions, *, wanted: bool
    ) -> "LoadedFile":
        """A file that is to be loaded.

        Args:
            found: The file.
            session: An unlocked HOME.
            dataset_id: The catalogue id of the dataset.
            options: How the file is read.
            wanted: Whether rejected cells are kept.
        """
        load = StagedLoad(uuid.uuid4().hex, dataset_id, options.kind is Kind.MALICIOUS)
        return cls(found, load, RejectSpool(session.vault, load, wanted=wanted))

    @property
    def location(self) -> str:
        """The file's name in messages."""
        return self.found.location

    @property
    def path(self) -> Path:
        """Its path."""
        return self.found.path

    @property
    def is_left_out(self) -> bool:
        """Whether it is no table in a directory that was given: a warning names it, and the other files are loaded."""
        return self.found.directory is not None and isinstance(self.error, (*SKIPPABLE, NoNumbersError))

    @property
    def source(self) -> Source:
        """The open file."""
        if self.reader is None:
            raise ValueError("the file was not started")
        return self.reader.source

    def new_number(self) -> int:
        """The number of a new sorted file, and of its rejected cells."""
        return self.rejects.next_number()

    def expect(self, number: int, work: TextSplit | None) -> None:
        """Declare which work a sorted file comes from; None for batches of rows."""
        self._expected[number] = work if work is None else (work, work.text.layout)

    def position(self) -> int:
        """How many bytes of the file have been read."""
        return max(self._position, self.reader.source.position if self.reader and not self._position else 0)

    def take(self, outcome: SplitOutcome) -> None:
        """Take the outcome of a task, in the order of the tasks.

        Raises:
            IntakeError: The task could not read its split.
            OSError: Rejected cells cannot be written.
        """
        expected = self._expected.pop(outcome.number)
        if expected is None:
            self._count(outcome)
            return
        work, layout = expected
        if not work.text.accepts(work.form):
            return  # the layout changed before this split, so that it is read again
        if outcome.error is not None:
            raise outcome.error
        work.text.take(work.split, outcome.tally, outcome.change, outcome.above)
        self.report.add(outcome.report)
        self._count(outcome)
        if work.data is None:
            self._position = outcome.change.offset if outcome.change else work.split.stop
            self.rejects.add_split(outcome.number, layout.label)
        else:
            self.rejects.add_text(outcome.rejected_cells, layout.label)

    def _count(self, outcome: SplitOutcome) -> None:
        self.sorted_files.append(outcome.number)
        self.report.accepted -= outcome.erased
        if outcome.erased:
            self.report.rejected["erased"] += outcome.erased
        self._frequent.add(outcome.frequent)

    def finish(self, options: IntakeOptions) -> None:
        """Complete the report, except for distinct numbers; sets `error` if the file has no number."""
        if self.error is None:
            self._frequent.warn(self.location, self.report)
            try:
                require_numbers(self.location, self.report, options)
            except IntakeError as error:
                self.error = error
