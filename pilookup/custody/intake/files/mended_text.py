"""Decodes texts that are not valid in one encoding, line by line, and puts U+FFFD in place of bytes that are no text.

Files that were joined hold lines in UTF-8 and lines in GB18030, or byte order marks inside. A field that a program cut
at a number of bytes ends in half a character, and a copy may lack its last byte. The other lines can still be read.
"""

import io
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from pilookup.custody.intake.limits import BLOCK_BYTES, LONG_LINE, MAX_LINE_CHARS
from pilookup.errors import IntakeError

REPLACEMENT: Final = "\ufffd"
MARK: Final = "\ufeff"
"""The byte order mark. Inside a file it stands where another file was appended."""

_GLUED_CHARS: Final = 12
_MOST_BYTES: Final = 4 * MAX_LINE_CHARS
_MOST_LONG_BYTES: Final = 64 * MAX_LINE_CHARS
_BETWEEN: Final = (b",", b" ", b'"', b"\n")
"""No character of more than one byte ends in these, so that a long line can be cut after them."""
_MIXED: Final = {"utf-8": "gb18030", "gb18030": "utf-8"}
_THREE_BYTES: Final = re.compile(rb"[\xe1-\xec\xee\xef][\x80-\xbf]{2}")
_SWAPPED: Final = {"utf-16-le": "utf-16-be", "utf-16-be": "utf-16-le"}
_LINE_END: Final = {"utf-16-le": re.compile(rb"\n\x00"), "utf-16-be": re.compile(rb"\x00\n")}
_BYTE_MARKS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_WRONG_MARK: Final = "\ufffe"


