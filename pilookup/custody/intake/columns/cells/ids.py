"""Identifiers of messengers and mailboxes that are a number (rule 6)."""

import re

from pilookup.custody.intake.columns.cells.reader import NumberReader
from pilookup.identifier import Reason, canonicalise, libphonenumber

_LOCAL = re.compile(r"(\+?)([0-9]{7,15})(?:[.:][0-9.:]*)?")
_INTERNATIONAL = frozenset(("s.whatsapp.net", "c.us"))
"""Domains whose numbers are in international form, without `+`."""
_NATIONAL = frozenset(("139.com", "189.cn", "wo.cn", "wo.com.cn"))
"""Mailboxes that mainland carriers give to each of their numbers."""
_LINK = re.compile(r"[a-z]{2,12}://(?:(?:wa\.me/|[^?]*(?:whatsapp)[^?]*\?(?:.*&)?phone=)\+?([0-9]{7,15})(?![0-9]))")


def number_of_mail(text: str, reader: NumberReader) -> bytes | Reason:
    """The number in `local@domain`, or `LETTERS` if it has none.

    Args:
        text: The identifier in plain form.
        reader: Decides on a number that is not in international form.
    """
    local, _, domain = text.partition("@")
    found = _LOCAL.fullmatch(local)
    if found is None:
        return Reason.LETTERS
    if found[1]:
        return canonicalise("+" + found[2])
    if domain in _INTERNATIONAL:
        return _international(found[2], reader)
    return reader.whole(found[2]) if domain in _NATIONAL else Reason.LETTERS


def number_of_link(text: str, reader: NumberReader) -> bytes | Reason:
    """The number in a link that opens a chat with it, or `LETTERS`."""
    found = _LINK.match(text)
    return _international(found[1], reader) if found else Reason.LETTERS


def _international(digits: str, reader: NumberReader) -> bytes | Reason:
    """A valid number in international form; else what the digits are in the country of the cell."""
    reading = libphonenumber.read("+" + digits, "ZZ")
    if not isinstance(reading, Reason) and reading.valid:
        return canonicalise("+" + digits)
    return reader.whole(digits)
