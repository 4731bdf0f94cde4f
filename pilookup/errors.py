"""Every error pilookup raises on purpose.

    PilookupError
    ├── FormatError             bytes from outside do not follow their format
    ├── BundleError             a bundle, journal or backup cannot be written, trusted or taken up
    ├── IntakeError             an input file cannot be read as what it claims to be
    │   ├── NoNumbersError      no phone number was found in an input file
    │   ├── PasswordRequiredError   an input file is encrypted, and no given password opens it
    │   └── SeveralFilesError       several input files cannot be read (carries the error of each)
    ├── CustodyError            the police side cannot do what was asked
    │   ├── HomeError           HOME is missing, not empty, incomplete or in use
    │   ├── KeyringError        a key file or its passphrase is wrong
    │   ├── VaultError          a file of the vault is missing, altered or cannot be written
    │   ├── AuditError          the audit log was changed, or cannot be written
    │   ├── PublishError        a snapshot was refused before it could be served
    │   │   └── KeysElsewhereError  fewer signing keys are here than a release needs
    │   └── StrictLoadError     a load with `strict` had warnings (carries the outcome)
    ├── ComputeError            work could not run on the machines it was sent to
    ├── TrustError              signed metadata cannot be trusted (carries a reason code)
    ├── RealNumberError         a fake client was asked for a number that may belong to somebody
    ├── MirrorError             a mirror was not brought up to date (carries a reason code)
    ├── ReportError             a report cannot be made, sent or taken, or an answer is not to be trusted
    ├── ReceiptError            a receipt cannot be made, sent or countersigned, or is not to be trusted
    ├── ScreenError             users were not screened (carries a reason code)
    ├── MissingExtraError       an optional extra of pilookup is not installed
    └── UsageError              an argument cannot be right, whatever HOME holds
        ├── ArgumentError       ... of the police side; a CustodyError too
        ├── NoChannelError      ... the name of a channel; a PublishError too
        ├── KeyReferenceError   ... what names a signing key; a KeyringError too
        ├── PieceSizeError      ... the size of the pieces of a bundle; a BundleError too
        ├── ReceiptArgumentError    ... what a receipt states; a ReceiptError too
        └── ReportArgumentError ... what a report is made of; a ReportError too

An error's text never contains a number, the content of a cell, a blind, a token or a key.
"""

from collections.abc import Sequence
from typing import Any


class PilookupError(Exception):
    """Base class of every error raised on purpose. Its text may be shown to a user."""


class FormatError(PilookupError, ValueError):
    """Bytes from outside do not follow their format. The text names the field."""


class BundleError(PilookupError):
    """A bundle, a journal or a backup cannot be written, trusted or taken up. The text says why."""


class ReportError(PilookupError):
    """A report is finer than the rules or cannot be made, sent or taken, or an answer to one is not to be trusted."""


class ReceiptError(PilookupError):
    """A receipt cannot be made, sent or countersigned, or is not to be trusted. The text says why."""


class IntakeError(PilookupError):
    """An input file cannot be read.

    Args:
        location: What the error is about: the file, and where they are known the archive member, sheet and line.
        message: What is wrong there.
    """

    def __init__(self, location: str, message: str) -> None:
        super().__init__(f"{location}: {message}")
        self.location = location
        self.message = message

    def __reduce__(self) -> tuple[type["IntakeError"], tuple[str, str]]:
        return type(self), (self.location, self.message)


class SeveralFilesError(IntakeError):
    """Several input files cannot be read.

    Args:
        errors: The error of each.
        count: The number of all input files.
    """

    def __init__(self, errors: Sequence[IntakeError], count: int) -> None:
        lines = "\n".join(str(error) for error in errors)
        super().__init__(f"{len(errors):,} of {count:,} files", f"cannot be loaded, and nothing was stored\n{lines}")
        self.errors = tuple(errors)
        self.count = count

    def __reduce__(self) -> tuple[type["SeveralFilesError"], tuple[tuple[IntakeError, ...], int]]:  # type: ignore[override]
        return type(self), (self.errors, self.count)


class NoNumbersError(IntakeError):
    """No phone number was found in an input file. Its rejected cells have been written to the stream for them."""


class PasswordRequiredError(IntakeError):
    """An input file is encrypted, and no given password opens it. `location` names the file or the member."""


class CustodyError(PilookupError):
    """The police side cannot do what was asked."""


class HomeError(CustodyError):
    """HOME is missing, not empty, incomplete or in use by another command."""


