"""Opens texts that are not lines of cells, such as JSON: a line of them may be as long as the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TextIO

from pilookup.custody.intake.files.encoding import detect_encoding
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.tables.text_notes import tell_bad_bytes

_BLOCK_CHARS: Final = 1 << 18


class TextStream(Protocol):
    """The characters of a text, whose line ends are line feeds."""

    def read(self, size: int, /) -> str: ...

    def __iter__(self) -> Iterator[str]: ...


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
            report: Receives the note, and a warning of bytes that are no text.
            given: The encoding that the operator named, a key of `ENCODINGS`.

        Raises:
            IntakeError: The file is not a text (see `detect_encoding`).
        """
        self.location = member.location
        self._member = member
        self._encoding = detect_encoding(member, given, long_lines=True)
        report.notes.append(f"{member.location}: read as {what} in {self._encoding.display_name}")
        tell_bad_bytes(member.location, self._encoding, report)

    @contextmanager
    def open(self) -> Iterator[TextStream]:
        """Open the text at its start.

        Raises:
            IntakeError: The file cannot be read.
        """
        with self._member.open() as raw:
            text = self._encoding.open_text(self.location, raw)
            yield _WithoutNuls(text) if self._encoding.nuls else text


class _WithoutNuls:
    """A text without its NUL characters."""

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def read(self, size: int, /) -> str:
        while block := self._text.read(size):
            if cleaned := block.replace("\x00", ""):
                return cleaned
        return ""

    def __iter__(self) -> Iterator[str]:
        return (line.replace("\x00", "") for line in self._text)
