"""Evaluates formulas that hold nothing but constants, for cells whose file has no value of them.

Programs that write workbooks without calculating leave the value out. `="13800138000"` and `=HYPERLINK("tel:138...")`
then hold a number that nothing else in the file gives.
"""

import re

from pilookup.custody.intake.tables.cell_text import text_of_number

_TOKEN = re.compile(
    r'\s*(?:("(?:[^"]|"")*")|([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?)|([A-Za-z_.]+\()|([&,;()+-]))\s*'
)
_MOST_CHARS = 8192
_MOST_NESTED = 16
_JOINING = frozenset({"CONCATENATE(", "CONCAT("})
_FIRST_ONLY = frozenset({"T(", "VALUE(", "TEXT(", "TRIM(", "CLEAN(", "("})


class _NotConstantError(Exception):
    pass


def constant_of(formula: str) -> str | None:
    """The value of a formula of constants, as text.

    Texts, numbers, `&`, a sign in front, and the functions T, TEXT, VALUE, TRIM, CLEAN, CONCATENATE, CONCAT and
    HYPERLINK are understood. TEXT's format is not applied.

    Args:
        formula: The formula, with or without its equals sign.

    Returns:
        None if the formula has anything else, such as a reference to another cell.
    """
    text = formula.strip().removeprefix("of:").removeprefix("=")
    if not text or len(text) > _MOST_CHARS:
        return None
    reader = _Reader(text)
    try:
        value = reader.expression(0)
        reader.require_end()
    except _NotConstantError:
        return None
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def expression(self, depth: int) -> str:
        if depth > _MOST_NESTED:
            raise _NotConstantError
        terms = [self._term(depth)]
        while self._accept("&"):
            terms.append(self._term(depth))
        return "".join(terms)

    def require_end(self) -> None:
        if self._at != len(self._text):
            raise _NotConstantError

    def _term(self, depth: int) -> str:
        while self._accept("+"):
            pass
        if self._accept("-"):
            return "-" + self._number(self._next())
        token = self._next()
        if token[1]:
            return token[1][1:-1].replace('""', '"')
        if token[2]:
            return self._number(token)
        name = (token[3] or token[4]).upper().removeprefix("_XLFN.")
        return self._call(name, depth)

    def _call(self, name: str, depth: int) -> str:
        if name not in _JOINING and name not in _FIRST_ONLY and name != "HYPERLINK(":
            raise _NotConstantError
        arguments = [self.expression(depth + 1)]
        while self._accept(",") or self._accept(";"):
            arguments.append(self.expression(depth + 1))
        if not self._accept(")"):
            raise _NotConstantError
        if name in _JOINING:
            return "".join(arguments)
        return link_text(arguments[0], arguments[-1]) if name == "HYPERLINK(" else arguments[0]

    def _number(self, token: re.Match[str]) -> str:
        if not token[2]:
            raise _NotConstantError
        return token[2] if token[2].isdecimal() else text_of_number(float(token[2]))

    def _next(self) -> re.Match[str]:
        found = _TOKEN.match(self._text, self._at)
        if not found:
            raise _NotConstantError
        self._at = found.end()
        return found

    def _accept(self, sign: str) -> bool:
        found = _TOKEN.match(self._text, self._at)
        if not found or found[4] != sign:
            return False
        self._at = found.end()
        return True


def link_text(address: str, shown: str) -> str:
    """The text of a cell that is a link: what it shows, and the number of a tel: address that it does not show."""
    number = address.strip()[4:].strip() if address.strip().lower().startswith("tel:") else ""
    if not number:
        return shown
    if shown == address:
        return number
    return shown if any(char.isdigit() for char in shown) else f"{shown} {number}".strip()
