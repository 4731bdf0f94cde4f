"""The public names of `pilookup` are these, sorted, documented, and imported on first use."""

import inspect
import subprocess
import sys

import pytest

import pilookup
from pilookup import errors, identifier
from pilookup.checking import result

PROBE = "import pilookup, sys; print(sorted(n for n in sys.modules if n.startswith('pilookup')))"
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, Exception) and value.__name__ == name
}


def test_all_is_sorted_and_without_repeats():
    assert pilookup.__all__ == sorted(set(pilookup.__all__))


@pytest.mark.parametrize("name", sorted(set(pilookup.__all__) - {"__version__"}))
def test_each_public_name_imports(name):
    value = getattr(pilookup, name)
    assert value.__name__ == name
    assert value.__doc__


def test_these_are_the_public_names():
    assert pilookup.__all__ == [
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
    assert set(pilookup.__all__) <= set(dir(pilookup))


def test_every_error_raised_on_purpose_is_public():
    assert {name for name in pilookup.__all__ if name.endswith("Error")} == ERRORS


def test_the_public_reason_is_that_of_a_result():
    assert pilookup.Reason is result.Reason
    assert pilookup.Reason is not identifier.Reason


def test_both_clients_have_one_full_signature():
    signature = inspect.signature(pilookup.Client)
    assert inspect.signature(pilookup.AsyncClient) == signature
    assert list(signature.parameters) == [
        "url",
        "channel",
        "trust",
        "state_dir",
        "token",
        "timeout",
        "cache_bytes",
        "region",
        "insecure",
        "sandbox",
        "mirror",
        "max_age",
        "mirror_or_network",
        "purpose",
    ]


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Cleint'"):
        _ = pilookup.Cleint


def test_importing_pilookup_imports_no_other_module():
    """tests/checking/test_extras.py tests which modules of other packages are not imported."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['pilookup', 'pilookup._version']"
