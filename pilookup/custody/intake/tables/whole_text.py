"""Opens texts that are not lines of cells, such as JSON: a line of them may be as long as the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from pilookup.custody.intake.files.encoding import Encoding, detect_encoding
from pilookup.custody.intake.files.source import Member


class TextStream(Protocol):
    """The characters of a text, whose line ends are line feeds."""

    def read(self, size: int, /) -> str: ...


def text_encoding(member: Member, given: str | None) -> Encoding:
    """Detect the encoding of a text, whose lines may be of any length.

    Args:
        member: The file.
        given: The encoding that the operator named, a key of `ENCODINGS`.

    Raises:
        IntakeError: The file is not a text (see `detect_encoding`).
    """
    return detect_encoding(member, given, long_lines=True)


@contextmanager
def open_text(member: Member, encoding: Encoding) -> Iterator[TextStream]:
    """Open a text as characters without NUL. Bytes that are no text become U+FFFD.

    Raises:
        IntakeError: The file cannot be opened, or reading it fails.
    """
    with member.open() as raw:
        text = encoding.open_text(member.location, raw)
        yield _WithoutNuls(text) if encoding.nuls else text


class _WithoutNuls:
    """A text without its NUL characters."""

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def read(self, size: int, /) -> str:
        while block := self._text.read(size):
            if cleaned := block.replace("\x00", ""):
                return cleaned
        return ""
