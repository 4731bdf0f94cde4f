"""Reads the literals, rows and names in the text of an SQL dump of any length."""

import re
from typing import Final

from pilookup.custody.intake.tables.blob_text import text_of_blob
from pilookup.custody.intake.tables.whole_text import TextStream
from pilookup.errors import IntakeError

MAX_ROW_CHARS: Final = 64 << 20
"""Characters of one row of values, of one COPY line, and of one literal."""

MAX_VALUES: Final = 10_000
"""Values of one row."""

_MAX_DEPTH: Final = 100
_ORDINARY: Final = re.compile(r"[^'\"(),]++")
_BLOCK_CHARS: Final = 1 << 18
_AHEAD_CHARS: Final = 1 << 16

IDENTIFIER: Final = r"""(?:`[^`\n]++`|"[^"\n]++"|\[[^\]\n]++\]|[\w$#@]++)"""
NAME: Final = rf"{IDENTIFIER}(?:\s*+\.\s*+{IDENTIFIER})*+"

_PREFIX: Final = r"(?P<prefix>[NnXxBb]|_\w+\s*+|[Uu]&)?"
_ESCAPED_STRING: Final = r"[Ee]'(?P<escaped>(?:[^'\\]++|''|\\.)*+)'"
_QUOTED: Final = {
    True: r"'(?P<single>(?:[^'\\]++|''|\\.)*+)'|\"(?P<double>(?:[^\"\\]++|\"\"|\\.)*+)\"",
    False: r"'(?P<single>(?:[^']++|'')*+)'|\"(?P<double>(?:[^\"]++|\"\")*+)\"",
}
_VALUE: Final = {
    mode: re.compile(
        rf"\s*+(?:{_ESCAPED_STRING}|{_PREFIX}(?:{quoted})|(?P<plain>[^'\"(),;\s][^'\"(),;]*+)|)\s*+(?P<end>[,)])",
        re.DOTALL,
    )
    for mode, quoted in _QUOTED.items()
}
_LITERAL: Final = {
    mode: re.compile(rf"{_ESCAPED_STRING}|{_PREFIX}(?:{quoted})", re.DOTALL) for mode, quoted in _QUOTED.items()
}
_SPACE: Final = re.compile(r"\s*+")
_PLAIN: Final = re.compile(r"[^,;'\"\s()]++(?:\([^()]*+\))?")
_NEXT: Final = re.compile(rf"(?:\s++as\s++{NAME})?\s*+,", re.IGNORECASE)
_ESCAPE: Final = {quote: re.compile(rf"\\(.)|{quote * 2}", re.DOTALL) for quote in "'\""}
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "", "b": "", "Z": ""}
_HEX: Final = re.compile(r"0[xX]([0-9A-Fa-f]*)$")
_BYTES: Final = re.compile(r"\\{1,2}x([0-9A-Fa-f]++)")


