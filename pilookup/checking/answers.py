"""Answers of a server: the body of a 200, or of a 206 where a part was asked for; any other answer is a Failure."""

from dataclasses import dataclass

import httpcore2

from pilookup.checking.result import Failure, Reason
from pilookup.errors import FormatError
from pilookup.protocol.proof_of_work import Challenge
from pilookup.protocol.quota_report import QuotaReport

_DRAIN_BYTES = 4096
"""Number of bytes of an error's body that are read, so that the connection can be used again. Only the body of a 429 is
parsed, for a challenge or a quota."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file that is asked for: its first byte, the one after its last, and the size of the whole file."""

    first: int
    stop: int
    size: int


class Answer:
    """Collects one answer: a 200's body, whose size is limited, or the Failure that another status means."""

    def __init__(self, limit: int, too_long: Reason = Reason.BAD_RESPONSE, span: Span | None = None) -> None:
        """Start before anything has arrived.

        Args:
            limit: largest size of the body of a 200, in bytes.
            too_long: the reason of a longer one.
            span: the part of a file that was asked for, if any. A 200 then counts only if that is the whole file.
        """
        self.failure: Failure | None = None
        """What the head says, if it is not a 200. It counts even if the rest of the answer does not arrive."""
        self._limit = limit
        self._too_long = too_long
        self._span = span
        self._chunks: list[bytes] = []
        self._size = 0

    def begin(self, response: httpcore2.Response) -> None:
        """Take the head."""
        self.failure = _failure_of(response, self._span)
        if self.failure is not None:
            self._limit = _DRAIN_BYTES

    def add(self, chunk: bytes) -> None:
        """Take a chunk of the body; raises Failure past the limit."""
        self._size += len(chunk)
        if self._size > self._limit:
            raise self.failure or Failure(self._too_long, detail="the answer is longer than it may be")
        self._chunks.append(chunk)

    def finish(self) -> bytes:
        """Return the body of a 200; raises the Failure of any other."""
        body = b"".join(self._chunks)
        if self.failure is None and self._span is not None and len(body) != self._span.stop - self._span.first:
            raise Failure(Reason.BAD_RESPONSE, detail="the part of a file that was asked for is cut short")
        if self.failure is None:
            return body
        if self.failure.reason is Reason.RATE_LIMITED:
            self.failure.challenge = _challenge(body)
            report = _quota_report(body)
            if report is not None:
                self.failure.reason, self.failure.detail = Reason.QUOTA_EXCEEDED, report.text
        raise self.failure


_REASONS = {
    401: Reason.UNAUTHORIZED,
    403: Reason.UNAUTHORIZED,
    410: Reason.RETIRED,
    429: Reason.RATE_LIMITED,
}


def _failure_of(response: httpcore2.Response, span: Span | None) -> Failure | None:
    """Return the Failure that a response's status means, or None for a right one without content encoding."""
    status = response.status
    if span is not None and status in (200, 206):
        given = _header(response, b"content-range") if status == 206 else f"bytes 0-{span.size - 1}/{span.size}"
        if given != f"bytes {span.first}-{span.stop - 1}/{span.size}":
            return Failure(Reason.BAD_RESPONSE, detail="the host does not send the part of a file that was asked for")
    if status == 200 or (span is not None and status == 206):
        plain = _header(response, b"content-encoding") in ("", "identity")
        return None if plain else Failure(Reason.BAD_RESPONSE, detail="the answer is compressed")
    reason = _REASONS.get(status, Reason.SERVER_ERROR if status >= 500 else Reason.BAD_RESPONSE)
    wait = _retry_after(_header(response, b"retry-after"))
    return Failure(reason, retry_after=wait, missing=status == 404, detail=f"the server answered with status {status}")


def _header(response: httpcore2.Response, name: bytes) -> str:
    """Return a header's value, "" without one; a repeated header's values are joined (RFC 9110 section 5.3)."""
    return ", ".join(value.decode("latin-1") for key, value in response.headers if key.lower() == name)


def _challenge(body: bytes) -> Challenge | None:
    """Return the challenge in the body of a 429, or None if it has none or one that cannot be parsed."""
    try:
        return Challenge.from_problem(body)
    except FormatError:
        return None


def _quota_report(body: bytes) -> QuotaReport | None:
    """Return what the body of a 429 says of the quota of an epoch; None if it is not about that or is invalid."""
    try:
        return QuotaReport.from_problem(body)
    except FormatError:
        return None


def _retry_after(retry_after: str) -> float | None:
    """Return the seconds in a `Retry-After` header (RFC 9110 section 10.2.3); None for a date, which is ignored."""
    whole = retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 7
    return float(retry_after) if whole else None
