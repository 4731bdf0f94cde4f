"""Where a channel is served, and what is asked of its server."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2

import pilookup
from pilookup.checking.answers import Span
from pilookup.checking.check import Evaluate, Fetch
from pilookup.checking.deadline import Deadline
from pilookup.checking.result import Reason
from pilookup.loopback import is_loopback
from pilookup.protocol.messages import OCTETS
from pilookup.protocol.proof_of_work import HEADER
from pilookup.protocol.quota_report import PURPOSE_HEADER


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a channel is served, and the credentials that go with each request.

    Attributes:
        base: the base URL, without a trailing slash.
        channel: the channel.
        token: a bearer token, or with `basic` the base64 of a user and a password (RFC 7617).
        basic: whether the token is for basic authentication.
        purpose: which quota of a platform evaluations are charged to; None lets the server decide.
    """

    base: str
    channel: str
    token: str | None = field(default=None, repr=False)
    basic: bool = False
    purpose: str | None = None

    def url(self, path: str) -> str:
        """Return the URL of a path below the channel."""
        return f"{self.base}/v1/channels/{self.channel}/{path}"

    def evaluate(self, need: Evaluate) -> "Call":
        """Make the call that has blinded elements evaluated, the only POST; its body is n x 32 bytes."""
        return Call(self.url(f"evaluate?epoch={need.epoch}"), need.answer_bytes, need.elements, need.proof_of_work)

    def bucket(self, need: Fetch, index: int) -> "Call":
        """Make the call that fetches one bucket's body, its slots and Merkle path."""
        url = self.url(f"snapshots/{need.serial}/buckets/{index}")
        return Call(url, need.geometry.body_bytes, too_long=Reason.BAD_BUCKET)

    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        names = {
            "user-agent": f"pilookup/{pilookup.__version__}",
            "accept": "*/*",
            "accept-encoding": "identity",
        }
        scheme = "Basic" if self.basic else "Bearer"
        return names | ({"authorization": f"{scheme} {self.token}"} if self.token is not None else {})


def check_url(url: str, *, insecure: bool = False) -> str:
    """Return the base URL without a trailing slash.

    Args:
        url: the URL that the user gave.
        insecure: whether http:// is allowed to hosts other than this machine.

    Raises:
        ValueError: it is not an https:// URL (or an allowed http:// one), or has a user, a query or a fragment.
    """
    try:
        _ = urlsplit(url).port  # raises for ports and brackets that httpx2 accepts
        parts = httpx2.URL(url)
        parts.raw_host.decode("ascii").encode("idna")  # raises for labels that no resolver accepts
    except (ValueError, httpx2.InvalidURL):
        raise ValueError("url: not a URL") from None
    if parts.scheme not in ("https", "http") or not parts.host:
        raise ValueError("url: must start with https://")
    if parts.userinfo or parts.query or parts.fragment:
        raise ValueError("url: must have no user, query or fragment")
    if parts.scheme == "http" and not (insecure or is_loopback(parts.host)):
        raise ValueError("url: http:// shows everyone on the network path who checks: use https://")
    return str(parts).rstrip("/")


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of the server.

    Attributes:
        url: the URL.
        limit: largest size of the answer, in bytes.
        body: the body of a POST, or None for a GET.
        proof_of_work: the header value that answers a challenge, if there is one.
        too_long: the reason of an answer that is larger than `limit`.
        span: the part of a file that is asked for, or None for the whole answer.
    """

    url: str
    limit: int
    body: bytes | None = field(default=None, repr=False)
    proof_of_work: str | None = field(default=None, repr=False)
    too_long: Reason = Reason.BAD_RESPONSE
    span: Span | None = None

    def request(
        self, endpoint: Endpoint, deadline: Deadline, trace: Callable[[str, dict[str, Any]], Any]
    ) -> httpcore2.Request:
        """Make the HTTP request.

        Args:
            endpoint: where the channel is served.
            deadline: the deadline of the call. `network` explains why it takes the place of timeouts.
            trace: called with the name and the values of each event of the exchange (httpcore's extension `trace`).
        """
        url = httpx2.URL(self.url)
        headers = {"Host": url.netloc.decode("ascii"), **endpoint.headers()}
        if self.body is None:
            method = "GET"
        else:
            method = "POST"
            headers |= {"Content-Type": OCTETS, "Content-Length": str(len(self.body))}
            headers |= {PURPOSE_HEADER: endpoint.purpose} if endpoint.purpose is not None else {}
        if self.span is not None:
            headers["Range"] = f"bytes={self.span.first}-{self.span.stop - 1}"
        if self.proof_of_work is not None:
            headers[HEADER] = self.proof_of_work
        target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        extensions = {"timeout": deadline.timeouts(), "trace": trace}
        return httpcore2.Request(
            method, target, headers=list(headers.items()), content=self.body, extensions=extensions
        )