class SqlReader:
    """A position in the text of a dump. It holds only a part of the text in memory.

    Attributes:
        text: The part of the text that is held.
        at: The index of the position in `text`.
        backslash: Whether a backslash in a literal escapes the next character, as in MySQL.
    """

    def __init__(self, location: str, stream: TextStream, *, backslash: bool) -> None:
        """Read from the start of a stream.

        Args:
            location: The file or member, for errors.
            stream: The text. Its line ends are line feeds.
            backslash: As the attribute.
        """
        self.text = ""
        self.at = 0
        self.backslash = backslash
        self._location = location
        self._stream = stream
        self._ended = False
        self._line = 1  # of the first character of `text`
        self._counted = 0  # index up to which line ends are counted in `_line_at`
        self._line_at = 1

    @property
    def line(self) -> int:
        """The 1-based number of the line of the present position."""
        if self.at < self._counted:
            self._counted, self._line_at = 0, self._line
        self._line_at += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line_at

    def ahead(self) -> bool:
        """Read on until much text follows the position, and drop what stands before it. Whether any text follows."""
        while len(self.text) - self.at < _AHEAD_CHARS:
            line = self.line
            if not self._more(self.at):
                break
            self._line = self._line_at = line
        return self.at < len(self.text)

    def _more(self, start: int) -> bool:
        """Read on, and drop the text before an index, which becomes 0. Returns whether there was more text."""
        if self._ended:
            return False
        if len(self.text) - start > MAX_ROW_CHARS:
            raise IntakeError(f"{self._location} line {self._line_at:,}", f"a row is over {MAX_ROW_CHARS:,} characters")
        block = self._stream.read(max(_BLOCK_CHARS, len(self.text) - start))
        self._ended = not block
        if block:
            self.text = self.text[start:] + block
            self.at -= start
            self._counted = 0
        return bool(block)

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Match a pattern at the position, and move behind it if it matches."""
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def line_text(self) -> str | None:
        """The rest of the present line, without its line end; None at the end of the text."""
        if not self.ahead():
            return None
        while (stop := self.text.find("\n", self.at)) < 0 and self._more_kept():
            pass
        stop = len(self.text) if stop < 0 else stop
        line = self.text[self.at : stop]
        self.at = min(stop + 1, len(self.text))
        return line

    def _more_kept(self) -> bool:
        line = self.line
        if not self._more(self.at):
            return False
        self._line = self._line_at = line
        return True

    def row(self, width: int | None) -> list[str]:
        """The values up to the next ")", from behind "(".

        Args:
            width: The number of values that are expected. If there are others, a backslash is tried the other way.

        Raises:
            IntakeError: The row does not end.
        """
        self.ahead()
        start, line = self.at, self.line
        values = self._values(line, self.backslash)
        if values is None or (width is not None and len(values) != width):
            behind = self.at
            self.at = start
            other = self._values(line, not self.backslash)
            if other is not None and (values is None or len(other) == width):
                self.backslash = not self.backslash
                return other
            self.at = behind
        if values is None:
            raise IntakeError(
                f"{self._location} line {line:,}", "a row of values does not end, or has too many of them"
            )
        return values

    def value(self) -> tuple[str, bool]:
        """The next value of a list without brackets, and whether a comma and another value follow."""
        self.ahead()
        self.match(_SPACE)
        value = ""
        if found := self.match(_LITERAL[self.backslash]):
            value = _value_of(found, self.backslash)
        elif found := self.match(_PLAIN):
            value = plain_value(found[0])
        return value, self.match(_NEXT) is not None

    def _values(self, line: int, backslash: bool) -> list[str] | None:
        """The values up to the next ")"; None if the text ends before. The text from the row on is kept."""
        values: list[str] = []
        pattern = _VALUE[backslash]
        while True:
            found = pattern.match(self.text, self.at)
            if found:
                self.at = found.end()
                values.append(_value_of(found, backslash))
                if found["end"] == ")":
                    return values
                if len(values) > MAX_VALUES:
                    return None
                continue
            value, end = self._expression(backslash)
            if end is None or len(values) > MAX_VALUES:
                return None
            if len(self.text) > MAX_ROW_CHARS:
                raise IntakeError(f"{self._location} line {line:,}", f"a row is over {MAX_ROW_CHARS:,} characters")
            values.append(value)
            if end == ")":
                return values

    def _expression(self, backslash: bool) -> tuple[str, str | None]:
        """The value of an expression, such as a call of a function, and the "," or ")" behind it; None at the end."""
        raw: list[str] = []
        literals: list[str] = []
        depth = 0
        while True:
            if self.at >= len(self.text) and not self._grow():
                return "", None
            found = _LITERAL[backslash].match(self.text, self.at)
            if found and found.end() == len(self.text) and self._grow():
                continue  # its last quote may be the first of two
            if found:
                self.at = found.end()
                literals.append(_value_of(found, backslash))
                continue
            if run := self.match(_ORDINARY):
                raw.append(run[0])
                continue
            char = self.text[self.at]
            if char in "'\"":
                if not self._grow():
                    return "", None
                continue
            self.at += 1
            if depth == 0 and char in ",)":
                value = "\n".join(literals) if literals else plain_value("".join(raw).strip())
                return value, char
            depth += (char == "(") - (char == ")")
            raw.append(char)
            if depth > _MAX_DEPTH:
                return "", None

    def _grow(self) -> bool:
        """Read on, and keep all the text that is held. Returns whether there was more text."""
        if self._ended or len(self.text) > MAX_ROW_CHARS + _BLOCK_CHARS:
            return False
        block = self._stream.read(max(_BLOCK_CHARS, len(self.text)))
        self._ended = not block
        self.text += block
        return bool(block)


def _value_of(found: re.Match[str], backslash: bool) -> str:
    groups: dict[str, str | None] = found.groupdict()
    if (escaped := groups["escaped"]) is not None:
        return text_of_bytes(escaped) or _unescaped(escaped, "'", backslash=True)
    if (single := groups["single"]) is not None:
        is_hex = (groups["prefix"] or "").strip().upper() == "X"
        if is_hex:
            return _text_of_hex(single)
        return text_of_bytes(single) or _unescaped(single, "'", backslash=backslash)
    if (double := groups["double"]) is not None:
        return _unescaped(double, '"', backslash=backslash)
    return plain_value((groups.get("plain") or "").strip())


def _unescaped(text: str, quote: str, *, backslash: bool) -> str:
    """The text of a literal, in which the quote is written twice and a backslash may escape the next character."""
    if not backslash:
        return text.replace(quote * 2, quote)
    return _ESCAPE[quote].sub(lambda found: quote if found[1] is None else _ESCAPED.get(found[1], found[1]), text)


def plain_value(text: str) -> str:
    """The text of a value that is not quoted: a number as it is written, "" for NULL."""
    if text.upper() in {"NULL", "DEFAULT"}:
        return ""
    found = _HEX.match(text)
    return _text_of_hex(found[1]) if found else text


def text_of_bytes(literal: str) -> str:
    r"""The text of bytes as PostgreSQL writes them, `\x3133`, also with two backslashes; "" for anything else."""
    found = _BYTES.fullmatch(literal)
    return _text_of_hex(found[1]) if found else ""


def _text_of_hex(digits: str) -> str:
    """Text that is written as hexadecimal digits; "" if there is none in it."""
    if len(digits) % 2:
        return ""
    try:
        return text_of_blob(bytes.fromhex(digits))
    except ValueError:
        return ""


def unquoted(name: str) -> str:
    """The last part of a name of a table or column, without quotes."""
    last: str = re.findall(IDENTIFIER, name)[-1]
    return last[1:-1] if last[0] in '`"[' else last
