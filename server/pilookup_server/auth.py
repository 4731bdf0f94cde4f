"""Bearer tokens (RFC 6750). Every channel except `public` requires one."""

import hmac
from hashlib import sha256
from typing import Final

from pilookup.plain_file import read_plain
from pilookup.protocol.names import PUBLIC
from pilookup.protocol.problems import Problem
from pilookup_server.problems import ProblemError
from pilookup_server.settings import ServeError, Settings

MIN_TOKEN: Final = 32
"""Characters. Tokens of this length are random, so their hashes may be kept in memory and used as quota keys."""

_NAME_CHARACTERS: Final = 32

_FILE_BYTES: Final = 1 << 20


class Tokens:
    """The valid tokens, kept as SHA-256 digests."""

    def __init__(self, tokens: list[str]) -> None:
        """Keep the digests of `tokens`.

        Raises:
            ServeError: A token is short enough to guess, or contains a character that a header cannot carry.
        """
        for token in tokens:
            if len(token) < MIN_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
                raise ServeError(
                    f"a platform token is not {MIN_TOKEN} or more printable ASCII characters without spaces"
                )
        self._digests = [sha256(token.encode()).digest() for token in tokens]

    @classmethod
    def from_settings(cls, settings: Settings) -> "Tokens":
        """The tokens of the settings, together with those of the file that the settings name.

        Raises:
            ServeError: A token is invalid, or the file cannot be read.
        """
        tokens = settings.platform_tokens.get_secret_value().split(",")
        if settings.platform_tokens_file is not None:
            try:
                tokens += read_plain(settings.platform_tokens_file, _FILE_BYTES).decode().splitlines()
            except (OSError, UnicodeDecodeError):
                raise ServeError("PILOOKUP_PLATFORM_TOKENS_FILE: cannot be read") from None
        return cls([token.strip() for token in tokens if token.strip()])

    @property
    def holders(self) -> list[str]:
        """The names of all holders."""
        return [digest.hex()[:_NAME_CHARACTERS] for digest in self._digests]

    def holder(self, authorization: bytes | None) -> str | None:
        """Find the token of an Authorization header.

        The header's token is compared with every valid token, each time in constant time, so that the duration does
        not reveal which token it resembles.

        Args:
            authorization: The value of the header; None if the request has none.

        Returns:
            A stable name for the token's holder (32 hexadecimal digits of its digest), or None if the token is not
            valid.
        """
        scheme, _, token = (authorization or b"").partition(b" ")
        digest = sha256(token.strip()).digest()
        found = None
        for known in self._digests:
            if hmac.compare_digest(known, digest):
                found = known.hex()[:_NAME_CHARACTERS]
        return found if scheme.lower() == b"bearer" else None


def needs_token(channel: str) -> bool:
    """Whether `channel` answers only to holders of a token."""
    return channel != PUBLIC


def unauthorized(*, presented: bool) -> ProblemError:
    """The error 401 with the challenge of RFC 6750 section 3.

    Args:
        presented: Whether the request carried credentials; then the challenge says that they are invalid.
    """
    challenge = 'Bearer realm="pilookup"' + (', error="invalid_token"' if presented else "")
    return ProblemError(Problem.UNAUTHORIZED, headers={"www-authenticate": challenge})
