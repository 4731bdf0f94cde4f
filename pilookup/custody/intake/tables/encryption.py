"""Decrypts workbooks that are under a password, in memory. It runs in the process of `sheet_program`."""

import io
import struct
from collections.abc import Iterable
from typing import Any

import msoffcrypto
import olefile
from msoffcrypto.exceptions import InvalidKeyError

from pilookup.custody.intake.tables.packages import DAMAGE
from pilookup.custody.intake.tables.sheet_values import SheetFaultError

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FILE_PASS, _BOUND_SHEET = 0x002F, 0x0085
_HEAD_BYTES = 1 << 16
_DEFAULT_PASSWORD = "VelvetSweatshop"  # noqa: S105 - public: Excel encrypts read-only workbooks with it and asks for none
_UNSUPPORTED = (
    "is under a password, and is damaged or encrypted in a way that is not supported: open it in a spreadsheet program "
    "and save it without a password"
)


def is_encrypted(data: bytes) -> bool:
    """Whether a file is a workbook of Office under a password."""
    if not data.startswith(_OLE):
        return False
    return "EncryptedPackage".encode("utf-16-le") in data or _has_file_pass(data)


def _has_file_pass(data: bytes) -> bool:
    """Whether an XLS workbook has the record of a password among its first ones."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            head = container.openstream("Workbook").read(_HEAD_BYTES) if container.exists("Workbook") else b""
    except DAMAGE:
        return False
    at = 0
    while at + 4 <= len(head):
        kind, length = struct.unpack_from("<HH", head, at)
        if kind in (_FILE_PASS, _BOUND_SHEET):
            return bool(kind == _FILE_PASS)
        at += 4 + length
    return False


def decrypt(data: bytes, passwords: Iterable[str]) -> bytes:
    """Decrypt a workbook with the first password that opens it.

    Args:
        data: The workbook.
        passwords: Are tried in order, after the one with which Excel encrypts workbooks that open without asking.

    Raises:
        SheetFaultError: None of the passwords opens it, or the kind of encryption is not supported.
    """
    try:
        book = msoffcrypto.OfficeFile(io.BytesIO(data))
    except Exception:  # noqa: BLE001 - its parser raises nearly anything for a damaged file
        raise SheetFaultError(_UNSUPPORTED) from None
    for password in filter(None, (_DEFAULT_PASSWORD, *passwords)):
        clear = _decrypted(book, password)
        if clear is not None:
            return clear
    raise SheetFaultError("password")


def _decrypted(book: Any, password: str) -> bytes | None:
    """The workbook in clear; None if the password is wrong."""
    out = io.BytesIO()
    try:
        if book.format == "ooxml":
            book.load_key(password=password, verify_password=True)
        else:
            book.load_key(password=password)
        book.decrypt(out)
    except InvalidKeyError:
        return None
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - its parser raises nearly anything for a damaged or unknown file
        raise SheetFaultError(_UNSUPPORTED) from None
    return out.getvalue()
