"""Divides text files into file splits, which the core can read independently of each other.

This is the fast path of intake. A text that the core cannot read is read row by row, in `read.py`.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from pilookup import _core
from pilookup.custody.intake.columns.detect import ColumnPlan, choose_columns, describe
from pilookup.custody.intake.files.encoding import Encoding, detect_encoding
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.limits import BLOCK_BYTES
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.report import Tally
from pilookup.custody.intake.tables.arrow import DELIMITER
from pilookup.custody.intake.tables.dialect import Dialect
from pilookup.custody.intake.tables.text import dialect_of, notes_on, rows_of
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind

_CODECS: Final = ("utf-8", "gb18030")
"""Encodings that the core reads. A text in another one is converted to UTF-8."""
_DELIMITERS: Final = {"utf-8": ("", "----", "\t", ",", ";", "|"), "gb18030": ("", "----", "\t", ",", ";")}
_NO_LINE: Final = 1 << 62
_HEAD_BYTES: Final = 1 << 21


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a text file is read. It has no content of the file, so that it may be sent in a task.

    Attributes:
        location: The file or member, for errors.
        codec: "utf-8" or "gb18030".
        delimiter: As in `Dialect`.
        usual: Number of cells in most rows, as `Dialect.width`.
        phones: The 0-based phone columns.
        account: The account column; None if accounts are not read.
        date: The date column; None if there is none.
        width: The number of cells in a row, as in `ColumnPlan`.
        from_line: The line on which the data start.
        region: As in `IntakeOptions`.
        kind: The value of the dataset's `Kind`.
        today: The day that dates are compared with, as an ordinal.
    """

    location: str
    codec: str
    delimiter: str
    usual: int
    phones: tuple[int, ...]
    account: int | None
    date: int | None
    width: int
    from_line: int
    region: str
    kind: str
    today: int

    @property
    def dialect(self) -> tuple[str, str, int]:
        """The dialect in the form in which the core takes it."""
        return self.codec, self.delimiter, self.usual


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text file that is read by splits.

    Attributes:
        form: How its splits are read.
        encoding: Its encoding.
        dialect: Its dialect.
        plan: Its columns.
        start: Offset of the first record, after a BOM and a "sep=" line. If the text is converted to UTF-8, the offset
            counts bytes of the converted text.
        line: 1-based number of the line on which the first record starts.
    """

    form: TextForm
    encoding: Encoding
    dialect: Dialect
    plan: ColumnPlan
    start: int
    line: int

    @property
    def transcoded(self) -> bool:
        """Whether the text is converted to UTF-8. Its splits are then ranges of the converted text, not of the file."""
        return self.encoding.codec not in _CODECS

    def notes(self, tally: Tally) -> list[str]:
        """Sentences for the report.

        Args:
            tally: The counts of all splits.
        """
        location = self.form.location
        columns = f"{location}: {describe(self.plan)}"
        return [columns, *tally.notes(location), *notes_on(location, self.encoding, self.dialect, tally.stray)]


def plain_text(member: Member, options: IntakeOptions, today: int) -> PlainText | None:
    """Examine whether and how a text file can be read by splits.

    Args:
        member: The file.
        options: The options of the load.
        today: The day that dates are compared with, as an ordinal.

    Returns:
        How the file is read; None if it has to be read row by row.

    Raises:
        IntakeError: The file is not a text, has no phone column, cannot be read or has changed.
    """
    encoding = detect_encoding(member, options.encoding)
    codec = encoding.codec if encoding.codec in _CODECS else "utf-8"
    if not encoding.exact:
        return None
    dialect = dialect_of(member, encoding)
    if dialect.delimiter not in _DELIMITERS[codec]:
        return None
    with rows_of(member, encoding, dialect) as (table, _):
        plan = choose_columns(table, options)
        if plan is None:
            raise IntakeError(member.location, options.no_phone_message())
        from_line = table.line(plan.start)
    form = TextForm(
        location=member.location,
        codec=codec,
        delimiter=dialect.delimiter,
        usual=dialect.width,
        phones=plan.phones,
        account=plan.account if options.kind is Kind.MALICIOUS else None,
        date=plan.date,
        width=plan.width,
        from_line=_NO_LINE if from_line is None else from_line,
        region=options.region,
        kind=str(options.kind),
        today=today,
    )
    start = 0 if encoding.codec not in _CODECS else encoding.skip
    if dialect.first_line > 1:
        start += _first_line(member, encoding)
    return PlainText(form, encoding, dialect, plan, start, dialect.first_line)


def lines_form(location: str, plan: ColumnPlan, options: IntakeOptions, today: int) -> TextForm:
    """How the core reads the lines that `tables.arrow.lines_of` makes of a table's phone, account and date columns.

    Args:
        location: The file or member, for errors.
        plan: The columns of the table.
        options: The options of the load.
        today: The day that dates are compared with, as an ordinal.
    """
    malicious = options.kind is Kind.MALICIOUS
    phones = tuple(range(len(plan.phones)))
    account = len(phones) if malicious and plan.account is not None else None
    read = len(phones) + (account is not None)
    date = read if plan.date is not None else None
    width = read + (date is not None) + 1
    kind = str(options.kind)
    return TextForm(location, "utf-8", DELIMITER, width, phones, account, date, width, 1, options.region, kind, today)


def _first_line(member: Member, encoding: Encoding) -> int:
    """Number of bytes of the first line, which is a "sep=" line, with its line end, as its splits have them."""
    with member.open() as stream:
        stream.read(encoding.skip)
        head = (stream if encoding.codec in _CODECS else Utf8Stream(member.location, stream, encoding)).read(
            _HEAD_BYTES
        )
    line = head.splitlines(keepends=True)[0]
    return len(line)


def file_splits(stream: BinaryIO, text: PlainText, size: int) -> Iterator[FileSplit]:
    """Divide a text file into splits.

    Args:
        stream: The file. It is set to the start of each split, so that the bytes after the last record of a split are
            read again instead of copied.
        text: How the file is read; not `transcoded`.
        size: The size of a split in bytes. A split is larger only if a single record is.

    Raises:
        IntakeError: The stream raises it.
    """
    at, line, wanted = text.start, text.line, size
    while True:
        stream.seek(at)
        data = stream.read(wanted)
        whole = len(data) < wanted
        if not data:
            return
        stop, reach, lines = _core.split_text(data, text.form.dialect, whole)
        if not stop and not whole:
            wanted *= 2
            continue
        yield FileSplit(at, at + stop, at + reach, line, whole)
        if whole:
            return
        at, line, wanted = at + stop, line + lines, size


class Utf8Stream:
    """Converts a stream of UTF-16 or UTF-32, from after its BOM, to a stream of UTF-8."""

    def __init__(self, location: str, stream: BinaryIO, encoding: Encoding) -> None:
        self._location = location
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding.codec)("strict")
        self._held = bytearray()
        self._ended = False

    def read(self, size: int) -> bytes:
        """Read `size` bytes, or fewer at the end of the text.

        Raises:
            IntakeError: The text is not valid. It was when its encoding was detected, so the file has changed.
        """
        while len(self._held) < size and not self._ended:
            block = self._stream.read(BLOCK_BYTES)
            self._ended = not block
            try:
                self._held += self._decoder.decode(block, final=self._ended).encode()
            except UnicodeDecodeError:
                raise IntakeError(self._location, "changed while it was read") from None
        data = bytes(self._held[:size])
        del self._held[:size]
        return data


def memory_splits(member: Member, text: PlainText, size: int) -> Iterator[tuple[FileSplit, bytes]]:
    """Divide a text that can only be read from its start, such as a member of an archive, into splits.

    Args:
        member: The text.
        text: How it is read.
        size: The size of a split in bytes. A split is larger only if a single record is.

    Yields:
        A split, with 0 as its `start`, and its bytes up to its `reach`.

    Raises:
        IntakeError: The member's stream raises it, or the text has changed.
    """
    with member.open() as raw:
        raw.read(text.encoding.skip)
        stream = Utf8Stream(member.location, raw, text.encoding) if text.transcoded else raw
        stream.read(text.start - (0 if text.transcoded else text.encoding.skip))
        left, line, wanted = b"", text.line, size
        while data := left + stream.read(max(0, wanted - len(left))):
            whole = len(data) < wanted
            stop, reach, lines = _core.split_text(data, text.form.dialect, whole)
            if not stop and not whole:
                left, wanted = data, 2 * wanted
                continue
            yield FileSplit(0, stop, reach, line, whole), data[:reach]
            if whole:
                return
            left, line, wanted = data[stop:], line + lines, size
