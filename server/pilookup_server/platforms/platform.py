"""A platform, as a request is from it, and what its quotas allow."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pilookup.protocol.platform_key import KeyKind

MAX_PLATFORMS: Final = 1000
MAX_KEYS: Final = 2
"""Most valid keys of a platform: the one in use, and the one that takes its place."""

MAX_USERS: Final = 2_000_000_000
NAME_CHARACTERS: Final = 31
"""Most characters of a name. The holders of tokens of former versions have names of 32, so none is both."""

WARNED: Final = 80
"""Percent of an epoch's quota from which on the platform and the operator are told."""

_NAME: Final = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{NAME_CHARACTERS - 2}}}[a-z0-9])?")


class Purpose(StrEnum):
    """What a platform has elements evaluated for; each has a quota of its own."""

    SIGNUP = "signup"
    """Checks of single numbers while a user waits: signup, login, recovery, payout."""

    SCREENING = "screening"
    """All users that there are."""


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform that a request is from.

    Attributes:
        name: Its name, unique on this server and its database. The holder of a token of former versions has half of
            the token's SHA-256 in hexadecimal digits, 32 characters; registered names are shorter.
        users: The number of users that it has declared; None for the holder of such a token.
        kind: The kind of its key.
        key_id: The public name of the key that was used; empty for such a token.
    """

    name: str
    users: int | None
    kind: KeyKind
    key_id: str = ""

    @property
    def epoch_quota(self) -> int | None:
        """Most elements of an epoch for each purpose; None for no such quota."""
        return None if self.users is None else epoch_quota(self.users)


@dataclass(frozen=True, slots=True)
class ValidKey:
    """A key that was added and not revoked.

    Attributes:
        id: Its public name.
        kind: What it is for.
        digest: The SHA-256 of its secret.
        platform: The name of its platform.
        users: The number of users that the platform has declared.
        expires: POSIX time from which on it is refused; None for never.
    """

    id: str
    kind: KeyKind
    digest: bytes
    platform: str
    users: int
    expires: int | None


def epoch_quota(users: int) -> int:
    """1.2 times the declared users, rounded up."""
    return -(-users * 6 // 5)


def is_name(text: str) -> bool:
    """Whether a platform may have this name: lower-case letters, digits, and hyphens between them."""
    return _NAME.fullmatch(text) is not None
