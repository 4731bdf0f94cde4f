"""AES-256-GCM-SIV (RFC 8452), with which entries are sealed. Written to be short, not fast."""

from functools import cache

_ROUNDS = 14


def seal(key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
    """Return the ciphertext and its tag of 16 bytes.

    Args:
        key: 32 bytes.
        nonce: 12 bytes.
        aad: the associated data.
        plaintext: what to seal.
    """
    auth_key, enc_key = _derive(key, nonce)
    schedule = _expand_key(enc_key)
    tag = _tag(auth_key, schedule, nonce, aad, plaintext)
    return _count(schedule, tag, plaintext) + tag


def open_sealed(key: bytes, nonce: bytes, aad: bytes, sealed: bytes) -> bytes | None:
    """Return the plaintext, or None if the tag does not fit."""
    auth_key, enc_key = _derive(key, nonce)
    schedule = _expand_key(enc_key)
    ciphertext, tag = sealed[:-16], sealed[-16:]
    plaintext = _count(schedule, tag, ciphertext)
    return plaintext if _tag(auth_key, schedule, nonce, aad, plaintext) == tag else None


def _derive(key: bytes, nonce: bytes) -> tuple[bytes, bytes]:
    schedule = _expand_key(key)
    halves = b"".join(encrypt_block(schedule, i.to_bytes(4, "little") + nonce)[:8] for i in range(6))
    return halves[:16], halves[16:]


def _tag(auth_key: bytes, schedule: list[bytes], nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
    lengths = b"".join((8 * len(data)).to_bytes(8, "little") for data in (aad, plaintext))
    digest = polyval(auth_key, _padded(aad) + _padded(plaintext) + lengths)
    mixed = bytes(a ^ b for a, b in zip(digest, nonce + bytes(4), strict=True))
    return encrypt_block(schedule, mixed[:15] + bytes([mixed[15] & 0x7F]))


def _count(schedule: list[bytes], tag: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt data in counter mode."""
    start, rest = int.from_bytes(tag[:4], "little"), tag[4:15] + bytes([tag[15] | 0x80])
    result = b""
    for at in range(0, len(data), 16):
        counter = (start + at // 16) % 2**32
        stream = encrypt_block(schedule, counter.to_bytes(4, "little") + rest)
        result += bytes(a ^ b for a, b in zip(data[at : at + 16], stream, strict=False))
    return result


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 16)


_POLYNOMIAL = 1 << 128 | 1 << 127 | 1 << 126 | 1 << 121 | 1
_X_TO_MINUS_128 = 1 << 127 | 1 << 124 | 1 << 121 | 1 << 114 | 1


def polyval(key: bytes, data: bytes) -> bytes:
    """Return POLYVAL (RFC 8452 section 3) of whole blocks."""
    h = _multiply(int.from_bytes(key, "little"), _X_TO_MINUS_128)
    total = 0
    for at in range(0, len(data), 16):
        total = _multiply(total ^ int.from_bytes(data[at : at + 16], "little"), h)
    return total.to_bytes(16, "little")


def _multiply(a: int, b: int) -> int:
    """Multiply in the field with 2^128 elements."""
    result = 0
    while b:
        if b & 1:
            result ^= a
        a <<= 1
        if a >> 128:
            a ^= _POLYNOMIAL
        b >>= 1
    return result


# --- AES-256 (FIPS 197) ---


def _double(byte: int) -> int:
    return (byte << 1 ^ (0x11B if byte & 0x80 else 0)) & 0xFF


@cache
def _tables() -> tuple[bytes, bytes, bytes]:
    """Return the S-box, and the S-box with each value multiplied by 2 and by 3."""
    box, p, q = bytearray(256), 1, 1
    while True:
        p ^= _double(p)  # times 3
        for shift in (1, 2, 4):  # divided by 3
            q = (q ^ q << shift) & 0xFF
        q ^= 0x09 if q & 0x80 else 0
        box[p] = _affine(q)
        if p == 1:
            break
    box[0] = 0x63
    two = bytes(_double(value) for value in box)
    return bytes(box), two, bytes(a ^ b for a, b in zip(two, box, strict=True))


def _affine(q: int) -> int:
    twice = q * 0x101
    return (q ^ twice >> 4 ^ twice >> 5 ^ twice >> 6 ^ twice >> 7) & 0xFF ^ 0x63


def _expand_key(key: bytes) -> list[bytes]:
    """Return the 15 round keys."""
    box, _, _ = _tables()
    words = [key[at : at + 4] for at in range(0, 32, 4)]
    constant = 1
    for i in range(8, 4 * (_ROUNDS + 1)):
        word = words[-1]
        if i % 8 == 0:
            word = bytes(box[b] for b in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _double(constant)
        elif i % 8 == 4:
            word = bytes(box[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(word, words[-8], strict=True)))
    return [b"".join(words[at : at + 4]) for at in range(0, len(words), 4)]


def encrypt_block(schedule: list[bytes], block: bytes) -> bytes:
    """Encrypt one block of 16 bytes."""
    box, two, three = _tables()
    s = [a ^ b for a, b in zip(block, schedule[0], strict=True)]
    for key in schedule[1:_ROUNDS]:
        mixed = []
        for at in range(0, 16, 4):
            a, b, c, d = (s[(at + 5 * row) % 16] for row in range(4))
            mixed += [
                two[a] ^ three[b] ^ box[c] ^ box[d],
                box[a] ^ two[b] ^ three[c] ^ box[d],
                box[a] ^ box[b] ^ two[c] ^ three[d],
                three[a] ^ box[b] ^ box[c] ^ two[d],
            ]
        s = [a ^ b for a, b in zip(mixed, key, strict=True)]
    shifted = [box[s[(at + 5 * row) % 16]] for at in range(0, 16, 4) for row in range(4)]
    return bytes(a ^ b for a, b in zip(shifted, schedule[_ROUNDS], strict=True))
