"""Detects the encoding of a text file by decoding the whole file before any row of it is used.

A BOM decides. Without one, UTF-16 is recognised by its zero bytes, and otherwise strict UTF-8 is tried. A text that is
not UTF-8 is in the encoding that the operator named or, if none was named, in Big5 if it has words that only Big5 has,
else in GB18030. Statistical guessing is not used because it misreads short GB18030 files. A text that none of them fits
to the last byte is read line by line (see `mended_text`), unless so much of it does not fit that it is no text in them.
The file is decoded block by block.
"""

import codecs
import io
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final

from pilookup import _core
from pilookup.custody.intake.files.mended_text import MARK, REPLACEMENT, MendedText
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.files.text_checks import GLUED_BYTES, TextChecks, refuse_binary
from pilookup.custody.intake.files.utf16 import utf16_without_bom
from pilookup.custody.intake.limits import BLOCK_BYTES
from pilookup.custody.intake.model import ENCODINGS
from pilookup.custody.intake.unreadable import EmptyFileError
from pilookup.errors import IntakeError

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: this BOM starts with UTF-16's little-endian one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (MARK.encode("gb18030"), "gb18030"),
)
_DISPLAY_NAMES = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32",
    "big5hkscs": "Big5",
}
_BIG5: Final = "big5hkscs"
_BIG5_WORDS = tuple(word.encode(_BIG5) for word in ("電話", "手機", "姓名", "號碼", "地址"))
"""In Big5 a header has two of these. Read as GB18030, the same bytes are words that nobody writes."""
_HEAD_BYTES = 4 * 4096
"""Enough bytes for the first 4,096 characters."""
_HEAD_LINES: Final = 20
_MAX_BAD: Final = 0.1
"""A text of which more than this share of the characters is no text is refused."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a text file.

    Attributes:
        codec: Python's name of the encoding; of most lines, if the text is `mended`.
        skip: Number of bytes of BOM at the start.
        nuls: Whether the text has NUL characters, which are dropped.
        mended: Whether the text is decoded by `MendedText`, since it is not valid to its last byte or has BOMs inside.
        given: Whether the operator named the encoding.
        long_lines: Whether a line may be longer than `MAX_LINE_CHARS`.
        bad_lines: Number of lines with bytes that are no text.
        first_bad: 1-based number of the first such line; 0 if there is none.
        other_lines: Number of lines that are in UTF-8 where most are in GB18030, or the reverse.
    """

    codec: str
    skip: int
    nuls: bool
    mended: bool = False
    given: bool = False
    long_lines: bool = False
    bad_lines: int = 0
    first_bad: int = 0
    other_lines: int = 0

    @property
    def exact(self) -> bool:
        """Whether the characters of the text are what the codec makes of its bytes, and nothing is left out."""
        return not self.nuls and not self.mended

    @property
    def display_name(self) -> str:
        """The usual name of the encoding, for messages."""
        return _DISPLAY_NAMES.get(self.codec, self.codec.upper())

    def open_text(self, location: str, stream: BinaryIO) -> io.TextIOWrapper:
        """Decode a text from its first byte on. Line ends of all systems become line feeds.

        Args:
            location: The file or member, for errors.
            stream: The file.

        Raises:
            IntakeError: The stream raises it.
        """
        stream.read(self.skip)
        if not self.mended:
            return io.TextIOWrapper(stream, self.codec, errors="strict", newline=None)
        return self.mend(location, stream).as_text()

    def mend(self, location: str, stream: BinaryIO) -> MendedText:
        """Decode a text that is not valid in the codec, from after its byte order mark on.

        Args:
            location: The file or member, for errors.
            stream: The file.
        """
        return MendedText(location, stream, self.codec, given=self.given, long_lines=self.long_lines)


def detect_encoding(member: Member, given: str | None = None, *, long_lines: bool = False) -> Encoding:
    """Detect the encoding of a text file.

    Args:
        member: The file.
        given: The encoding that the operator named, a key of `ENCODINGS`, of texts without a BOM that are not UTF-8.
        long_lines: Whether a line may be longer than `MAX_LINE_CHARS`, as in JSON.

    Raises:
        IntakeError: The file is in none of the encodings, is blank or binary, has a line longer than `MAX_LINE_CHARS`,
            or cannot be read.
    """
    with member.open() as stream:
        head = stream.read(_HEAD_BYTES)
    text = _Text(member, head, long_lines=long_lines)
    for bom, codec in _BOMS:
        if head.startswith(bom):
            return text.read_as(codec, skip=len(bom))
    bare = utf16_without_bom(head)
    if bare:
        return text.read_as(bare)
    found = text.scan("utf-8")
    if found is not None:
        return found
    if given is not None:
        return text.read_as(ENCODINGS[given], given=True)
    if sum(word in head for word in _BIG5_WORDS) > 1:
        found = text.scan(_BIG5)
    if found is None and not _starts_in_utf8(head):
        found = text.scan("gb18030")
    return found or text.mend("utf-8" if text.is_rather_utf8() else "gb18030")


