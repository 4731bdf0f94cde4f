"""A signer whose key is in a device (PKCS #11, Ed25519 by CKM_EDDSA), and never leaves it.

A process opens one session for each token, which all keys of the token share: a second login would be refused. The
module is the one of the URI, or of `PILOOKUP_KEY_MODULE`. The PIN is read like a passphrase, once.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pilookup.errors import KeyringError, MissingExtraError
from pilookup.signing.device_uri import DeviceUri

MODULE_VARIABLE: Final = "PILOOKUP_KEY_MODULE"
_POINT_BYTES: Final = 32
_CURVE: Final = (bytes.fromhex("06032b6570"), b"\x13\x0cedwards25519")
"""Ed25519 as CKA_EC_PARAMS: the object identifier 1.3.101.112, or the name of the curve."""

_sessions: dict[tuple[str, bytes], Any] = {}
"""The open session of each token, by the module's path and the token's serial number."""


class DeviceSigner:
    """A signer of a device. It is opened when it is first used."""

    def __init__(self, uri: DeviceUri, pin: Callable[[], bytes]) -> None:
        self.uri = uri
        self._pin = pin
        self._key: Any = None
        self._public: Ed25519PublicKey | None = None

    def public_key(self) -> Ed25519PublicKey:
        """The public key, from the object beside the private key.

        Raises:
            KeyringError: There is no such module, token or key, the PIN is wrong or locked, or the key is not Ed25519.
            MissingExtraError: python-pkcs11 is not installed.
        """
        if self._public is None:
            self._public = self._open()
        return self._public

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`; raises as `public_key`, also if the device has no mechanism for Ed25519."""
        public = self.public_key()
        pkcs11 = _library()
        with _errors(self.uri):
            signature: bytes = self._key.sign(data, mechanism=pkcs11.Mechanism.EDDSA)
        try:
            public.verify(signature, data)
        except InvalidSignature:
            raise KeyringError(f"{self.uri.name}: the device's signature is not one of its public key") from None
        return signature

    def _open(self) -> Ed25519PublicKey:
        pkcs11 = _library()
        with _errors(self.uri):
            session = _session(self.uri, self._pin)
            named = {"label": self.uri.label, "id": self.uri.key_id}
            named = {name: value for name, value in named.items() if value is not None}
            self._key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, **named)
            if self._key.key_type != pkcs11.KeyType.EC_EDWARDS:
                raise KeyringError(f"{self.uri.name}: not an Ed25519 key")
            public = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, **named)
            if bytes(public[pkcs11.Attribute.EC_PARAMS]) not in _CURVE:
                raise KeyringError(f"{self.uri.name}: not a key of the curve of Ed25519")
            point = bytes(public[pkcs11.Attribute.EC_POINT])
        return Ed25519PublicKey.from_public_bytes(ed25519_point(point))


def ed25519_point(value: bytes) -> bytes:
    """The 32 bytes of a public key from CKA_EC_POINT, which is raw or a DER OCTET STRING or BIT STRING, by device.

    Raises KeyringError for anything else.
    """
    for prefix in (b"", b"\x04\x20", b"\x03\x21\x00"):
        if len(value) == len(prefix) + _POINT_BYTES and value.startswith(prefix):
            return value[len(prefix) :]
    raise KeyringError("the device's CKA_EC_POINT is not the point of an Ed25519 key")


def close_sessions() -> None:
    """Close all sessions of this process."""
    while _sessions:
        _sessions.popitem()[1].close()


def _library() -> Any:
    try:
        import pkcs11  # noqa: PLC0415 - an optional extra
        import pkcs11.exceptions  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError("keys of devices need an extra: pip install 'pilookup[pkcs11]'") from error
    return pkcs11


def _session(uri: DeviceUri, pin: Callable[[], bytes]) -> Any:
    pkcs11 = _library()
    module = uri.module or os.environ.get(MODULE_VARIABLE)
    if not module:
        raise KeyringError(f"the path of the device's module is needed: set {MODULE_VARIABLE}, or add ?module-path=")
    tokens = [token for token in pkcs11.lib(module).get_tokens() if _is_named(token, uri)]
    if len(tokens) != 1:
        raise KeyringError(f"{uri.name}: {'no' if not tokens else 'more than one'} such token; module {module}")
    key = module, bytes(tokens[0].serial)
    if key not in _sessions:
        try:
            secret = pin().decode()
        except UnicodeDecodeError:
            raise KeyringError("the PIN is not UTF-8") from None
        _sessions[key] = tokens[0].open(user_pin=secret)
    return _sessions[key]


def _is_named(token: Any, uri: DeviceUri) -> bool:
    asked = (
        (uri.token, token.label),
        (uri.serial, bytes(token.serial).decode(errors="replace").strip()),
        (uri.manufacturer, str(token.manufacturer_id).strip()),
        (uri.model, str(token.model).strip()),
    )
    return all(value is None or value == found for value, found in asked)


@contextmanager
def _errors(uri: DeviceUri) -> Iterator[None]:
    """Turn the errors of a device into KeyringError with the remedy. No text has the PIN."""
    known = _library().exceptions
    reasons: tuple[tuple[type[Exception], str], ...] = (
        (known.PinLocked, "the PIN is locked after too many wrong ones; the token's security officer unlocks it"),
        (known.PinIncorrect, "the PIN is wrong; a few wrong ones lock the token"),
        (known.PinInvalid, "the PIN is not one that the token accepts"),
        (known.PinLenRange, "the PIN is too short or too long"),
        (known.PinExpired, "the PIN has expired; set a new one with the token's own program"),
        (known.NoSuchKey, "the token has no such key, or no public key beside it"),
        (known.MultipleObjectsReturned, "the token has several such keys; name it by both object= and id="),
        (known.MechanismInvalid, "the device has no mechanism for Ed25519 (CKM_EDDSA)"),
        (known.TokenNotPresent, "the token was removed"),
        (known.DeviceRemoved, "the device was removed"),
    )
    try:
        yield
    except known.PKCS11Error as error:
        reason = next((text for kind, text in reasons if isinstance(error, kind)), f"{type(error).__name__}: {error}")
        raise KeyringError(f"{uri.name}: {reason}") from error
