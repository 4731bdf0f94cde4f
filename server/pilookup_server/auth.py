"""Bearer tokens (RFC 6750): every channel but `public` answers only to those who hold one."""

import hmac
from hashlib import sha256
from typing import Final

from pilookup.protocol.names import PUBLIC
from pilookup.protocol.problems import Problem
from pilookup_server.problems import ProblemError
from pilookup_server.settings import ServeError, Settings

MIN_TOKEN: Final = 32
"""Characters; tokens are random, so their hash may stand in memory and in counters."""


class Tokens:
    """The tokens that are valid, as SHA-256."""

    def __init__(self, tokens: list[str]) -> None:
        """Raises ServeError for a token that is short enough to guess or cannot stand in a header."""
        for token in tokens:
            if len(token) < MIN_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
                raise ServeError(
                    f"a platform token is not {MIN_TOKEN} or more printable ASCII characters without spaces"
                )
        self._digests = [sha256(token.encode()).digest() for token in tokens]

    @classmethod
    def from_settings(cls, settings: Settings) -> "Tokens":
        """From the settings and the file they name."""
        tokens = settings.platform_tokens.get_secret_value().split(",")
        if settings.platform_tokens_file is not None:
            try:
                tokens += settings.platform_tokens_file.read_text().splitlines()
            except (OSError, UnicodeDecodeError):
                raise ServeError("PILOOKUP_PLATFORM_TOKENS_FILE: cannot be read") from None
        return cls([token.strip() for token in tokens if token.strip()])

    def holder(self, authorization: bytes | None) -> str | None:
        """A name for the holder of the token in an Authorization header, None when it is not one of ours.

        Every token is compared, in constant time, so that the time taken tells nothing.
        """
        scheme, _, token = (authorization or b"").partition(b" ")
        digest = sha256(token.strip()).digest()
        found = None
        for known in self._digests:
            if hmac.compare_digest(known, digest):
                found = known.hex()[:32]
        return found if scheme.lower() == b"bearer" else None


def needs_token(channel: str) -> bool:
    return channel != PUBLIC


def unauthorized(*, presented: bool) -> ProblemError:
    """401, with the challenge of RFC 6750 section 3."""
    challenge = 'Bearer realm="pilookup"' + (', error="invalid_token"' if presented else "")
    return ProblemError(Problem.UNAUTHORIZED, headers={"www-authenticate": challenge})
