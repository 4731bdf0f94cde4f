"""Takes what stands in brackets, and the example at the end, out of the name of a column."""

import re
from typing import Final

_CLOSING: Final = ")]}>）】》」"
_BRACKETS: Final = re.compile(rf"[(\[{{<（【《「][^{re.escape(_CLOSING)}\n]*+[{re.escape(_CLOSING)}]?")
"""A bracket with what follows, also if nothing closes it: nothing closes the brackets behind it in its line either."""
_EXAMPLE_AT_END: Final = re.compile(r"(?:例如|如|例|e\.?g\.?)[:：]?[\d\s*+-]++$")


def without_brackets(text: str) -> str:
    """A text without its brackets and what is in them. A bracket that is not closed in its line stays."""
    return _BRACKETS.sub(_unclosed, text)


def without_example(text: str) -> str:
    """A text without brackets, and without the example of a number at its end."""
    example = _EXAMPLE_AT_END.search(text)
    return without_brackets(text[: example.start()] if example else text)


def _unclosed(found: re.Match[str]) -> str:
    return "" if found[0][-1] in _CLOSING else found[0]
