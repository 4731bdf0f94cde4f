"""Opening a signer by what a person writes: the path of a sealed key file, or a PKCS #11 URI."""

from pathlib import Path
from typing import Final

from pilookup.keyring.passphrase import KEY_VARIABLE, read_secret
from pilookup.signing.sealed_key import FileSigner, read_sealed_key
from pilookup.signing.signer import Signer

DEVICE_SCHEME: Final = "pkcs11:"


def open_signer(reference: str) -> Signer:
    """The signer of a reference. Its passphrase or PIN is read, or asked for, when it first signs.

    Args:
        reference: The path of a sealed key file.

    Raises:
        KeyringError: The file is missing or is no sealed key file.
    """
    sealed = read_sealed_key(Path(reference))
    return FileSigner(sealed, lambda: read_secret(KEY_VARIABLE, f"Passphrase of the key {sealed.key_id}"))
