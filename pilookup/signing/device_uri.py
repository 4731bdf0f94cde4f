"""PKCS #11 URIs (RFC 7512), as far as they name a private key: `pkcs11:token=ceremony;object=root-public-1`.

Attributes of the path: `token`, `serial`, `manufacturer`, `model`, `object`, `id` and `type` (`private`). Of the query:
`module-path`. A PIN never stands in a URI, since command lines are seen by others; `pin-value` and `pin-source` are
refused, as is every attribute that is not in this list.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from pilookup.errors import KeyReferenceError

SCHEME: Final = "pkcs11:"
_PATH: Final = {"token", "serial", "manufacturer", "model", "object", "id", "type"}
_QUERY: Final = {"module-path"}


@dataclass(frozen=True, slots=True)
class DeviceUri:
    """Which key of which token. Each field is None where the URI leaves it open.

    label, key_id: of the private key (`object` and `id`). module: the path of the module.
    """

    token: str | None = None
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    label: str | None = None
    key_id: bytes | None = None
    module: str | None = None

    @classmethod
    def parse(cls, text: str) -> "DeviceUri":
        """Parse a URI; raises KeyReferenceError, which names what is wrong."""
        if not text.startswith(SCHEME):
            raise KeyReferenceError(f"{text}: not a PKCS #11 URI, such as pkcs11:token=ceremony;object=root-public-1")
        path, _, query = text.removeprefix(SCHEME).partition("?")
        given = _attributes(path, ";", _PATH) | _attributes(query, "&", _QUERY)
        if given.pop("type", b"private") != b"private":
            raise KeyReferenceError("pkcs11: the type of a signing key is private")
        key_id = given.pop("id", None)
        texts = {name: _text(name, value) for name, value in given.items()}
        uri = cls(
            token=texts.get("token"),
            serial=texts.get("serial"),
            manufacturer=texts.get("manufacturer"),
            model=texts.get("model"),
            label=texts.get("object"),
            key_id=key_id,
            module=texts.get("module-path"),
        )
        if uri.token is None and uri.serial is None:
            raise KeyReferenceError("pkcs11: a URI names its token, by token= or serial=")
        if uri.label is None and uri.key_id is None:
            raise KeyReferenceError("pkcs11: a URI names its key, by object= or id=")
        return uri

    @property
    def name(self) -> str:
        """How people call the key: the token and the label or id."""
        return f"{self.token or self.serial}/{self.label or (self.key_id or b'').hex()}"


def _attributes(part: str, separator: str, known: set[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for attribute in part.split(separator) if part else ():
        name, equals, value = attribute.partition("=")
        if name.startswith("pin"):
            raise KeyReferenceError(
                "pkcs11: a PIN does not belong into a URI; set PILOOKUP_KEY_PIN or PILOOKUP_KEY_PIN_FILE"
            )
        if name not in known or not equals or not value:
            raise KeyReferenceError(f"pkcs11: {name or 'an empty attribute'}: unknown, or without a value")
        if name in found:
            raise KeyReferenceError(f"pkcs11: {name}: given twice")
        found[name] = unquote_to_bytes(value)
    return found


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise KeyReferenceError(f"pkcs11: {name}: not UTF-8") from None
