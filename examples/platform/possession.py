"""Codes sent by SMS: the proof that somebody holds a number.

This keeps codes in memory, for one process. Keep them in the store that your servers share, with the same rules: six
random digits, five minutes, five attempts, one code a number.
"""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from pilookup import canonicalise

LIFETIME = 300.0
"""Seconds for which a code can be used."""

ATTEMPTS = 5


@dataclass
class _Code:
    digits: str
    until: float
    attempts: int = ATTEMPTS


class Codes:
    """The codes that were sent and not used yet."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: dict[bytes, _Code] = {}

    def issue(self, number: str) -> str:
        """Make the code to send to a number; raises ValueError if the text is not exactly one number."""
        digits = f"{secrets.randbelow(10**6):06}"
        self._sent[_identifier(number)] = _Code(digits, self._clock() + LIFETIME)
        return digits

    def prove(self, number: str, digits: str) -> bool:
        """Whether these digits prove possession of the number. A code works once."""
        identifier = _identifier(number)
        code = self._sent.get(identifier)
        if code is None or code.attempts == 0 or self._clock() > code.until:
            return False
        code.attempts -= 1
        if not hmac.compare_digest(code.digits.encode(), digits.encode()):
            return False
        del self._sent[identifier]
        return True


def _identifier(number: str) -> bytes:
    identifier = canonicalise(number)
    if not isinstance(identifier, bytes):
        raise ValueError("not exactly one phone number")  # noqa: TRY004 - the value is wrong, not the type
    return identifier
