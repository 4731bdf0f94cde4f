"""Detects the encoding of a text file by decoding the whole file before any row of it is used.

A load takes all rows of a file or none, so every byte has to be valid before the first row is read. A BOM decides;
without a BOM, UTF-16 is recognised by its zero bytes; otherwise strict UTF-8 is tried, then strict GB18030. The file is
decoded block by block. Statistical guessing is not used because it misreads short GB18030 files.
"""

import codecs
from dataclasses import dataclass

from pilookup import _core
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.limits import BLOCK_BYTES, MAX_LINE_CHARS
from pilookup.errors import IntakeError

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: this BOM starts with UTF-16's little-endian one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DISPLAY_NAMES = {"utf-8": "UTF-8", "gb18030": "GB18030", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
_HEAD_BYTES = 4 * 4096
"""Enough bytes for the first 4,096 characters."""
_UNLIMITED = 1 << 62
_PLAIN_CONTROLS = frozenset("\t\n\r\x0b\x0c\x1a\x00")


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a text file.

    Attributes:
        codec: Python's name of the encoding.
        skip: Number of bytes of BOM at the start.
        nuls: Whether the text has NUL characters, which are dropped.
    """

    codec: str
    skip: int
    nuls: bool

    @property
    def display_name(self) -> str:
        """The usual name of the encoding, for messages."""
        return _DISPLAY_NAMES.get(self.codec, "UTF-32")


@dataclass(frozen=True, slots=True)
class _DecodingFailure:
    offset: int
    line: int


class _TextChecks:
    """Checks text block by block: refuses a line that is too long and binary content, and counts lines.

    Attributes:
        line: 1-based number of the line that is not finished.
        nuls: Whether there was a NUL character.
        blank: Whether there was nothing but white space, NUL, end-of-file marks and BOMs.
    """

    def __init__(self, location: str, max_line: int) -> None:
        self._location = location
        self._max_line = max_line
        self._open = 0  # characters so far in the line that is not finished
        self._last = ""
        self.line = 1
        self.nuls = False
        self.blank = True

    def feed(self, text: str) -> None:
        if self.line == 1 and self._open == 0:
            _refuse_binary(self._location, text)
        self.nuls = self.nuls or "\x00" in text
        self.blank = self.blank and not text.strip(" \t\r\n\x00\x1a\ufeff")
        unified = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
        first = unified.find("\n")
        grown = self._open + (len(unified) if first < 0 else first)
        if grown > self._max_line:
            raise IntakeError(f"{self._location} line {self.line}", f"is longer than {self._max_line:,} characters")
        self.line += unified.count("\n")
        if self._last == "\r" and text.startswith("\n"):
            self.line -= 1  # one line end, \r\n, that two blocks share
        self._last = text[-1:]
        self._open = grown if first < 0 else len(unified) - unified.rfind("\n") - 1


def _refuse_binary(location: str, text: str) -> None:
    controls = sum(char < " " and char not in _PLAIN_CONTROLS for char in text[:4096])
    nuls = text[:4096].count("\x00")
    if controls * 50 > len(text[:4096]) or nuls * 4 > len(text[:4096]):
        raise IntakeError(location, "holds binary data, not text")


def detect_encoding(member: Member, *, long_lines: bool = False) -> Encoding:
    """Detect the encoding of a text file, in which the file is valid to its last byte.

    Args:
        member: The file.
        long_lines: Whether a line may be longer than `MAX_LINE_CHARS`, as in JSON.

    Raises:
        IntakeError: The file is in none of the encodings (the text names byte and line), is blank or binary, has a line
            longer than `MAX_LINE_CHARS` (unless `long_lines`), or cannot be read.
    """
    max_line = _UNLIMITED if long_lines else MAX_LINE_CHARS
    with member.open() as stream:
        head = stream.read(4096)
    for bom, codec in _BOMS:
        if head.startswith(bom):
            return _require(member, codec, len(bom), max_line)
    bare = _utf16_without_bom(head)
    if bare:
        return _require(member, bare, 0, max_line)
    utf8 = _scan(member, "utf-8", 0, max_line)
    if isinstance(utf8, Encoding):
        return utf8
    gb18030 = _scan(member, "gb18030", 0, max_line)
    if isinstance(gb18030, Encoding):
        return gb18030
    furthest = max(utf8, gb18030, key=lambda failure: failure.offset)
    raise IntakeError(
        f"{member.location} line {furthest.line}",
        f"the text is neither UTF-8 (byte {utf8.offset:,}) nor GB18030 (byte {gb18030.offset:,})",
    )


def _require(member: Member, codec: str, skip: int, max_line: int) -> Encoding:
    found = _scan(member, codec, skip, max_line)
    if isinstance(found, Encoding):
        return found
    display_name = Encoding(codec, skip, nuls=False).display_name
    raise IntakeError(
        f"{member.location} line {found.line}", f"the text is not valid {display_name} at byte {found.offset:,}"
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


def _scan(member: Member, codec: str, skip: int, max_line: int) -> Encoding | _DecodingFailure:
    """The encoding if the text is valid in `codec`, otherwise the position of the first invalid byte."""
    return _scan_plain(member, codec, skip) or _scan_by_decoding(member, codec, skip, max_line)


def _scan_plain(member: Member, codec: str, skip: int) -> Encoding | None:
    """The encoding of a text that the core finds plain: valid, without NUL, without a line that is too long.

    None if it is not, or might not be; then `_scan_by_decoding` has to decide.
    """
    if codec not in ("utf-8", "gb18030"):
        return None
    scan, left = _core.TextScan(codec), b""
    with member.open() as stream:
        stream.read(skip)
        first = True
        while block := stream.read(BLOCK_BYTES):
            block = left + block if left else block
            count = scan.feed(block)
            if count is None:
                return None
            if first:
                _refuse_binary(member.location, block[:_HEAD_BYTES].decode(codec, "ignore"))
            left, first = block[len(block) - count :], False
    return Encoding(codec, skip, nuls=False) if scan.filled and not left else None


def _scan_by_decoding(member: Member, codec: str, skip: int, max_line: int) -> Encoding | _DecodingFailure:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    checks = _TextChecks(member.location, max_line)
    with member.open() as stream:
        stream.read(skip)
        offset = skip
        while True:
            block = stream.read(BLOCK_BYTES)
            pending = len(decoder.getstate()[0])
            try:
                checks.feed(decoder.decode(block, final=not block))
            except UnicodeDecodeError as error:
                at = block[: max(0, error.start - pending)]
                return _DecodingFailure(offset - pending + error.start, checks.line + _line_ends(at, codec))
            offset += len(block)
            if not block:
                break
    if checks.blank:
        raise IntakeError(member.location, "the file is empty")
    return Encoding(codec, skip, checks.nuls)


def _line_ends(data: bytes, codec: str) -> int:
    """Number of line ends in the valid bytes before an invalid one."""
    width = {"utf-16": 2, "utf-32": 4}.get(codec[:6], 1)
    if width > 1:
        return data.decode(codec, "ignore").count("\n")
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
