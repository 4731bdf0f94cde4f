"""Every error pilookup raises on purpose.

    PilookupError
    ├── FormatError          bytes from outside are not what the format says
    ├── IntakeError          an input file cannot be read as what it claims to be
    ├── CustodyError         the police side cannot do what was asked
    │   ├── HomeError        HOME is missing, not empty, incomplete or busy
    │   ├── KeyringError     a key file or its passphrase is wrong
    │   ├── VaultError       a shard is missing, altered or cannot be written
    │   └── PublishError     a snapshot was refused before it could be served
    ├── ComputeError         work could not be run where it was sent
    ├── TrustError           signed metadata cannot be trusted (carries a reason)
    └── MissingPartError     an optional part of pilookup is not installed

No error text holds a number, a cell's content, a blind, a token or a key.
"""


class PilookupError(Exception):
    """Base of every error raised on purpose; its text is fit to show to a user."""


class FormatError(PilookupError, ValueError):
    """Bytes from outside do not follow the format; the text names the field."""


class IntakeError(PilookupError):
    """An input file cannot be read; `location` names file, archive member, sheet or line."""

    def __init__(self, location: str, message: str) -> None:
        super().__init__(f"{location}: {message}")
        self.location = location
        self.message = message

    def __reduce__(self) -> tuple[type["IntakeError"], tuple[str, str]]:
        return type(self), (self.location, self.message)


class CustodyError(PilookupError):
    """The police side cannot do what was asked."""


class HomeError(CustodyError):
    """HOME is missing, not empty, incomplete or in use by another command."""


class KeyringError(CustodyError):
    """A key file is missing, altered or readable by others, or the passphrase is wrong."""


class VaultError(CustodyError):
    """A vault shard is missing, altered or cannot be written; the text names it."""


class PublishError(CustodyError):
    """A snapshot was refused before anything was served from it."""


class ComputeError(PilookupError):
    """Work could not be run where it was sent: no such scheduler, no workers, or one that is not to be trusted."""


class TrustError(PilookupError):
    """Signed metadata cannot be trusted; `reason` is the result's reason code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type["TrustError"], tuple[str, str]]:
        return type(self), (self.reason, str(self))


class MissingExtraError(PilookupError):
    """An optional part is not installed; the text says which extra brings it."""
