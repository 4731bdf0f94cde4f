"""Check whether a phone number is in a seized list, without revealing the list or the number.

    from pilookup import Client

    with Client("https://pilookup.example.org", channel="public", trust="trust-public.json") as client:
        result = client.check("138 0013 8000")

`Client` and `AsyncClient` answer with a `Result`: its `status` is a `Status`; `cases` holds a `Case` for each dataset
that names the number; `reason` is a `Reason` where the answer is unknown. `Reason` is always why an answer is unknown.
Why a text is not a phone number is another enumeration, `pilookup.identifier.Reason`, which `canonicalise` returns in
place of bytes: test its outcome with `isinstance(outcome, bytes)`.

`NumberChecker` and `AsyncNumberChecker` are the interfaces of the two clients, for annotations of code that takes a
client or, in tests, a fake one of `pilookup.testing`.

`Mirror` keeps a verified copy of a channel in a directory, and `Client(..., mirror=DIRECTORY)` answers from it.

`Filter` reads the filters of a snapshot, and says which tokens are in none of its data.

Every error raised on purpose is a `PilookupError`; `pilookup.errors` draws the tree. A client given no `trust` warns
with `TrustOnFirstUse`. The police side is `pilookup.custody`, with the extra `load` installed.
"""

from typing import TYPE_CHECKING, Any

from pilookup._version import __version__

if TYPE_CHECKING:
    from pilookup.checking.async_client import AsyncClient
    from pilookup.checking.client import Client
    from pilookup.checking.mirror.mirror import Mirror
    from pilookup.checking.number_checker import AsyncNumberChecker, NumberChecker
    from pilookup.checking.result import Reason, Result, Status
    from pilookup.checking.state import TrustOnFirstUse
    from pilookup.errors import (
        ArgumentError,
        AuditError,
        BundleError,
        ComputeError,
        CustodyError,
        FormatError,
        HomeError,
        IntakeError,
        KeyReferenceError,
        KeyringError,
        KeysElsewhereError,
        MirrorError,
        MissingExtraError,
        NoChannelError,
        NoNumbersError,
        PasswordRequiredError,
        PieceSizeError,
        PilookupError,
        PublishError,
        RealNumberError,
        ReceiptArgumentError,
        ReceiptError,
        ReportArgumentError,
        ReportError,
        ScreenError,
        SeveralFilesError,
        StrictLoadError,
        TrustError,
        UsageError,
        VaultError,
    )
    from pilookup.identifier import canonicalise
    from pilookup.protocol.manifest import Case
    from pilookup.release_files.snapshot_filter import Filter

__all__ = [
    "ArgumentError",
    "AsyncClient",
    "AsyncNumberChecker",
    "AuditError",
    "BundleError",
    "Case",
    "Client",
    "ComputeError",
    "CustodyError",
    "Filter",
    "FormatError",
    "HomeError",
    "IntakeError",
    "KeyReferenceError",
    "KeyringError",
    "KeysElsewhereError",
    "Mirror",
    "MirrorError",
    "MissingExtraError",
    "NoChannelError",
    "NoNumbersError",
    "NumberChecker",
    "PasswordRequiredError",
    "PieceSizeError",
    "PilookupError",
    "PublishError",
    "RealNumberError",
    "Reason",
    "ReceiptArgumentError",
    "ReceiptError",
    "ReportArgumentError",
    "ReportError",
    "Result",
    "ScreenError",
    "SeveralFilesError",
    "Status",
    "StrictLoadError",
    "TrustError",
    "TrustOnFirstUse",
    "UsageError",
    "VaultError",
    "__version__",
    "canonicalise",
]

_MODULES = {
    "ArgumentError": "pilookup.errors",
    "AsyncClient": "pilookup.checking.async_client",
    "AsyncNumberChecker": "pilookup.checking.number_checker",
    "AuditError": "pilookup.errors",
    "BundleError": "pilookup.errors",
    "Case": "pilookup.protocol.manifest",
    "Client": "pilookup.checking.client",
    "ComputeError": "pilookup.errors",
    "CustodyError": "pilookup.errors",
    "Filter": "pilookup.release_files.snapshot_filter",
    "FormatError": "pilookup.errors",
    "HomeError": "pilookup.errors",
    "IntakeError": "pilookup.errors",
    "KeyReferenceError": "pilookup.errors",
    "KeyringError": "pilookup.errors",
    "KeysElsewhereError": "pilookup.errors",
    "Mirror": "pilookup.checking.mirror.mirror",
    "MirrorError": "pilookup.errors",
    "MissingExtraError": "pilookup.errors",
    "NoChannelError": "pilookup.errors",
    "NoNumbersError": "pilookup.errors",
    "NumberChecker": "pilookup.checking.number_checker",
    "PasswordRequiredError": "pilookup.errors",
    "PieceSizeError": "pilookup.errors",
    "PilookupError": "pilookup.errors",
    "PublishError": "pilookup.errors",
    "RealNumberError": "pilookup.errors",
    "ReceiptArgumentError": "pilookup.errors",
    "ReceiptError": "pilookup.errors",
    "ReportArgumentError": "pilookup.errors",
    "ReportError": "pilookup.errors",
    "Reason": "pilookup.checking.result",
    "Result": "pilookup.checking.result",
    "ScreenError": "pilookup.errors",
    "SeveralFilesError": "pilookup.errors",
    "Status": "pilookup.checking.result",
    "StrictLoadError": "pilookup.errors",
    "TrustError": "pilookup.errors",
    "TrustOnFirstUse": "pilookup.checking.state",
    "UsageError": "pilookup.errors",
    "VaultError": "pilookup.errors",
    "canonicalise": "pilookup.identifier",
}


if not TYPE_CHECKING:  # a type checker would accept every other name as Any

    def __getattr__(name: str) -> Any:
        """Import a public name's module on first use, so that `import pilookup` stays light."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - `import pilookup` needs nothing of it

        return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
