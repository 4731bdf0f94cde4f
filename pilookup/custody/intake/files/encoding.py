"""Detects the encoding of a text file by decoding the whole file before any row of it is used.

The encoding that the operator named decides, then a BOM. Without both, UTF-16 is recognised by its zero bytes, and
otherwise strict UTF-8 is tried, then strict GB18030. Statistical guessing is not used because it misreads short GB18030
files. A text that none of them fits to the last byte is read line by line (see `mended_text`), unless so much of it
does not fit that it is no text in them. The file is decoded block by block.
"""

import codecs
import io
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from pilookup import _core
from pilookup.custody.intake.files.mended_text import MARK, REPLACEMENT, MendedText
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.limits import BLOCK_BYTES, LONG_LINE, MAX_LINE_CHARS
from pilookup.custody.intake.model import ENCODINGS
from pilookup.custody.intake.unreadable import EmptyFileError, NotATableError
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
_UNLIMITED: Final = 1 << 62
_HEAD_LINES: Final = 20
_GLUED_BYTES: Final = 12
_PLAIN_CONTROLS = frozenset("\t\n\r\x0b\x0c\x1a\x00")
_SEPARATING_CONTROLS = frozenset("\x01\x02\x03\x1c\x1d\x1e\x1f")
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
        bad_lines: Number of lines with bytes that are no text.
        first_bad: 1-based number of the first such line; 0 if there is none.
        other_lines: Number of lines that are in UTF-8 where most are in GB18030, or the reverse.
    """

    codec: str
    skip: int
    nuls: bool
    mended: bool = False
    given: bool = False
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
        mended = MendedText(location, stream, self.codec, given=self.given)
        return io.TextIOWrapper(io.BufferedReader(mended, BLOCK_BYTES), "utf-8", newline=None)


class _TextChecks:
    """Checks text block by block: refuses a line that is too long and binary content, and counts lines.

    Attributes:
        line: 1-based number of the line that is not finished.
        nuls: Whether there was a NUL character.
        marks: Whether there was a BOM at the start of a later line, before the first line again, or of UTF-16 that is
            read in the wrong byte order.
        blank: Whether there was nothing but white space, NUL, end-of-file marks and BOMs.
        characters: Number of characters so far.
    """

    def __init__(self, location: str, *, long_lines: bool) -> None:
        self._location = location
        self._max_line = _UNLIMITED if long_lines else MAX_LINE_CHARS
        self._open = 0  # characters so far in the line that is not finished
        self._last = ""
        self._first = ""
        self.line = 1
        self.nuls = self.marks = False
        self.blank = True
        self.characters = 0

    def feed(self, text: str) -> None:
        if not self.characters:
            _refuse_binary(self._location, text)
            self._first = text[: _GLUED_BYTES // 3].partition("\n")[0].strip() or "\n"
        self.characters += len(text)
        self.nuls = self.nuls or "\x00" in text
        self.marks = self.marks or self._has_marks(text)
        self.blank = self.blank and not text.strip(" \t\r\n\x00\x1a\ufeff")
        unified = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
        first = unified.find("\n")
        grown = self._open + (len(unified) if first < 0 else first)
        if grown > self._max_line:
            raise IntakeError(f"{self._location} line {self.line}", LONG_LINE)
        self.line += unified.count("\n")
        if self._last == "\r" and text.startswith("\n"):
            self.line -= 1  # one line end, \r\n, that two blocks share
        self._last = text[-1:]
        self._open = grown if first < 0 else len(unified) - unified.rfind("\n") - 1

    def _has_marks(self, text: str) -> bool:
        text = self._last + text
        if "\ufffe" in text or "\u0a0d" in text:  # the latter is \r\n of bytes, read as one unit of UTF-16
            return True
        return (MARK in text and any(before + MARK in text for before in "\r\n")) or MARK + self._first in text


def _refuse_binary(location: str, text: str) -> None:
    head = text[:4096]
    controls = sum(char < " " and char not in _PLAIN_CONTROLS | _SEPARATING_CONTROLS for char in head)
    separators = sum(char in _SEPARATING_CONTROLS for char in head)
    if controls * 50 > len(head) or max(separators * 2, head.count("\x00") * 4) > len(head):
        raise NotATableError(location, "holds binary data, not text", "binary data")


def detect_encoding(member: Member, given: str | None = None, *, long_lines: bool = False) -> Encoding:
    """Detect the encoding of a text file.

    Args:
        member: The file.
        given: The encoding that the operator named, a key of `ENCODINGS`.
        long_lines: Whether a line may be longer than `MAX_LINE_CHARS`, as in JSON.

    Raises:
        IntakeError: The file is in none of the encodings, is blank or binary, has a line longer than `MAX_LINE_CHARS`,
            or cannot be read.
    """
    with member.open() as stream:
        head = stream.read(_HEAD_BYTES)
    mark = next(((bom, codec) for bom, codec in _BOMS if head.startswith(bom)), None)
    if given is not None:
        codec = ENCODINGS[given]
        skip = len(mark[0]) if mark and mark[1] == codec else 0
        return _scan(member, codec, skip, given=True, long_lines=long_lines) or _mend(
            member, codec, skip, given=True, long_lines=long_lines
        )
    if mark:
        found = _scan(member, mark[1], len(mark[0]), long_lines=long_lines)
        return found or _mend(member, mark[1], len(mark[0]), long_lines=long_lines)
    bare = _utf16_without_bom(head[:4096])
    if bare:
        return _scan(member, bare, 0, long_lines=long_lines) or _mend(member, bare, 0, long_lines=long_lines)
    found = _scan(member, "utf-8", 0, long_lines=long_lines)
    if found is None and sum(word in head for word in _BIG5_WORDS) > 1:
        found = _scan(member, _BIG5, 0, long_lines=long_lines)
    if found is None and not _starts_in_utf8(head):
        found = _scan(member, "gb18030", 0, long_lines=long_lines)
    codec = "utf-8" if _starts_in_utf8(head) or (long_lines and _has_more_utf8(member)) else "gb18030"
    return found or _mend(member, codec, 0, long_lines=long_lines)


def _starts_in_utf8(head: bytes) -> bool:
    """Whether one of the first lines is UTF-8 with two characters of three bytes or more, which GB18030 hardly is."""
    for line in head.splitlines()[:_HEAD_LINES]:
        text = line.decode("utf-8", "replace")
        if "\ufffd" not in text and sum(char > "\u07ff" for char in text) > 1:
            return True
    return False


def _has_more_utf8(member: Member) -> bool:
    """Whether fewer bytes of a file are invalid in UTF-8 than in GB18030."""
    bad = []
    for codec in ("utf-8", "gb18030"):
        with member.open() as raw:
            text = io.TextIOWrapper(raw, codec, errors="replace", newline=None)
            bad.append(sum(block.count(REPLACEMENT) for block in iter(lambda: text.read(BLOCK_BYTES), "")))  # noqa: B023
    return bad[0] <= bad[1]


def _mend(member: Member, codec: str, skip: int, *, long_lines: bool, given: bool = False) -> Encoding:
    """The encoding of a text that is decoded line by line.

    Raises:
        IntakeError: The file is no text in the encoding, is blank or binary, has a line that is too long, or cannot be
            read.
    """
    if codec.startswith("utf-32"):
        raise IntakeError(member.location, "the text is not valid UTF-32: save it as UTF-8")
    if long_lines:
        return _with_replacements(member, Encoding(codec, skip, nuls=False, mended=True, given=given))
    checks = _TextChecks(member.location, long_lines=False)
    with member.open() as raw:
        raw.read(skip)
        mended = MendedText(member.location, raw, codec, given=given)
        text = io.TextIOWrapper(io.BufferedReader(mended, BLOCK_BYTES), "utf-8", newline=None)
        while block := text.read(BLOCK_BYTES):
            checks.feed(block)
    found = Encoding(codec, skip, checks.nuls, True, given, mended.bad_lines, mended.first_bad, mended.other_lines)
    _check_share(member.location, found, checks, mended.bad_characters)
    return found


def _with_replacements(member: Member, found: Encoding) -> Encoding:
    """The encoding of a text whose lines may be too long to be mended: bytes that are no text are replaced."""
    checks = _TextChecks(member.location, long_lines=True)
    bad = bad_lines = first_bad = 0
    with member.open() as raw:
        raw.read(found.skip)
        text = io.TextIOWrapper(raw, found.codec, errors="replace", newline=None)
        while block := text.read(BLOCK_BYTES):
            if REPLACEMENT in block:
                lines = [at for at, line in enumerate(block.split("\n")) if REPLACEMENT in line]
                first_bad = first_bad or checks.line + lines[0]
                bad_lines, bad = bad_lines + len(lines), bad + block.count(REPLACEMENT)
            checks.feed(block)
    found = replace(found, nuls=checks.nuls, bad_lines=bad_lines, first_bad=first_bad)
    _check_share(member.location, found, checks, bad)
    return found


def _check_share(location: str, found: Encoding, checks: _TextChecks, bad_characters: int) -> None:
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


def _utf16_without_bom(head: bytes) -> str | None:
    """UTF-16 if the bytes look like it without a BOM, else None.

    One byte of each pair is zero in a tenth of the pairs or more, and the other one at most a fiftieth as often.
    """
    pairs = len(head) // 2
    low, high = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if high * 10 >= pairs > 0 and low * 50 <= high:
        return "utf-16-le"
    if low * 10 >= pairs > 0 and high * 50 <= low:
        return "utf-16-be"
    return None


def _scan(member: Member, codec: str, skip: int, *, long_lines: bool, given: bool = False) -> Encoding | None:
    """The encoding if the text is valid in `codec` and has no BOM inside, else None."""
    return _scan_plain(member, codec, skip, given=given) or _scan_by_decoding(
        member, codec, skip, given=given, long_lines=long_lines
    )


def _scan_plain(member: Member, codec: str, skip: int, *, given: bool) -> Encoding | None:
    """The encoding of a text that the core finds plain: valid, without NUL, without a line that is too long.

    None if it is not, or might not be; then `_scan_by_decoding` has to decide.
    """
    if codec not in ("utf-8", "gb18030"):
        return None
    scan, left = _core.TextScan(codec), b""
    mark, tail, first = MARK.encode(codec), b"", b""
    with member.open() as stream:
        stream.read(skip)
        while block := stream.read(BLOCK_BYTES):
            block = left + block if left else block
            count = scan.feed(block)
            if count is None:
                return None
            if not first:
                _refuse_binary(member.location, block[:_HEAD_BYTES].decode(codec, "ignore"))
                first = block[:_GLUED_BYTES].splitlines()[0].strip() or b"\n"
            if mark in block and any(before in tail + block for before in (b"\n" + mark, b"\r" + mark, mark + first)):
                return None
            left, tail = block[len(block) - count :], block[-1 - count :][:1]
    return Encoding(codec, skip, nuls=False, given=given) if scan.filled and not left else None


def _scan_by_decoding(member: Member, codec: str, skip: int, *, given: bool, long_lines: bool) -> Encoding | None:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    checks = _TextChecks(member.location, long_lines=long_lines)
    with member.open() as stream:
        stream.read(skip)
        while True:
            block = stream.read(BLOCK_BYTES)
            try:
                checks.feed(decoder.decode(block, final=not block))
            except UnicodeDecodeError:
                return None
            if not block:
                break
    if checks.blank:
        raise EmptyFileError(member.location, "the file is empty")
    return None if checks.marks else Encoding(codec, skip, checks.nuls, given=given)
