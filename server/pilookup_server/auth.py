"""Who a request is from. Every channel except `public` requires the key of a platform as its bearer token (RFC 6750).

The tokens of PILOOKUP_PLATFORM_TOKENS are those of former versions; they are valid for one release more.
"""

import hmac
from hashlib import sha256
from typing import Final

from pilookup.clock import Clock
from pilookup.plain_file import read_plain
from pilookup.protocol.names import PUBLIC
from pilookup.protocol.platform_key import PREFIX, KeyKind, PlatformKey
from pilookup.protocol.problems import Problem
from pilookup_server.limits.counters import CountersError
from pilookup_server.limits.key_table import KeysState, KeyTable
from pilookup_server.platforms.platform import Platform
from pilookup_server.problems import ProblemError
from pilookup_server.settings import ServeError, Settings

MIN_TOKEN: Final = 32
"""Characters. Tokens of this length are random, so their hashes may be kept in memory and used as quota keys."""

DEPRECATED: Final = (
    "PILOOKUP_PLATFORM_TOKENS and PILOOKUP_PLATFORM_TOKENS_FILE are for this release alone: "
    "give each platform a key with pilookup platform add"
)

_NAME_CHARACTERS: Final = 32

_FILE_BYTES: Final = 1 << 20
_NO_DIGEST: Final = bytes(32)

_OTHER_KIND: Final = {
    KeyKind.LIVE: "A key for tests is for a sandbox alone.",
    KeyKind.TEST: "A sandbox takes keys for tests alone.",
}


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


class Authenticator:
    """Decides which platform a request is from."""

    def __init__(self, tokens: Tokens, keys: KeyTable, clock: Clock, kind: KeyKind) -> None:
        """Decide by published keys.

        Args:
            tokens: The tokens of former versions.
            keys: The published keys.
            clock: The wall clock, by which keys expire.
            kind: The kind of keys that this server takes.
        """
        self._tokens = tokens
        self._keys = keys
        self._clock = clock
        self._kind = kind

    async def authenticate(self, authorization: bytes | None) -> Platform:
        """Find the platform of an Authorization header.

        Args:
            authorization: The value of the header; None if the request has none.

        Raises:
            ProblemError: 401 if there is no valid key, 503 if the valid keys are not known.
        """
        scheme, _, token = (authorization or b"").partition(b" ")
        token = token.strip()
        if scheme.lower() != b"bearer" or not token.startswith(PREFIX.encode()):
            holder = self._tokens.holder(authorization)
            if holder is None:
                raise unauthorized(presented=authorization is not None)
            return Platform(holder, None, KeyKind.LIVE)
        key = PlatformKey.parse(token)
        if key is None:
            raise unauthorized(presented=True, detail="The key is not complete, or a character of it is wrong.")
        if key.kind is not self._kind:
            raise unauthorized(presented=True, detail=_OTHER_KIND[self._kind])
        return await self._platform(key)

    async def _platform(self, key: PlatformKey) -> Platform:
        await self._keys.ready()
        if self._keys.state is KeysState.UNKNOWN:
            raise _unknown()
        try:
            known = self._keys.find(key.id)
        except CountersError:
            raise _unknown() from None
        same = hmac.compare_digest(key.digest, _NO_DIGEST if known is None else known.digest)
        if known is None or not same or known.kind is not key.kind:
            raise unauthorized(presented=True)
        if known.expires is not None and self._clock().timestamp() >= known.expires:
            raise unauthorized(presented=True, detail="The key has expired.")
        return Platform(known.platform, known.users, known.kind, known.id)


def _unknown() -> ProblemError:
    """The error 503 while the valid keys are not known."""
    return ProblemError(Problem.UNAVAILABLE, "The keys of platforms are not known now.", {"retry-after": "5"})


def needs_token(channel: str) -> bool:
    """Whether `channel` answers only to platforms."""
    return channel != PUBLIC


def unauthorized(*, presented: bool, detail: str | None = None) -> ProblemError:
    """The error 401 with the challenge of RFC 6750 section 3.

    Args:
        presented: Whether the request carried credentials; then the challenge says that they are invalid.
        detail: What is wrong with them.
    """
    challenge = 'Bearer realm="pilookup"' + (', error="invalid_token"' if presented else "")
    return ProblemError(Problem.UNAUTHORIZED, detail, {"www-authenticate": challenge})
