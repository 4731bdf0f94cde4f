"""Numbers of tel: links beside the text of a page that shows them, or does not."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

_NATIONAL_DIGITS: Final = 8
_MASKED: Final = re.compile(r"(\+?[0-9]{2,})[*＊xX●•]{2,}([0-9]*)")
_NO_DIGIT: Final = re.compile(r"[^0-9]+")


def tel_number(address: str) -> str:
    """The number of a tel: address; "" for any other."""
    address = address.strip()
    return unquote(address[4:]).strip() if address.lower().startswith("tel:") else ""


def with_links(text: str, numbers: Iterable[str]) -> str:
    """A text with the numbers of its links that it does not show.

    A number takes the place of what shows only its first and last digits. Otherwise it stands behind the text.
    """
    for number in numbers:
        digits = _NO_DIGIT.sub("", number)
        if not digits or digits[-_NATIONAL_DIGITS:] in _NO_DIGIT.sub("", text):
            continue
        masked = next((one for one in _MASKED.finditer(text) if _is_masked(digits, one)), None)
        if masked:
            text = f"{text[: masked.start()]}{number}{text[masked.end() :]}"
        else:
            text = f"{text.rstrip()} {number}".strip()
    return text


def _is_masked(digits: str, masked: re.Match[str]) -> bool:
    """Whether a number with some digits hidden may be the number with these digits."""
    return masked[1].lstrip("+") in digits and digits.endswith(masked[2])
