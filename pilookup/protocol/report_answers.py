"""Answers of the police to reports: signed by custody, given out by the server, verified by the platform (SPEC 17.4).

An answer is one line of canonical JSON (RFC 8785). Its signature is Ed25519, with the key that signs the journal and
bundles (its public half is in `trust-bundles.json`), over the domain and the object without `signature`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pilookup.errors import FormatError, ReportError
from pilookup.protocol.canonical_objects import parse_object
from pilookup.protocol.encoding import b64url, from_b64url, from_time_text, time_text
from pilookup.protocol.names import check_integer
from pilookup.protocol.reports import check_report_id, check_words

FORMAT: Final = 1
MAX_ANSWER_BYTES: Final = 8192
MAX_ANSWERS_BYTES: Final = 1 << 26
MAX_TEXT: Final = 500
_DOMAIN: Final = b"pilookup-report-answer\x00"
_SIGNATURE_BYTES: Final = 64
_NAMES: Final = {"answered", "format", "kind", "platform", "report", "report_sha256", "signature", "text"}
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_PLATFORM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class AnswerKind(StrEnum):
    """What an answer says: the report is taken note of, or the police ask the platform to look at something."""

    NOTED = "noted"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer.

    Attributes:
        platform: The name of the platform that made the report.
        report: The report's id.
        report_sha256: The SHA-256 of the report, in hexadecimal digits: the answer is to these counts.
        answered: When.
        kind: What it says.
        zh: Its text in Chinese; None if there is no text.
        en: Its text in English.
        signature: Of custody.
    """

    platform: str
    report: str
    report_sha256: str
    answered: datetime
    kind: AnswerKind
    zh: str | None = None
    en: str | None = None
    signature: bytes = b""

    def signed(self, sign: Callable[[bytes], bytes]) -> Self:
        """The answer with a signature; `sign` is the key's."""
        return replace(self, signature=sign(self._signed_bytes()))

    def to_bytes(self) -> bytes:
        """The answer as canonical JSON, without the end of a line."""
        return rfc8785.dumps(self._body() | {"signature": b64url(self.signature)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse an answer; raises FormatError for anything that `to_bytes` would not write."""
        body = parse_object(data, MAX_ANSWER_BYTES, _NAMES, "answer")
        check_integer(body["format"], FORMAT, FORMAT, "format")
        if body["kind"] not in list(AnswerKind):
            raise FormatError("kind: not one of this version")
        if not isinstance(body["report_sha256"], str) or not _SHA256.fullmatch(body["report_sha256"]):
            raise FormatError("report_sha256: not a SHA-256")
        zh, en = _text(body["text"])
        answer = cls(
            platform=check_platform(body["platform"]),
            report=check_report_id(body["report"]),
            report_sha256=body["report_sha256"],
            answered=from_time_text(body["answered"], "answered"),
            kind=AnswerKind(body["kind"]),
            zh=zh,
            en=en,
            signature=from_b64url(body["signature"], _SIGNATURE_BYTES, "signature"),
        )
        if answer.to_bytes() != data:
            raise FormatError("answer: not canonical JSON (RFC 8785)")
        return answer

    def verify(self, key: Ed25519PublicKey) -> None:
        """Verify the signature of custody; raises ReportError."""
        try:
            key.verify(self.signature, self._signed_bytes())
        except InvalidSignature:
            raise ReportError("the answer is not signed by the custody half that was trusted") from None

    def _body(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "platform": self.platform,
            "report": self.report,
            "report_sha256": self.report_sha256,
            "answered": time_text(self.answered),
            "kind": str(self.kind),
            "text": None if self.zh is None else {"zh": self.zh, "en": self.en},
        }

    def _signed_bytes(self) -> bytes:
        return _DOMAIN + rfc8785.dumps(self._body())


def check_platform(name: object) -> str:
    """Check a platform's name, 1 to 64 letters, digits, dots, dashes and underscores; returns it or raises FormatError.

    It begins with a letter or digit.
    """
    if not isinstance(name, str) or not _PLATFORM.fullmatch(name):
        raise FormatError("platform: not a name of 1 to 64 letters, digits, dots, dashes and underscores")
    return name


def answers_to_bytes(answers: Iterable[Answer]) -> bytes:
    """The lines of several answers, by platform and report."""
    ordered = sorted(answers, key=lambda each: (each.platform, each.report))
    return b"".join(each.to_bytes() + b"\n" for each in ordered)


def answers_from_bytes(data: bytes) -> list[Answer]:
    """Parse lines of answers; raises FormatError, also where two are to one report."""
    if len(data) > MAX_ANSWERS_BYTES or (data and not data.endswith(b"\n")):
        raise FormatError("answers: too large, or cut short")
    answers = [Answer.from_bytes(line) for line in data.split(b"\n")[:-1]]
    if len({(each.platform, each.report) for each in answers}) != len(answers):
        raise FormatError("answers: two are to one report")
    return answers


def _text(value: object) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    if not isinstance(value, dict) or set(value) != {"zh", "en"}:
        raise FormatError("text: neither null nor a text in zh and in en")
    return check_words(value["zh"], MAX_TEXT, "text.zh"), check_words(value["en"], MAX_TEXT, "text.en")