def _starts_in_utf8(head: bytes) -> bool:
    """Whether one of the first lines is UTF-8 with two characters of three bytes or more, which GB18030 hardly is."""
    for line in head.splitlines()[:_HEAD_LINES]:
        text = line.decode("utf-8", "replace")
        if "\ufffd" not in text and sum(char > "\u07ff" for char in text) > 1:
            return True
    return False


def _check_share(location: str, found: Encoding, checks: TextChecks, bad_characters: int) -> None:
    """Refuse a text that is blank, or of which too much is no text."""
    if checks.blank:
        raise EmptyFileError(location, "the file is empty")
    if bad_characters > _MAX_BAD * checks.characters:
        names = found.display_name if found.given or found.codec not in ("utf-8", "gb18030") else "UTF-8 or GB18030"
        raise IntakeError(
            f"{location} line {found.first_bad}",
            f"the text is not {names}, in this line and {found.bad_lines - 1:,} more: name its encoding with"
            " --encoding, such as --encoding big5; if it is no text, leave it out",
        )


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that may be in several encodings."""

    member: Member
    head: bytes = field(repr=False)
    long_lines: bool

    def read_as(self, codec: str, *, skip: int = 0, given: bool = False) -> Encoding:
        """The text in an encoding that is known."""
        return self.scan(codec, skip=skip, given=given) or self.mend(codec, skip=skip, given=given)

    def scan(self, codec: str, *, skip: int = 0, given: bool = False) -> Encoding | None:
        """The encoding if the text is valid in `codec` and has no BOM inside, else None."""
        found = Encoding(codec, skip, nuls=False, given=given)
        if self._is_plain(found):
            return found
        return self._decoded(found)

    def mend(self, codec: str, *, skip: int = 0, given: bool = False) -> Encoding:
        """The encoding of a text that is not valid in `codec` to its last byte.

        Raises:
            IntakeError: The file is no text in the encoding, is blank or binary, has a line that is too long, or cannot
                be read.
        """
        location = self.member.location
        if codec.startswith("utf-32"):
            raise IntakeError(location, "the text is not valid UTF-32: save it as UTF-8")
        found = Encoding(codec, skip, nuls=False, mended=True, given=given, long_lines=self.long_lines)
        checks = TextChecks(location, long_lines=self.long_lines)
        with self.member.open() as raw:
            raw.read(skip)
            mended = found.mend(location, raw)
            text = mended.as_text()
            while block := text.read(BLOCK_BYTES):
                checks.feed(block)
        bad_lines, first_bad, others = mended.bad_lines, mended.first_bad, mended.other_lines
        found = replace(found, nuls=checks.nuls, bad_lines=bad_lines, first_bad=first_bad, other_lines=others)
        _check_share(location, found, checks, mended.bad_characters)
        return found

    def is_rather_utf8(self) -> bool:
        """Whether most of a text that is valid neither in UTF-8 nor in GB18030 is UTF-8."""
        if _starts_in_utf8(self.head) or not self.long_lines:
            return _starts_in_utf8(self.head)
        return self._invalid("utf-8") <= self._invalid("gb18030")

    def _invalid(self, codec: str) -> int:
        with self.member.open() as raw:
            text = io.TextIOWrapper(raw, codec, errors="replace", newline=None)
            return sum(block.count(REPLACEMENT) for block in iter(lambda: text.read(BLOCK_BYTES), ""))

    def _is_plain(self, found: Encoding) -> bool:
        """Whether the core finds the text plain: valid, without NUL, without a line that is too long.

        If it is not, or might not be, `_decoded` has to decide.
        """
        codec = found.codec
        if codec not in ("utf-8", "gb18030"):
            return False
        scan, left = _core.TextScan(codec), b""
        mark, tail, first = MARK.encode(codec), b"", b""
        with self.member.open() as stream:
            stream.read(found.skip)
            while block := stream.read(BLOCK_BYTES):
                block = left + block if left else block
                count = scan.feed(block)
                if count is None:
                    return False
                if not first:
                    refuse_binary(self.member.location, block[:_HEAD_BYTES].decode(codec, "ignore"))
                    first = block[:GLUED_BYTES].splitlines()[0].strip() or b"\n"
                if mark in block and any(end in tail + block for end in (b"\n" + mark, b"\r" + mark, mark + first)):
                    return False
                left, tail = block[len(block) - count :], block[-1 - count :][:1]
        return scan.filled and not left

    def _decoded(self, found: Encoding) -> Encoding | None:
        decoder = codecs.getincrementaldecoder(found.codec)("strict")
        checks = TextChecks(self.member.location, long_lines=self.long_lines)
        with self.member.open() as stream:
            stream.read(found.skip)
            while True:
                block = stream.read(BLOCK_BYTES)
                try:
                    checks.feed(decoder.decode(block, final=not block))
                except UnicodeDecodeError:
                    return None
                if not block:
                    break
        if checks.blank:
            raise EmptyFileError(self.member.location, "the file is empty")
        return None if checks.marks else replace(found, nuls=checks.nuls)
