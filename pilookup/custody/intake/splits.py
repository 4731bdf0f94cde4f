"""Which text files go the fast way, and how they are cut into splits that can be read apart."""

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
"""Read as they are; what is in another encoding is read as UTF-8."""
_DELIMITERS: Final = {"utf-8": ("", "----", "\t", ",", ";", "|"), "gb18030": ("", "----", "\t", ",", ";")}
_NO_LINE: Final = 1 << 62
_HEAD_BYTES: Final = 1 << 21


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a text file is read; holds nothing that stands in it, so that it may travel in a task.

    delimiter, usual: as `Dialect` has them. phones, account, date: columns from 0; account None where none is read.
    width: cells of most rows. from_line: where the data start. region: as in `IntakeOptions`. kind: `Kind`'s value.
    today: the day that dates are held against, as an ordinal.
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
        """As the core takes it."""
        return self.codec, self.delimiter, self.usual


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text file that goes the fast way. start, line: where its first record stands, after a BOM and a "sep=" line.

    transcoded: its splits are of the text in UTF-8 and not of the file; then start counts bytes of that text.
    """

    form: TextForm
    encoding: Encoding
    dialect: Dialect
    plan: ColumnPlan
    start: int
    line: int

    @property
    def transcoded(self) -> bool:
        return self.encoding.codec not in _CODECS

    def notes(self, tally: Tally) -> list[str]:
        """Sentences for the report, once all rows are counted."""
        location = self.form.location
        columns = f"{location}: {describe(self.plan)}"
        return [columns, *tally.notes(location), *notes_on(location, self.encoding, self.dialect, tally.stray)]


def plain_text(member: Member, options: IntakeOptions, today: int) -> PlainText | None:
    """How a text member is read the fast way; None when it has to go the slow one.

    Raises IntakeError for a file that is no text or has no phone column, as `read.read` does.
    """
    encoding = detect_encoding(member)
    codec = encoding.codec if encoding.codec in _CODECS else "utf-8"
    if encoding.nuls:
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
    """How the lines are read that `arrow.lines_of` makes of a table's columns: phones, account, date."""
    malicious = options.kind is Kind.MALICIOUS
    phones = tuple(range(len(plan.phones)))
    account = len(phones) if malicious and plan.account is not None else None
    read = len(phones) + (account is not None)
    date = read if plan.date is not None else None
    width = read + (date is not None) + 1
    kind = str(options.kind)
    return TextForm(location, "utf-8", DELIMITER, width, phones, account, date, width, 1, options.region, kind, today)


def _first_line(member: Member, encoding: Encoding) -> int:
    """Bytes of the first line, a "sep=" line, with its end, as its splits have them."""
    with member.open() as stream:
        stream.read(encoding.skip)
        head = (stream if encoding.codec in _CODECS else Utf8Stream(member.location, stream, encoding)).read(
            _HEAD_BYTES
        )
    line = head.splitlines(keepends=True)[0]
    return len(line)


def file_splits(stream: BinaryIO, text: PlainText, size: int) -> Iterator[FileSplit]:
    """The splits of a text of about `size` bytes. A split grows beyond `size` only where one record does.

    stream: the file's, which is put where each split starts: what a split leaves over is read again and never copied.
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
    """Text in UTF-16 or UTF-32, its BOM read already, as a stream of UTF-8."""

    def __init__(self, location: str, stream: BinaryIO, encoding: Encoding) -> None:
        self._location = location
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding.codec)("strict")
        self._held = bytearray()
        self._ended = False

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end alone. Raises IntakeError for text that was valid a moment ago."""
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
    """The splits of a text that is read once from its start, each with its bytes up to its reach, start being 0.

    Raises IntakeError, as `member`'s stream does.
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
