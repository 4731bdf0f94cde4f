"""The key of a platform (SPEC.md section 8.2).

    plk_live_ or plk_test_ || id, 8 characters || secret, 43 characters || checksum, 6 characters

All characters after the prefix are base62 (0-9, A-Z, a-z). The checksum is the CRC-32 of all characters before it, as a
number in base62 with leading zeros. It protects no secret: it tells a key that was copied wrongly from one that is not
valid, without a look-up. 43 characters are 256 bits, so a plain SHA-256 of the secret may be stored.
"""

import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final, Self
from zlib import crc32

PREFIX: Final = "plk_"
ID_CHARACTERS: Final = 8
SECRET_CHARACTERS: Final = 43
CHECKSUM_CHARACTERS: Final = 6

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY: Final = re.compile(
    rb"plk_(live|test)_([0-9A-Za-z]{%d})([0-9A-Za-z]{%d})[0-9A-Za-z]{%d}"
    % (ID_CHARACTERS, SECRET_CHARACTERS, CHECKSUM_CHARACTERS)
)


class KeyKind(StrEnum):
    """What a key is for."""

    LIVE = "live"
    """For `pilookup serve`."""

    TEST = "test"
    """For the server of a sandbox alone."""


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """A key, as it was made or presented. Whether it is valid is another question.

    Attributes:
        kind: What it is for.
        id: Its public name.
        secret: What proves it; never stored, logged or shown again.
    """

    kind: KeyKind
    id: str
    secret: str = field(repr=False)

    @classmethod
    def generate(cls, kind: KeyKind) -> Self:
        """Make a key from the random numbers of the system."""
        return cls(kind, _random(ID_CHARACTERS), _random(SECRET_CHARACTERS))

    @classmethod
    def parse(cls, text: bytes) -> Self | None:
        """Parse a presented key; None if the form or the checksum is wrong."""
        match = _KEY.fullmatch(text)
        if match is None:
            return None
        key = cls(KeyKind(match[1].decode()), match[2].decode(), match[3].decode())
        return key if key.text.encode() == text else None

    @property
    def text(self) -> str:
        """The key as the platform sends it: a secret."""
        body = f"{PREFIX}{self.kind}_{self.id}{self.secret}"
        return body + _checksum(body)

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the secret, 32 bytes."""
        return sha256(self.secret.encode()).digest()


def _random(characters: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(characters))


def _checksum(body: str) -> str:
    number, digits = crc32(body.encode()), ""
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits
