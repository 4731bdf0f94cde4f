"""The rounding of counts, drawn once for each case and verb under a key that only the platform has.

A count n is told in steps of s: 10 from 100 on, 100 from 1,000 on, and so on. For each case and verb, d is drawn from 1
to s, and the count is told as the multiple of s above n - d, or not at all if n - d is below 100. Over all d, the told
count is n on average. Counts that differ by one are told differently for at most one of the s values of d.
"""

import os
from hmac import digest
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilookup import durable, file_errors
from pilookup.errors import FormatError, ReportError
from pilookup.plain_file import read_plain
from pilookup.protocol.encoding import b64url, from_b64url
from pilookup.protocol.reports import LEAST_COUNT, Quarter, Verb, step_of

KEY_BYTES: Final = 32
_ROUNDING: Final = b"pilookup-report-rounding\x00"
_ID: Final = b"pilookup-report-id\x00"
_RECEIPT: Final = b"pilookup-receipt-key\x00"
_DRAW_BYTES: Final = 16
_HEADER: Final = "pilookup-report-key-1 "
_MAX_FILE_BYTES: Final = 256


class ReportKey:
    """The key that a platform's roundings are drawn under. Keep it: with another one, the same case is rounded anew."""

    def __init__(self, key: bytes) -> None:
        """Take a key of 32 random bytes; raises ValueError if it has another length."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key of reports has {KEY_BYTES} bytes")
        self._key = key

    def __repr__(self) -> str:
        return "ReportKey()"

    @classmethod
    def create(cls, path: str | Path) -> Self:
        """Make a key in a new file of mode 0600.

        Raises:
            ReportError: There is a file of that name, or it cannot be written.
        """
        key = os.urandom(KEY_BYTES)
        try:
            durable.create(Path(path), f"{_HEADER}{b64url(key)}\n".encode())
        except FileExistsError:
            raise ReportError(f"{path}: exists, and a key is never replaced: reports would be rounded anew") from None
        except OSError as error:
            raise ReportError(file_errors.failure_text(error, "cannot be written", Path(path))) from error
        return cls(key)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read the file of a key.

        Raises:
            ReportError: It cannot be read, is open to other users, or is not such a file. The text repeats nothing of
                it.
        """
        try:
            if Path(path).stat().st_mode & 0o077:
                raise ReportError(f"{path}: open to other users; run: chmod 600 {path}")
            text = read_plain(Path(path), _MAX_FILE_BYTES).decode()
        except OSError as error:
            raise ReportError(file_errors.failure_text(error, "cannot be read", Path(path))) from error
        except UnicodeDecodeError:
            text = ""
        header, encoded = text[: len(_HEADER)], text[len(_HEADER) :].removesuffix("\n")
        try:
            if header == _HEADER:
                return cls(from_b64url(encoded, KEY_BYTES, "key"))
        except FormatError:
            pass  # as any other file that is no key
        raise ReportError(f"{path}: not the key of reports; make one with: pilookup reports key FILE")

    def report_id(self, case: int, quarter: Quarter) -> str:
        """The id of the report on a case and quarter: always the same."""
        return digest(self._key, _ID + f"{case}|{quarter}".encode(), "sha256")[:16].hex()

    def draw(self, case: int, verb: Verb, steps: int) -> int:
        """The draw for a case and verb, from 1 to `steps`: always the same, whatever the count and the quarter."""
        drawn = digest(self._key, _ROUNDING + f"{case}|{verb}".encode(), "sha256")[:_DRAW_BYTES]
        return 1 + (int.from_bytes(drawn, "big") * steps >> 8 * _DRAW_BYTES)

    def receipt_key(self) -> Ed25519PrivateKey:
        """The key that signs this platform's receipts: always the same."""
        return Ed25519PrivateKey.from_private_bytes(digest(self._key, _RECEIPT, "sha256"))


def rounded(key: ReportKey, case: int, verb: Verb, count: int) -> int | None:
    """A count as it is told; None if it is not.

    Args:
        key: The platform's key.
        case: The id of the case.
        verb: What is counted.
        count: The exact count, 0 or more.
    """
    if count < LEAST_COUNT:
        return None
    step = step_of(count)
    below = count - key.draw(case, verb, step)
    return None if below < LEAST_COUNT else step * (below // step + 1)
