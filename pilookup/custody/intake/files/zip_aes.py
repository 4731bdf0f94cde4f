"""Decrypts members of ZIP archives that are encrypted with AES in the way of WinZip (AE-1 and AE-2).

The standard library decrypts only the older cipher. The format is described in WinZip's "AES Encryption Information";
the primitives are those of `cryptography`.
"""

import bz2
import hashlib
import hmac
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

METHOD: Final = 99
"""The method in the directory of an archive that stands for AES. The real one is in an extra field."""

_EXTRA_ID: Final = 0x9901
_ITERATIONS: Final = 1000
_CHECK_BYTES: Final = 2
_MAC_BYTES: Final = 10
_BLOCK: Final = 16
_KEY_BYTES: Final = {1: 16, 2: 24, 3: 32}
_LZMA_MEMORY: Final = 256 << 20
_READ_BYTES: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class AesInfo:
    """What the extra field of an encrypted member says.

    Attributes:
        key_bytes: The length of the key.
        method: The method of compression.
    """

    key_bytes: int
    method: int

    @property
    def salt_bytes(self) -> int:
        """The length of the salt."""
        return self.key_bytes // 2


def aes_info(info: zipfile.ZipInfo) -> AesInfo | None:
    """The extra field about AES of a member; None if it has none, or it is damaged."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == _EXTRA_ID and size >= 7 and len(extra) >= 11:
            strength, method = struct.unpack_from("<xxxxBH", extra, 4)
            return AesInfo(_KEY_BYTES[strength], method) if strength in _KEY_BYTES else None
        extra = extra[4 + size :]
    return None


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of one member. The repr shows none of them."""

    cipher: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    check: bytes = field(repr=False)


def _derive(password: bytes, salt: bytes, key_bytes: int) -> _Keys:
    material = hashlib.pbkdf2_hmac("sha1", password, salt, _ITERATIONS, 2 * key_bytes + _CHECK_BYTES)
    return _Keys(material[:key_bytes], material[key_bytes : 2 * key_bytes], material[2 * key_bytes :])


def is_right_password(packed: BinaryIO, aes: AesInfo, password: bytes) -> bool:
    """Whether a password fits the check bytes of a member. One wrong password in 65,536 does, too.

    Args:
        packed: The packed bytes of the member, from their start.
        aes: Its extra field.
        password: The password.
    """
    salt = packed.read(aes.salt_bytes)
    check = packed.read(_CHECK_BYTES)
    return hmac.compare_digest(_derive(password, salt, aes.key_bytes).check, check)


class AesStream:
    """The unpacked bytes of an encrypted member. Its seal is checked when its end is read."""

    def __init__(self, packed: BinaryIO, size: int, aes: AesInfo, password: bytes) -> None:
        """Decrypt a member.

        Args:
            packed: The packed bytes of the member, from their start.
            size: Their number.
            aes: The extra field of the member.
            password: The password.

        Raises:
            zipfile.BadZipFile: The member is too short, or its method is not supported.
        """
        self._packed = packed
        self._left = size - aes.salt_bytes - _CHECK_BYTES - _MAC_BYTES
        if self._left < 0:
            raise zipfile.BadZipFile
        keys = _derive(password, packed.read(aes.salt_bytes), aes.key_bytes)
        packed.read(_CHECK_BYTES)
        # The mode of WinZip counts blocks in little-endian order, which no library has. The key stream of a counter
        # mode is the encrypted counter, so that it can be made with the plain block cipher.
        self._cipher: CipherContext = Cipher(algorithms.AES(keys.cipher), modes.ECB()).encryptor()  # noqa: S305
        self._mac = hmac.new(keys.mac, digestmod="sha1")
        self._counter = 1
        self._unpacked = self._unpack(aes.method)
        self._held = b""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; b"" at the end.

        Raises:
            zipfile.BadZipFile: The member is damaged or the password is wrong.
        """
        while not self._held:
            block = next(self._unpacked, None)
            if block is None:
                return b""
            self._held = block
        data, self._held = self._held[:size], self._held[size:]
        return data

    def close(self) -> None:
        """Close the stream of packed bytes."""
        self._packed.close()

    def _plain(self) -> Iterator[bytes]:
        """The decrypted bytes, which are still compressed."""
        while self._left:
            data = self._packed.read(min(_READ_BYTES, self._left))
            if not data or (len(data) % _BLOCK and len(data) != self._left):
                raise zipfile.BadZipFile
            self._left -= len(data)
            self._mac.update(data)
            yield self._decrypted(data)
        if not hmac.compare_digest(self._mac.digest()[:_MAC_BYTES], self._packed.read(_MAC_BYTES)):
            raise zipfile.BadZipFile

    def _decrypted(self, data: bytes) -> bytes:
        blocks = -(-len(data) // _BLOCK)
        counters = b"".join(at.to_bytes(_BLOCK, "little") for at in range(self._counter, self._counter + blocks))
        self._counter += blocks
        stream = self._cipher.update(counters)[: len(data)]
        mixed = int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")
        return mixed.to_bytes(len(data), "little")

    def _unpack(self, method: int) -> Iterator[bytes]:
        if method == zipfile.ZIP_STORED:
            yield from self._plain()
        elif method == zipfile.ZIP_DEFLATED:
            yield from self._inflate()
        elif method == zipfile.ZIP_BZIP2:
            yield from self._decode(bz2.BZ2Decompressor(), b"")
        elif method == zipfile.ZIP_LZMA:
            yield from self._unpack_lzma()
        else:
            raise zipfile.BadZipFile

    def _inflate(self) -> Iterator[bytes]:
        decoder = zlib.decompressobj(-15)
        for data in self._plain():
            block = decoder.decompress(data, _READ_BYTES)
            yield block
            while decoder.unconsumed_tail:
                yield decoder.decompress(decoder.unconsumed_tail, _READ_BYTES)
        yield decoder.flush()
        if not decoder.eof:
            raise zipfile.BadZipFile

    def _unpack_lzma(self) -> Iterator[bytes]:
        head = b""
        plain = self._plain()
        for data in plain:
            head += data
            if len(head) >= 4 and len(head) >= 4 + int.from_bytes(head[2:4], "little"):
                break
        size = int.from_bytes(head[2:4], "little")
        filters = [lzma._decode_filter_properties(lzma.FILTER_LZMA1, head[4 : 4 + size])]  # type: ignore[attr-defined]  # noqa: SLF001 - as zipfile does
        if filters[0]["dict_size"] > _LZMA_MEMORY:
            raise zipfile.BadZipFile
        decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
        yield from self._decode(decoder, head[4 + size :], plain)

    def _decode(
        self, decoder: "bz2.BZ2Decompressor | lzma.LZMADecompressor", first: bytes, plain: Iterator[bytes] | None = None
    ) -> Iterator[bytes]:
        for data in chain([first], plain or self._plain()):
            packed = data
            while not decoder.eof:
                block = decoder.decompress(packed, _READ_BYTES)
                packed = b""
                yield block
                if not block and decoder.needs_input:
                    break
        if not decoder.eof and isinstance(decoder, bz2.BZ2Decompressor):
            raise zipfile.BadZipFile
