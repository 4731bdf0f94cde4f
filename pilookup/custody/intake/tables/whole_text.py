"""Opens texts that are not lines of cells, such as JSON: a line of them may be as long as the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TextIO

from pilookup.custody.intake.files.encoding import detect_encoding
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.tables.text import tell_what_was_mended

_BLOCK_CHARS: Final = 1 << 18


class TextStream(Protocol):
    """The characters of a text, whose line ends are line feeds."""

    def read(self, size: int, /) -> str: ...


class WholeText:
    """A text that is read from its start several times.

    Attributes:
        location: The file or member.
    """

    def __init__(self, member: Member, what: str, report: Report, given: str | None) -> None:
        """Detect the encoding.

        Args:
            member: The file.
            what: What it is read as, for the note on it.
            report: Receives the note, and once the text was read to its end a warning of bytes that are no text.
            given: The encoding that the operator named, a key of `ENCODINGS`.

        Raises:
            IntakeError: The file is not a text (see `detect_encoding`).
        """
        self.location = member.location
        self._member = member
        self._report = report
        self._encoding = detect_encoding(member, given, long_lines=True)
        self._told = False
        report.notes.append(f"{member.location}: read as {what} in {self._encoding.display_name}")

    @contextmanager
    def open(self) -> Iterator[TextStream]:
        """Open the text at its start.

        Raises:
            IntakeError: The file cannot be read.
        """
        with self._member.open() as raw:
            text = self._encoding.open_text(self.location, raw)
            yield _WithoutNuls(text.lines) if self._encoding.nuls else text.lines
            if text.mended and not self._told and not text.lines.read(1):
                self._told = True
                tell_what_was_mended(self.location, text.mended, self._encoding, self._report)


class _WithoutNuls:
    """A text without its NUL characters."""

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def read(self, size: int, /) -> str:
        while block := self._text.read(size):
            if cleaned := block.replace("\x00", ""):
                return cleaned
        return ""
