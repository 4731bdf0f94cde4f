"""Writes archives that the standard library cannot write: encrypted ZIP, RAR and 7z."""

import hashlib
import hmac
import io
import os
import struct
import tarfile
import zipfile
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def tarred(*members, form=tarfile.GNU_FORMAT, encoding="utf-8"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding=encoding) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def seven_zipped(*members):
    import libarchive

    blocks = []
    with libarchive.custom_writer(lambda data: blocks.append(bytes(data)) or len(data), "7zip") as archive:
        for name, data in members:
            archive.add_file_from_memory(name, len(data), data)
    return b"".join(blocks)


def _zip_of_one(name, packed, *, method, size, crc, extra=b""):
    """A ZIP archive of one encrypted member, whose packed bytes are given."""
    raw = name.encode()
    fields = (1 | 0x800, method, 0, 0x21, crc, len(packed), size, len(raw), len(extra))
    local = struct.pack("<4sHHHHHLLLHH", b"PK\x03\x04", 51, *fields) + raw + extra
    central = struct.pack("<4sHHHHHHLLLHHHHHLL", b"PK\x01\x02", 51, 51, *fields, 0, 0, 0, 0, 0) + raw + extra
    start = len(local) + len(packed)
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 1, 1, len(central), start, 0)
    return local + packed + central + end


def aes_zip(name, data, password, *, strength=3, method=zipfile.ZIP_DEFLATED, version=2):
    """A ZIP archive of one member that is encrypted in the way of WinZip."""
    body = data
    if method == zipfile.ZIP_DEFLATED:
        packer = zlib.compressobj(9, wbits=-15)
        body = packer.compress(data) + packer.flush()
    elif method != zipfile.ZIP_STORED:
        plain = io.BytesIO(zipped((name, data), method=method))
        with zipfile.ZipFile(plain) as archive:
            info = archive.infolist()[0]
        start = 30 + len(name.encode())
        body = plain.getvalue()[start : start + info.compress_size]
    key = {1: 16, 2: 24, 3: 32}[strength]
    salt = os.urandom(key // 2)
    material = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, 1000, 2 * key + 2)
    cipher = Cipher(algorithms.AES(material[:key]), modes.ECB()).encryptor()
    stream = b"".join(cipher.update((at + 1).to_bytes(16, "little")) for at in range(-(-len(body) // 16)))
    encrypted = bytes(one ^ other for one, other in zip(body, stream, strict=False))
    seal = hmac.new(material[key : 2 * key], encrypted, "sha1").digest()[:10]
    extra = struct.pack("<HHH2sBH", 0x9901, 7, version, b"AE", strength, method)
    crc = zlib.crc32(data) if version == 1 else 0
    return _zip_of_one(
        name, salt + material[2 * key :] + encrypted + seal, method=99, size=len(data), crc=crc, extra=extra
    )


def old_zip(name, data, password):
    """A ZIP archive of one stored member that is encrypted with the older cipher."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(value, byte):
        return zlib.crc32(bytes([byte]), value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    def update(byte):
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    def encrypt(byte):
        temp = keys[2] | 2
        result = byte ^ (((temp * (temp ^ 1)) >> 8) & 0xFF)
        update(byte)
        return result

    for byte in password.encode() if isinstance(password, str) else password:
        update(byte)
    checked = zlib.crc32(data)
    packed = bytes(encrypt(byte) for byte in os.urandom(11) + bytes([checked >> 24]) + data)
    return _zip_of_one(name, packed, method=0, size=len(data), crc=checked)


def _vint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _rar5_block(body, data=b""):
    sized = _vint(len(body)) + body
    return struct.pack("<L", zlib.crc32(sized)) + sized + data


def rar5(*members):
    """A RAR 5 archive of stored members."""
    out = b"Rar!\x1a\x07\x01\x00" + _rar5_block(_vint(1) + _vint(0) + _vint(0))
    for name, data in members:
        raw = name.encode()
        body = _vint(2) + _vint(2) + _vint(len(data))  # a file header with data
        body += _vint(4) + _vint(len(data)) + _vint(0o100644) + struct.pack("<L", zlib.crc32(data))
        body += _vint(0) + _vint(1) + _vint(len(raw)) + raw
        out += _rar5_block(body, data)
    return out + _rar5_block(_vint(5) + _vint(0) + _vint(0))


def rar4(*members):
    """A RAR 4 archive of stored members."""
    out = b"Rar!\x1a\x07\x00" + _rar4_block(0x73, 0, b"\0" * 6)
    for name, data in members:
        raw = name.encode()
        body = struct.pack(
            "<LLBLLBBHL", len(data), len(data), 3, zlib.crc32(data), 0x21 << 16, 29, 0x30, len(raw), 0o100644
        )
        out += _rar4_block(0x74, 0x8000, body + raw) + data
    return out + _rar4_block(0x7B, 0x4000, b"")


def _rar4_block(kind, flags, body):
    head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head
