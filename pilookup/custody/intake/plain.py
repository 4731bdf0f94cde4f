"""Which text files go the fast way, and how they are cut into pieces that can be read apart."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from pilookup import _core
from pilookup.custody.intake.columns import Plan, choose, described
from pilookup.custody.intake.dialect import Dialect
from pilookup.custody.intake.encoding import Encoding, decide
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.report import Tally
from pilookup.custody.intake.source import Part
from pilookup.custody.intake.text import dialect_of, notes_on, rows_of
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind

_CODECS: Final = ("utf-8", "gb18030")
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

    place: str
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
    """A text file that goes the fast way. start, line: where its first record stands, after a BOM and a "sep=" line."""

    form: TextForm
    encoding: Encoding
    dialect: Dialect
    plan: Plan
    start: int
    line: int

    def notes(self, tally: Tally) -> list[str]:
        """Sentences for the report, once all rows are counted."""
        place = self.form.place
        columns = f"{place}: {described(self.plan)}"
        return [columns, *tally.notes(place), *notes_on(place, self.encoding, self.dialect, tally.stray)]


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole records of a file: its bytes from start to stop, the first of them on line `line`.

    reach: the end of the bytes that tell what is in them. whole: that is the end of the file.
    """

    start: int
    stop: int
    reach: int
    line: int
    whole: bool


def plain_text(part: Part, options: IntakeOptions, today: int) -> PlainText | None:
    """How a text part is read the fast way; None when it has to go the slow one.

    Raises IntakeError for a file that is no text or has no phone column, as `reading.read` does.
    """
    encoding = decide(part)
    if encoding.codec not in _CODECS or encoding.nuls:
        return None
    dialect = dialect_of(part, encoding)
    if dialect.delimiter not in _DELIMITERS[encoding.codec]:
        return None
    with rows_of(part, encoding, dialect) as (table, _):
        plan = choose(table, options)
        if plan is None:
            raise IntakeError(part.place, options.no_phone())
        from_line = table.line(plan.start)
    form = TextForm(
        place=part.place,
        codec=encoding.codec,
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
    start = encoding.skip + (_first_line(part, encoding) if dialect.first_line > 1 else 0)
    return PlainText(form, encoding, dialect, plan, start, dialect.first_line)


def _first_line(part: Part, encoding: Encoding) -> int:
    """Bytes of the first line, a "sep=" line, with its end."""
    with part.open() as stream:
        stream.read(encoding.skip)
        head = stream.read(_HEAD_BYTES)
    line = head.splitlines(keepends=True)[0]
    return len(line)


def pieces(stream: BinaryIO, text: PlainText, size: int) -> Iterator[Piece]:
    """The pieces of a text of about `size` bytes. A piece grows beyond `size` only where one record does.

    stream: the file's, which is put where each piece starts: what a piece leaves over is read again and never copied.
    """
    at, line, wanted = text.start, text.line, size
    while True:
        stream.seek(at)
        data = stream.read(wanted)
        whole = len(data) < wanted
        if not data:
            return
        stop, reach, lines = _core.cut_text(data, text.form.dialect, whole)
        if not stop and not whole:
            wanted *= 2
            continue
        yield Piece(at, at + stop, at + reach, line, whole)
        if whole:
            return
        at, line, wanted = at + stop, line + lines, size