class MendedText(io.RawIOBase):
    """A text as a stream of UTF-8 in which nothing is invalid.

    Attributes:
        lines: Number of lines so far.
        bad_lines: Number of lines so far with bytes that are no text.
        bad_characters: Number of U+FFFD that were put in their place.
        first_bad: 1-based number of the first such line; 0 if there is none.
        other_lines: Number of lines so far that are in UTF-8 where GB18030 is expected, or the reverse.
    """

    def __init__(self, location: str, stream: BinaryIO, codec: str, *, given: bool, long_lines: bool = False) -> None:
        """Start at the first line.

        Args:
            location: The file or member, for errors.
            stream: The text, from after its byte order mark.
            codec: Python's name of the encoding in which most lines are expected.
            given: Whether the operator named the encoding. Then no other one is tried.
            long_lines: Whether a line may be longer than `MAX_LINE_CHARS`, as in JSON.
        """
        super().__init__()
        self._long_lines = long_lines
        self._location = location
        self._stream = stream
        self._codec = codec
        self._other = None if given else _MIXED.get(codec)
        self._first = ""
        self._held = b""
        self._line_ended = True
        self._last_bad = 0
        self._texts = self._utf16() if codec in _SWAPPED else self._by_line()
        self.lines = self.bad_lines = self.bad_characters = self.first_bad = self.other_lines = 0

    def readable(self) -> bool:
        """Whether the stream can be read, as `io.RawIOBase` says it."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        """Fill a buffer with UTF-8, as `io.RawIOBase` says it.

        Raises:
            IntakeError: A line is too long, or the file cannot be read.
        """
        while not self._held:
            text = next(self._texts, None)
            if text is None:
                return 0
            self._held = text.encode()
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count

    def as_text(self) -> io.TextIOWrapper:
        """The stream as characters. Line ends of all systems become line feeds."""
        return io.TextIOWrapper(io.BufferedReader(self, BLOCK_BYTES), "utf-8", newline=None)

    def _by_line(self) -> Iterator[str]:
        """The texts of blocks of whole lines, of an encoding in which a line end is one byte."""
        left = b""
        while block := self._stream.read(BLOCK_BYTES):
            data = left + block
            end = 1 + max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1))  # the line feed after a last \r may follow
            if len(data) - end > _MOST_BYTES and self._long_lines:
                end = 1 + max(map(data.rfind, _BETWEEN))
            self._check_length(len(data) - end)
            yield "".join(map(self._line, data[:end].splitlines(keepends=True)))
            left = data[end:]
        yield "".join(map(self._line, left.splitlines(keepends=True)))

    def _line(self, line: bytes) -> str:
        """The text of a line, or of a part of a long one."""
        self.lines += self._line_ended
        self._line_ended = line.endswith((b"\n", b"\r"))
        return self._without_marks(line.decode("ascii") if line.isascii() else self._decode(line))

    def _decode(self, line: bytes) -> str:
        mostly_utf8 = bool(self._other) and _is_mostly_utf8(line)
        for codec in ("utf-8", "gb18030") if self._other else (self._codec,):
            if codec == "gb18030" and mostly_utf8:
                break
            try:
                text = line.decode(codec)
            except UnicodeDecodeError:
                continue
            self.other_lines += codec != self._codec
            return text
        if mostly_utf8 or self._codec == "utf-8":
            return self._counted(_with_surrogate_pairs(line))
        body = line.rstrip(b"\r\n")  # a decoder may take a line end for the rest of a character that is cut off
        return self._counted(body.decode(self._codec, "replace") + line[len(body) :].decode())

    def _utf16(self) -> Iterator[str]:
        """The lines of UTF-16. A line that lacks a byte ends at its line end all the same, so that the next is read."""
        data, ended = b"", False
        while not ended:
            block = self._stream.read(BLOCK_BYTES)
            ended = not block
            data += block
            at = 0
            while at < len(data):
                if mark := _BYTE_MARKS.get(data[at : at + 2]):
                    self._codec, at = mark, at + 2
                found = _LINE_END[self._codec].search(data, at)
                if not found and not ended:
                    break
                line = data[at : found.end() if found else len(data)]
                text, used = self._utf16_line(line)
                yield text
                at += used
            data = data[at:]
            self._check_length(len(data))

    def _utf16_line(self, line: bytes) -> tuple[str, int]:
        """The text of a line, and the number of its bytes that were used: not those from a wrong mark inside on."""
        self.lines += 1
        if b"\n" in line and 0 not in line:  # another program appended its lines as UTF-8
            return self._counted(line.decode("utf-8", "replace")), len(line)
        text = line.decode(self._codec, "replace")
        if len(line) % 2:
            text = max(text, line[1:].decode(self._codec, "replace") + REPLACEMENT, key=_ascii_characters)
        at = text.find(_WRONG_MARK)
        if at > 0:
            return self._counted(text[:at]) + "\n", len(text[:at].encode(self._codec, "surrogatepass"))
        return self._without_marks(self._counted(text)), len(line)

    def _without_marks(self, text: str) -> str:
        """A line without a mark before it. A mark before a repeated first line ends a line that had no line end."""
        text = text.removeprefix(MARK)
        if self.lines == 1:
            self._first = self._first or text.rstrip("\r\n")[:_GLUED_CHARS]
        elif MARK in text and len(self._first) > 1:
            text = text.replace(MARK + self._first, "\n" + self._first)
        return text

    def _counted(self, text: str) -> str:
        count = text.count(REPLACEMENT)
        if count:
            self.bad_lines += self.lines != self._last_bad
            self._last_bad = self.lines
            self.bad_characters += count
            self.first_bad = self.first_bad or self.lines
        return text

    def _check_length(self, size: int) -> None:
        if size > (_MOST_LONG_BYTES if self._long_lines else _MOST_BYTES):
            raise IntakeError(f"{self._location} line {self.lines + 1}", LONG_LINE)


def _is_mostly_utf8(line: bytes) -> bool:
    """Whether a line holds more characters that are three bytes of UTF-8 than bytes that are invalid in it."""
    return len(_THREE_BYTES.findall(line)) > line.decode("utf-8", "replace").count(REPLACEMENT)


def _with_surrogate_pairs(line: bytes) -> str:
    """A line of UTF-8 in which surrogate pairs may be encoded as two characters, as Java and old databases do it."""
    try:
        units = line.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
    except UnicodeDecodeError:
        return line.decode("utf-8", "replace")
    return units.decode("utf-16-le", "replace")


def _ascii_characters(text: str) -> int:
    return sum(map(str.isascii, text))
