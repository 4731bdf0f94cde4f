"""Reads one input file: from its path to file splits, and to batches of identifiers where rows are read here."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TextIO

from pilookup.compute.callbacks import Progress
from pilookup.custody.intake.columns.layout import Layout
from pilookup.custody.intake.columns.mobiles import mobiles_in
from pilookup.custody.intake.files.archive import ArchiveContext
from pilookup.custody.intake.files.detect import detect_format
from pilookup.custody.intake.files.encoding import Encoding, detect_encoding
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.files.formats import ARCHIVES, COMPRESSED, Format
from pilookup.custody.intake.files.members import SKIPPABLE, SkippedMembers, open_archive
from pilookup.custody.intake.files.source import Member, Source
from pilookup.custody.intake.files.unpacked import Budget, Nesting, compressed_member
from pilookup.custody.intake.joined_table import SPLIT_BYTES as JOINED_BYTES
from pilookup.custody.intake.joined_table import JoinedTable
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.model import Accepted, IntakeOptions
from pilookup.custody.intake.refusal import require_numbers
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.rows.normalise import Normaliser
from pilookup.custody.intake.splits import SplitText, open_split_text
from pilookup.custody.intake.tables.readers import open_tables
from pilookup.custody.intake.tables.table import NumberedRows
from pilookup.custody.intake.text_form import TextForm
from pilookup.custody.intake.unreadable import BadMemberError
from pilookup.errors import IntakeError, PasswordRequiredError

_LOG: Final = "-wal"
_IN_NAMES: Final = (
    "numbers in the names of files and folders are not read: if they belong to victims, put them into a table and load "
    "that"
)
_LOG_NOT_READ: Final = (
    "not read: the log of the SQLite database beside it may hold rows that are not in the database; "
    "run VACUUM INTO on a copy of both, and load the result"
)


@dataclass(frozen=True, slots=True)
class TextSplit:
    """A split of a text, to be read by `rows.split_reader` wherever it is convenient.

    Attributes:
        text: The text, which takes the outcome.
        form: How the split is read.
        split: The split.
        data: Its bytes up to its `reach`; None if they can be read from the file.
    """

    text: SplitText | JoinedTable
    form: TextForm
    split: FileSplit
    data: bytes | None

    def __repr__(self) -> str:
        return f"<split at {self.split.start} of {self.text.location}>"


@dataclass(frozen=True, slots=True)
class Collect:
    """A request: the outcomes of all splits so far must be taken before the next work is asked for."""


Work = TextSplit | Accepted | Collect
"""A split, or a batch of numbers that were read here, or a request to take all outcomes."""


class FileReader:
    """Reads one input file.

    Attributes:
        source: The file.
        encodings: Encodings of texts by their path, as far as they are known. Members of archives are not among them,
            since several of them may have one name.
    """

    def __init__(
        self,
        path: Path,
        options: IntakeOptions,
        report: Report,
        rejects: Rejects,
        *,
        split_bytes: int | None = None,
        today: date | None = None,
        folders: str = "",
        without: Mapping[tuple[int, ...], IntakeError] | None = None,
    ) -> None:
        """Open the file.

        Args:
            path: The file.
            options: The options of the load.
            report: Receives notes, columns and warnings, and the counts of what is read here.
            rejects: Receives the rejected cells of what is read here.
            split_bytes: The size of a split. If it is None, every row is read here.
            today: The day that dates are compared with.
            folders: The folders that the file is in, below a directory that was given.
            without: Members of archives that are not read, as `BadMemberError.key` names them, and why.

        Raises:
            IntakeError: The file cannot be opened.
        """
        self.source = Source(path, folders)
        self.encodings: dict[Path, Encoding] = {}
        self._archives = ArchiveContext(Budget(self.source.size), options.passwords)
        self._options = options
        self._without = without or {}
        self._report = report
        self._rejects = rejects
        self._split_bytes = split_bytes
        self._in_names: set[bytes] = set()
        self._today = today or datetime.now(UTC).date()

    def work(self) -> Generator[Work, None, None]:
        """Yield the work of the whole file.

        Raises:
            IntakeError: The file cannot be read as what it is, is over a limit, or has changed. `location` names the
                file, archive member, sheet or line.
            MissingExtraError: The format needs an extra that is not installed.
        """
        yield from self._member(self.source.as_member(), Nesting())
        self.source.check_unchanged()
        self._report.warn(WarningCode.UNREAD_NUMBERS, self.source.location, len(self._in_names), _IN_NAMES)

    def _member(self, member: Member, nesting: Nesting, key: tuple[int, ...] = ()) -> Iterator[Work]:
        """Yield the work of a file or of a member of an archive."""
        self._in_names.update(mobiles_in(member.folders), mobiles_in(member.name))
        form = detect_format(member, self._report.notes)
        if form in ARCHIVES:
            yield from self._archive(member, form, nesting, key)
        elif form in COMPRESSED:
            inner = nesting.inside(member.location, form)
            yield from self._member(compressed_member(member, form, self._archives.budget), inner, key)
        elif form is not Format.TEXT or self._split_bytes is None:
            yield from self._tables(member, form)
        else:
            with open_split_text(member, self._encoding_of(member), self._options, self._today.toordinal()) as text:
                if text is None:
                    yield from self._tables(member, form)
                else:
                    yield from self._text(member, text, self._split_bytes)

    def _encoding_of(self, member: Member) -> Encoding:
        if member.open != self.source.open:
            return detect_encoding(member, self._options.encoding)
        path = self.source.absolute
        if path not in self.encodings:
            self.encodings[path] = detect_encoding(member, self._options.encoding)
        return self.encodings[path]

    def _archive(self, outer: Member, form: Format, nesting: Nesting, key: tuple[int, ...]) -> Iterator[Work]:
        inner = nesting.inside(outer.location, form)
        skipped = SkippedMembers(outer.location, self._report)
        with open_archive(outer, form, self._archives) as members:
            for at, member in enumerate(skipped.without_system_files(members)):
                if (error := self._without.get((*key, at))) is not None:
                    skipped.leave_out(error)
                    continue
                with skipped.reading(member), _naming((*key, at)):
                    yield from self._member(member, inner, (*key, at))
        skipped.finish()

    def _text(self, member: Member, text: SplitText, size: int) -> Iterator[Work]:
        in_file = member.open == self.source.open and not text.transcoded
        while True:
            for form, split in text.splits(size):
                yield TextSplit(text, form, split, None if in_file else text.bytes_of(split))
                if form.layout.labelled:
                    yield Collect()
            yield Collect()
            if not text.has_changed:
                break
        text.add_to(self._report)

    def _tables(self, member: Member, form: Format) -> Iterator[Work]:
        """Read the tables of a file that is not a text, or that the core cannot read as it is."""
        if form is Format.SQLITE and member.open == self.source.open:
            self._tell_log()
        previous: Layout | None = None
        for table in open_tables(member, form, self._options, self._report):
            if table.head:
                joined = JoinedTable(table, self._options, self._today.toordinal(), previous)
                yield from self._joined(joined)
                joined.add_to(self._report)
                previous = joined.layout if joined.layout.phones else previous

    def _tell_log(self) -> None:
        """Warn of a write-ahead log beside a database, whose rows are not read."""
        if self.source.size_of_neighbour(_LOG):
            self._report.warn(WarningCode.MEMBER_SKIPPED, f"{self.source.location}{_LOG}", 1, _LOG_NOT_READ)

    def _joined(self, table: JoinedTable) -> Iterator[Work]:
        size = None if self._split_bytes is None else min(self._split_bytes, JOINED_BYTES)
        while True:
            for part in table.parts(size):
                if isinstance(part, NumberedRows):
                    yield Collect()
                    if not table.has_changed:
                        yield self._read_here(table, part)
                else:
                    form, split, data = part
                    yield TextSplit(table, form, split, data)
                    if form.layout.labelled:
                        yield Collect()
            yield Collect()
            if not table.has_changed:
                break

    def _read_here(self, table: JoinedTable, block: NumberedRows) -> Accepted:
        """Read rows here, and declare a change of layout among them."""
        form = table.form
        report = Report()
        normaliser = Normaliser(
            form.location,
            table.layout,
            self._options,
            report,
            self._rejects,
            self._today,
            lenient_line=form.lenient_line,
            above=form.above,
        )
        batch, at = normaliser.batch(block)
        table.take_block(block, normaliser.tally, at, normaliser.above)
        report.months.update(batch.months)
        self._report.add(report)
        return batch


@contextmanager
def _naming(key: tuple[int, ...]) -> Iterator[None]:
    """A block that reads a member: what prevents the archive from being read is raised as BadMemberError."""
    try:
        yield
    except (*SKIPPABLE, PasswordRequiredError, BadMemberError):
        raise
    except IntakeError as error:
        raise BadMemberError(error, key) from None


def read_file(
    path: Path,
    options: IntakeOptions,
    report: Report,
    rejects: TextIO | None = None,
    on_progress: Progress | None = None,
) -> Iterator[Accepted]:
    """Yield the accepted numbers of one input file in batches, all of its rows read here.

    An error may follow after batches were yielded; the caller must then undo what it did with them.

    Args:
        path: The file.
        options: The options of the load.
        report: Receives all counts except `distinct` and `duplicates`, and the notes, columns and warnings.
        rejects: An open text file (newline="", UTF-8, mode 0600) that receives rejected cells.
        on_progress: Is called with the bytes read and the bytes in all, both of the file on disk, and the rows that
            `report` counts.

    Raises:
        IntakeError: The file cannot be read as what it is, is over a limit, or has changed. `location` names the file,
            archive member, sheet or line.
        MissingExtraError: The format needs an extra that is not installed.
    """
    reader = FileReader(path, options, report, Rejects(rejects))
    size = reader.source.size
    if on_progress:
        on_progress(0, size, 0)
    for batch in reader.work():
        if on_progress:
            on_progress(min(reader.source.position, size), size, report.rows)
        if isinstance(batch, Accepted) and batch.identifiers:
            yield batch
    require_numbers(reader.source.location, report, options)
    if on_progress:
        on_progress(size, size, report.rows)
