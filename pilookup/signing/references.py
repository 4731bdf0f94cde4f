"""Opening a signer by what a person writes: the path of a sealed key file, or a PKCS #11 URI."""

from pathlib import Path

from pilookup.keyring.passphrase import KEY_VARIABLE, PIN_VARIABLE, read_secret
from pilookup.signing.device import DeviceSigner
from pilookup.signing.device_uri import SCHEME, DeviceUri
from pilookup.signing.sealed_key import FileSigner, read_sealed_key
from pilookup.signing.signer import Signer


def open_signer(reference: str) -> Signer:
    """The signer of a reference. Its passphrase or PIN is read, or asked for, when it first signs.

    Args:
        reference: The path of a sealed key file, or a URI such as `pkcs11:token=ceremony;object=root-public-1`.

    Raises:
        KeyringError: The file is missing or is no sealed key file, or the URI does not name a token and a key.
    """
    if reference.startswith(SCHEME):
        uri = DeviceUri.parse(reference)
        return DeviceSigner(uri, lambda: read_secret(PIN_VARIABLE, f"PIN of the token {uri.token or uri.serial}"))
    sealed = read_sealed_key(Path(reference))
    return FileSigner(sealed, lambda: read_secret(KEY_VARIABLE, f"Passphrase of the key {sealed.key_id}"))


def reference_name(reference: str) -> str:
    """What a key is called in lists and file names: the file's name without its ending, or token and label.

    Raises KeyringError for a URI that does not name a token and a key.
    """
    if reference.startswith(SCHEME):
        return DeviceUri.parse(reference).name
    return Path(reference).stem
