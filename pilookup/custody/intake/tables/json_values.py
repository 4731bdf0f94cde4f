"""Reads JSON values from a text of any length, with numbers as they are written and every duplicate key."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from pilookup.custody.intake.tables.whole_text import TextStream
from pilookup.errors import IntakeError

MAX_VALUE_CHARS: Final = 2 << 20
"""Characters of a value that is decoded as a whole. A larger one is read member by member."""

MAX_DEPTH: Final = 64
"""Levels of arrays and objects in one another."""

_FIRST_CHARS: Final = 1 << 16
_STARTS: Final = frozenset('[{"-0123456789tfnNI')
_SPACE: Final = re.compile(r"[ \t\r\n\ufeff\x1e]*")


class Pairs(list[tuple[str, Any]]):
    """The members of an object, in their order, with all duplicates."""


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=Pairs, parse_int=str, parse_float=str, parse_constant=lambda _: None, strict=False
)


class JsonReader:
    """A position in a JSON text. It holds only a part of the text in memory."""

    def __init__(self, location: str, stream: TextStream) -> None:
        """Read from the start of a stream.

        Args:
            location: The file or member, for errors.
            stream: The text. Its line ends are line feeds.
        """
        self._location = location
        self._stream = stream
        self._text = ""
        self._at = 0
        self._ended = False
        self._line = 1  # of the first character of `_text`

    def peek(self) -> str:
        """The next character that is not white space; "" at the end of the text."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(_FIRST_CHARS):
                return ""

    def take(self, char: str) -> bool:
        """Skip the next character if it is `char`. Returns whether it was."""
        found = self.peek() == char
        self._at += found
        return found

    def expect(self, char: str) -> None:
        """Skip the next character.

        Raises:
            IntakeError: It is not `char`.
        """
        if not self.take(char):
            raise self.error(f'"{char}" is expected here')

    def value(self) -> tuple[bool, Any]:
        """Decode the next value, unless it is longer than `MAX_VALUE_CHARS`.

        Returns:
            Whether it was decoded, and the value: `Pairs`, a list, a string, a boolean or None. A number is a string.

        Raises:
            IntakeError: The text is not JSON here.
        """
        if self.peek() not in _STARTS:
            raise self.error("a value is expected here")
        while True:
            try:
                value, stop = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                place, reason = error.pos, error.msg
            except RecursionError:
                raise self.error(f"is nested more than {MAX_DEPTH} deep") from None
            else:
                if stop < len(self._text) or not self._more(_FIRST_CHARS):
                    self._at = stop
                    return True, value
                continue
            if len(self._text) - self._at > MAX_VALUE_CHARS:
                if self._text[self._at] in "[{":
                    return False, None
                raise self.error(f"a value is longer than {MAX_VALUE_CHARS:,} characters")
            if not self._more(len(self._text) - self._at):
                self._at = max(self._at, min(place, len(self._text)))
                raise self.error(f"is not JSON here ({reason.lower()})")

    def members(self) -> Iterator[str]:
        """Enter the next value, which is an object, and yield its keys. The caller reads the value after each key.

        Raises:
            IntakeError: The text is not JSON here.
        """
        self.expect("{")
        while not self.take("}"):
            if self.peek() != '"':
                raise self.error("a key is expected here")
            key = str(self.value()[1])
            self.expect(":")
            yield key
            if not self.take(",") and self.peek() != "}":
                raise self.error('"," or "}" is expected here')

    def elements(self) -> Iterator[None]:
        """Enter the next value, which is an array, and yield before each element, which the caller reads.

        Raises:
            IntakeError: The text is not JSON here.
        """
        self.expect("[")
        while not self.take("]"):
            yield
            if not self.take(",") and self.peek() != "]":
                raise self.error('"," or "]" is expected here')

    def error(self, message: str) -> IntakeError:
        """An error at the present position, which it names as a line and column."""
        before = self._text[: self._at]
        line = self._line + before.count("\n")
        column = self._at - (before.rfind("\n") + 1) + 1
        return IntakeError(f"{self._location} line {line:,} character {column:,}", f"the JSON text: {message}")

    def _more(self, least: int) -> bool:
        """Read on, and drop what was used. Returns whether there was more text."""
        if self._ended:
            return False
        block = self._stream.read(max(least, _FIRST_CHARS))
        self._ended = not block
        if block:
            used = self._text[: self._at]
            self._line += used.count("\n")
            self._text = self._text[self._at :] + block
            self._at = 0
        return bool(block)
