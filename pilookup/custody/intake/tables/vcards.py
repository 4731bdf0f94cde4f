"""Reads vCards (versions 2.1, 3.0 and 4.0) as one table, each card a row.

All properties are columns, all values of one property stand in one cell, one a line. `name` and `phone` come first.
Fax numbers, which are nobody's mobile phone, have a column of their own. Pictures, sounds and keys are left out.
"""

import codecs
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from pilookup.custody.intake.files.encoding import Encoding
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.tables.named_records import MAX_NAME_CHARS, Record, tables_of_records
from pilookup.custody.intake.tables.table import RowTable
from pilookup.custody.intake.tables.whole_text import TextStream, open_text
from pilookup.errors import IntakeError

MAX_PROPERTY_CHARS: Final = 1 << 20
"""Characters of one property, with its folded lines. A longer text is refused; the rest of a picture is dropped."""

_BLOCK_CHARS: Final = 1 << 18

_LONG_PROPERTY: Final = (
    f"has a property longer than {MAX_PROPERTY_CHARS:,} characters: shorten it, or take this card out"
)
MAX_DEPTH: Final = 4
"""Cards in one another: the AGENT of a card is a card."""

_BEGIN: Final = re.compile(r"begin\s*:\s*vcard", re.IGNORECASE)
_END: Final = re.compile(r"end\s*:\s*vcard", re.IGNORECASE)
_PROPERTY: Final = re.compile(r"""((?:[^:;"\s]+\.)?[^:;."\s][^:;"\s]*)((?:;(?:"[^"]*"|[^":])*)?):(.*)""", re.DOTALL)
_PARAMETER: Final = re.compile(r""";([^;="]+)(?:=("[^"]*"|[^;"]*))?""")
_BINARY: Final = frozenset({"PHOTO", "LOGO", "SOUND", "KEY", "THUMBNAIL", "X-MS-CARDPICTURE", "X-MS-OL-DESIGN"})
_BINARY_NAME: Final = re.compile(rf"\s*(?:[^;:]*\.)?(?:{'|'.join(_BINARY)})\s*(?:;|$)")
_SILENT: Final = frozenset({"VERSION", "PRODID", "REV", "UID", "CLASS", "MAILER", "X-ABLABEL", "X-ABUID"})
_URI: Final = re.compile(r"(?:tel|sms|callto):", re.IGNORECASE)
_CONTEXT: Final = re.compile(r";phone-context=(\+[\d-]+)", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\\([nN\\,;:])")
_COLUMNS: Final = {"TEL": "phone", "FN": "name", "N": "name"}
_NAME: Final = "name"
_PHONE: Final = "phone"
_FAX: Final = "fax"
_OTHER: Final = "other lines"


def vcard_tables(member: Member, encoding: Encoding, notes: list[str]) -> Iterator[RowTable]:
    """Yield the table of a file of vCards.

    Args:
        member: The file.
        encoding: Its encoding, as `text_encoding` found it.
        notes: Receives a sentence about how the file was read.

    Raises:
        IntakeError: The file is not a text, or cards are nested too deeply.
    """
    notes.append(f"{member.location}: read as vCards in {encoding.display_name}")

    def read() -> Iterator[Record]:
        with open_text(member, encoding) as stream:
            yield from cards(member.location, enumerate(_lines(stream), 1))

    return tables_of_records(member.location, read)


def _lines(stream: TextStream) -> Iterator[str]:
    """The lines of a text. A line that is longer than `MAX_PROPERTY_CHARS` is cut behind that."""
    left = ""
    while block := stream.read(_BLOCK_CHARS):
        *lines, last = block.split("\n")
        for line in lines:
            yield left + line
            left = ""
        left += last if len(left) <= MAX_PROPERTY_CHARS else ""
    if left:
        yield left


@dataclass(slots=True)
class _Card:
    """A card that is read. Its AGENT may be a card that begins inside it."""

    line: int
    fields: list[tuple[str, str]] = field(default_factory=list, repr=False)

    def record(self) -> Record:
        first = [(_NAME, ""), (_PHONE, "")]
        return Record("", self.line, [*first, *self.fields])


def cards(location: str, lines: Iterable[tuple[int, str]], depth: int = 1) -> Iterator[Record]:
    """Yield the cards in lines of text, each when it ends. Lines outside of all cards are records too.

    Args:
        location: The file or member, for errors.
        lines: Numbered lines.
        depth: The number of cards that the lines are inside of, and 1.

    Raises:
        IntakeError: Cards are nested too deeply, or a property is too long.
    """
    _check_depth(location, depth)
    open_cards: list[_Card] = []
    for number, text in _properties(location, lines):
        if _BEGIN.fullmatch(text.strip()):
            _check_depth(f"{location} line {number:,}", depth + len(open_cards))
            open_cards.append(_Card(number))
        elif _END.fullmatch(text.strip()):
            if open_cards:
                yield open_cards.pop().record()
        elif not open_cards:
            yield Record("", number, [(_OTHER, text.strip())])
        else:
            name, agent = _add_property(open_cards[-1], text)
            if name == "AGENT":
                if _BEGIN.match(agent.strip()) and "\n" not in agent.strip():
                    _check_depth(f"{location} line {number:,}", depth + len(open_cards))
                    open_cards.append(_Card(number))
                else:
                    inner = ((number, line) for line in agent.split("\n"))
                    yield from cards(location, inner, depth + len(open_cards)) if agent.strip() else ()
    for card in reversed(open_cards):  # cards that do not end
        yield card.record()


def _check_depth(location: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        remedy = "if they stand one after another, add the missing END:VCARD to each in a copy, and load that"
        raise IntakeError(location, f"has vCards nested more than {MAX_DEPTH} deep: {remedy}")


def _properties(location: str, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Unfold lines: each property as one text, with the number of its first line. Blank lines are left out.

    Raises:
        IntakeError: A property that is a text is longer than `MAX_PROPERTY_CHARS`. Pictures and sounds are cut.
    """
    held: list[str] = []
    start, chars, quoted, encoded, binary = 0, 0, False, False, False
    for number, raw in lines:
        line = raw.rstrip("\n")
        folded = bool(held) and (line[:1] in (" ", "\t") or quoted or (encoded and ":" not in line and line.strip()))
        if folded:
            part = line if quoted else line.lstrip(" \t") if encoded else line[1:]
        else:
            if held:
                yield start, "".join(held)
            held, start, chars, part = [], number, 0, line
            head = line.partition(":")[0].upper()
            encoded = "BASE64" in head or "ENCODING=B" in head
            binary = encoded or _BINARY_NAME.match(head) is not None
            if not line.strip():
                continue
        head_is_quoted = quoted or "QUOTED-PRINTABLE" in line.partition(":")[0].upper()
        quoted = head_is_quoted and part.endswith("=")
        part = part[:-1] if quoted else part
        chars += len(part)
        if chars <= MAX_PROPERTY_CHARS:
            held.append(part)
        elif not binary:
            raise IntakeError(f"{location} line {start:,}", _LONG_PROPERTY)
    if held:
        yield start, "".join(held)


def _add_property(card: _Card, text: str) -> tuple[str, str]:
    """Add a property to a card. Returns its name and value; the value of an AGENT is not added."""
    found = _PROPERTY.fullmatch(text.strip())
    if not found:
        card.fields.append((_OTHER, text.strip()))
        return "", ""
    name = found[1].rpartition(".")[2].upper()
    parameters = [(key.strip().upper(), value.strip('"').upper()) for key, value in _PARAMETER.findall(found[2])]
    words = {word for key, value in parameters for word in (re.split("[,;]", value) if value else [key])}
    if name in _BINARY or words & {"BASE64", "B"}:
        return name, ""
    value = _decoded(found[3], parameters)
    if name == "AGENT":
        return name, value
    if name not in _SILENT:
        card.fields.append((_column(name, words), _phone(value) if name == "TEL" else _unescaped(value)))
    return name, value


def _column(name: str, words: set[str]) -> str:
    if name == "TEL" and "FAX" in words and not words & {"CELL", "VOICE"}:
        return _FAX
    return _COLUMNS.get(name, name)[:MAX_NAME_CHARS]


def _decoded(value: str, parameters: list[tuple[str, str]]) -> str:
    """The value of a property, without quoted-printable and in the right characters."""
    given = dict(parameters)
    if "QUOTED-PRINTABLE" not in given.get("ENCODING", "") and "QUOTED-PRINTABLE" not in given:
        return _unescaped(value) if "BEGIN:VCARD" in value.upper() else value
    data = quopri.decodestring(value.encode("utf-8", "replace"))
    for charset in (given.get("CHARSET", "").strip().lower(), "utf-8", "gb18030"):
        text = _text_in(data, {"gbk": "gb18030", "gb2312": "gb18030"}.get(charset, charset))
        if text is not None:
            return text
    return data.decode("utf-8", "replace")


def _text_in(data: bytes, charset: str) -> str | None:
    try:
        if not codecs.lookup(charset)._is_text_encoding:  # noqa: SLF001 - bytes.decode looks at it, too
            return None
        return data.decode(charset)
    except (LookupError, UnicodeError, ValueError):
        return None


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()


def _phone(value: str) -> str:
    """The number in a TEL value, which may be a URI with parameters."""
    value = _unescaped(value)
    if not _URI.match(value):
        return value
    number, _, _ = value.partition(";")
    context = _CONTEXT.search(value)
    plain = unquote(number.partition(":")[2])
    return context[1] + plain if context and not plain.startswith("+") else plain
