"""Writes XLS workbooks under a password, encrypted with RC4 as Excel 97 does."""

import hashlib
import io
import struct

import xlwt
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher
from xlwt.CompoundDoc import XlsDoc

_BOF, _FILE_PASS, _BOUND_SHEET = 0x0809, 0x002F, 0x0085
_BLANK = 0x00FF
_PLAIN = {_BOF, _FILE_PASS, 0x00E1}
"""Records whose body is not encrypted."""
_SALT = bytes(range(16))
_BLOCK = 1024


def _rc4(key: bytes, data: bytes) -> bytes:
    return Cipher(ARC4(key), mode=None).encryptor().update(data)


def _block_key(password: str, block: int) -> bytes:
    first = hashlib.md5(password.encode("utf-16-le")).digest()[:5]
    second = hashlib.md5((first + _SALT) * 16).digest()[:5]
    return hashlib.md5(second + struct.pack("<I", block)).digest()


def _file_pass(password: str) -> bytes:
    verifier = bytes(range(50, 66))
    encrypted = _rc4(_block_key(password, 0), verifier + hashlib.md5(verifier).digest())
    return struct.pack("<HHH", 1, 1, 1) + _SALT + encrypted


def _records(stream: bytes):
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def encrypted_xls(rows: list[list[str | float]], password: str) -> bytes:
    """A workbook of one sheet."""
    book, out = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("one")
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(at, column, value)
    records = list(_records(book.get_biff_data()))
    file_pass = _file_pass(password)
    records.insert(1, (_FILE_PASS, file_pass))
    length = sum(4 + len(body) for _, body in records)
    records.insert(-1, (_BLANK, bytes(-length % 4)))  # xlwt fills the stream with zeros, which have to be whole records
    plain = secret = b""
    for kind, old in records:
        body = old
        if kind == _BOUND_SHEET:  # the offset of the sheet, which is not encrypted
            body = struct.pack("<I", struct.unpack_from("<I", old)[0] + len(file_pass) + 4) + old[4:]
        head, keep = struct.pack("<HH", kind, len(body)), len(body) if kind in _PLAIN else 4 * (kind == _BOUND_SHEET)
        plain += head + body[:keep] + bytes(len(body) - keep)
        secret += head + bytes(keep) + body[keep:]
    size = range(0, len(secret), _BLOCK)
    hidden = b"".join(_rc4(_block_key(password, at // _BLOCK), secret[at : at + _BLOCK]) for at in size)
    at = 0
    stream = bytearray(hidden)
    for kind, body in _records(plain):
        keep = len(body) if kind in _PLAIN else 4 * (kind == _BOUND_SHEET)
        stream[at : at + 4 + keep] = plain[at : at + 4 + keep]
        at += 4 + len(body)
    XlsDoc().save(out, bytes(stream))
    return out.getvalue()
