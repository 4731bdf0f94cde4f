"""Opens texts that are not lines of cells, such as JSON: a line of them may be as long as the file."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from pilookup.custody.intake.files.encoding import Encoding, detect_encoding
from pilookup.custody.intake.files.source import Member


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
def open_text(member: Member, encoding: Encoding) -> Iterator[io.TextIOWrapper]:
    """Open a text as characters. All line ends become line feeds. Bytes that are not valid become U+FFFD.

    Raises:
        IntakeError: The file cannot be opened, or reading it fails.
    """
    with member.open() as raw:
        raw.read(encoding.skip)
        with io.TextIOWrapper(raw, encoding.codec, errors="replace", newline=None) as stream:
            yield stream