class KeyringError(CustodyError):
    """A key file is missing, altered or accessible to others, or the passphrase is wrong."""


class VaultError(CustodyError):
    """A file of the vault is missing, altered or cannot be written. The text names the file."""


class PublishError(CustodyError):
    """A snapshot was refused before it could be served."""


class KeysElsewhereError(PublishError):
    """Fewer signing keys are here than a release needs. It can be prepared here and signed where the keys are.

    Args:
        message: Which role is short by how many signatures, and what to do.
        missing: The roles that are short, as `pilookup.custody.RoleState`.
        steps: The commands, in full and in their order, that have the release signed.
    """

    def __init__(self, message: str, missing: Sequence[Any] = (), steps: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)
        self.steps = tuple(steps)

    def __reduce__(self) -> tuple[type["KeysElsewhereError"], tuple[Any, ...]]:
        return type(self), (str(self), self.missing, self.steps)


class AuditError(CustodyError):
    """The audit log was changed, or an entry cannot be written. The text names the entry or the file."""


class StrictLoadError(CustodyError):
    """A load with `strict` had warnings. Nothing was stored.

    Args:
        outcome: The `pilookup.custody.LoadOutcome`, with the warnings.
    """

    def __init__(self, outcome: Any) -> None:
        count = len(outcome.total.warnings)
        super().__init__(
            f"{count:,} {'warning' if count == 1 else 'warnings'}, so nothing was stored: settle each one as it says, "
            "or load without --strict"
        )
        self.outcome = outcome

    def __reduce__(self) -> tuple[type["StrictLoadError"], tuple[Any]]:
        return type(self), (self.outcome,)


class ComputeError(PilookupError):
    """Work could not run on the machines it was sent to: the scheduler is unreachable, untrusted or has no workers."""


class TrustError(PilookupError):
    """Signed metadata cannot be trusted.

    Args:
        reason: The reason code of the `unknown` result, such as `stale` or `bad_signature`.
        message: What is wrong with the metadata.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type["TrustError"], tuple[str, str]]:
        return type(self), (self.reason, str(self))


class RealNumberError(PilookupError):
    """A fake client of `pilookup.testing` was asked for a number that may belong to somebody. It has no answer."""


class MirrorError(PilookupError):
    """A mirror was not brought up to date. What it had before is unchanged, and stays usable until it is stale.

    Args:
        reason: A reason code: one of `pilookup.Reason`; or `locked` (another sync is running), `disk` (there is not
            enough space, or a file cannot be written), `other_channel`, or `below_serial` (the host does not have the
            serial yet that was asked for).
        message: The URL or the file, what happened there, and what to do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type["MirrorError"], tuple[str, str]]:
        return type(self), (self.reason, str(self))


class ScreenError(PilookupError):
    """Users were not screened, or not all. What was evaluated is kept, and the next run goes on from there.

    Args:
        reason: A reason code: one of `pilookup.Reason`; or `disk` (a file cannot be read or written), `locked` (another
            run has the directory), `bad_input` (the users' table cannot be read), `bad_key` (the local key cannot be
            used, or is another one), `bad_directory` (a file of the directory is damaged or missing), or `new_epoch`
            (the mirror went on to another epoch while rows were evaluated).
        message: What happened.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type["ScreenError"], tuple[str, str]]:
        return type(self), (self.reason, str(self))


class UsageError(PilookupError):
    """An argument cannot be right, whatever HOME, a file or a server holds. A command ends with status 2 for it."""


class ArgumentError(CustodyError, UsageError):
    """An argument of the police side cannot be right, such as the id of a dataset with a space in it."""


class NoChannelError(PublishError, UsageError):
    """There is no channel of this name."""


class KeyReferenceError(KeyringError, UsageError):
    """A text does not name a signing key, such as a PKCS #11 URI without a token."""


class PieceSizeError(BundleError, UsageError):
    """The pieces of a bundle would be too small."""


class ReportArgumentError(ReportError, UsageError):
    """What a report is to be made of cannot be right: its case, counts, verbs or reason."""


class ReceiptArgumentError(ReceiptError, UsageError):
    """What a receipt is to state cannot be right: its channel, epoch, serial, days or counts."""


class MissingExtraError(PilookupError):
    """An optional extra of pilookup is not installed. The text names the extra to install."""


MissingPartError = MissingExtraError
"""The former name of `MissingExtraError`."""
