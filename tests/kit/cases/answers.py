"""Statuses, redirects, codings and broken answers at each route (SPEC.md sections 8 and 11), and proof of work (8.5)."""

import gzip
import hashlib
import json
from base64 import b64decode
from typing import Any

from tests.kit.case import FOUND, Case, bad, good, unknown
from tests.kit.changes import answer_with, every, status
from tests.kit.repository import EXPOSED_NUMBER
from tests.kit.site import ELSEWHERE, Reply, Request, Site, elements_of, problem

ROUTES = {
    "timestamp": ("metadata", "timestamp.json", 0),
    "next-root": ("metadata", "2.root.json", 0),
    "snapshot": ("metadata", ".snapshot.json", 0),
    "manifest": ("targets", ".manifest.json", 0),
    "evaluate": ("evaluate", "", 1),
    "bucket": ("snapshots", "", 1),
}
"""For each name in cases the route, the end of the path, and the requests to evaluate that a check takes."""

STATUSES = [
    (204, "bad_response"),
    (206, "bad_response"),
    (400, "bad_response"),
    (401, "unauthorized"),
    (403, "unauthorized"),
    (410, "retired"),
    (422, "bad_response"),
    (429, "rate_limited"),
    (500, "server_error"),
    (503, "server_error"),
    (599, "server_error"),
]


def _status(name: str, code: int, reason: str) -> Case:
    route, end, evaluations = ROUTES[name]
    again = reason == "retired" and evaluations == 1
    return bad(
        f"{name}-{code}",
        f"{'requests' if again else 'the request'} for {_words(name)} {'are' if again else 'is'} answered with {code}",
        "11",
        reason,
        evaluations=2 if again else evaluations,
        site=status(route, code, path=end, Retry_After="3600") if code == 429 else status(route, code, path=end),
    )


def _words(name: str) -> str:
    return {"next-root": "the next root", "evaluate": "evaluation", "bucket": "a bucket"}.get(name, f"the {name}")


def _redirect(name: str) -> Case:
    route, end, evaluations = ROUTES[name]
    reply = Reply(302, headers={"Location": ELSEWHERE, "Set-Cookie": "kit=1; Path=/"})
    return bad(
        f"{name}-redirect",
        f"the request for {_words(name)} is redirected to another path",
        "8",
        "bad_response",
        also=["unreachable"],
        evaluations=evaluations,
        site=answer_with(route, reply, path=end),
    )


def _closed(name: str) -> Case:
    route, end, evaluations = ROUTES[name]
    return bad(
        f"{name}-closed",
        f"the connection is closed without an answer to the request for {_words(name)}",
        "11",
        "unreachable",
        evaluations=evaluations,
        site=answer_with(route, Reply(0), path=end),
    )


def _cut(name: str) -> Case:
    route, end, evaluations = ROUTES[name]
    return bad(
        f"{name}-cut-off",
        f"the connection is closed before the last byte of the answer to the request for {_words(name)}",
        "11",
        "unreachable",
        evaluations=evaluations,
        site=answer_with(route, lambda _, right: Reply(body=right.body, whole=False), path=end),
    )


def _compressed(name: str) -> Case:
    """A client whose HTTP library undoes the coding does not see it, and finds the right answer."""
    route, end, _ = ROUTES[name]
    headers = {"Content-Encoding": "gzip"}
    return bad(
        f"{name}-compressed",
        f"the answer to the request for {_words(name)} is compressed with gzip",
        "8",
        "bad_response",
        also=[FOUND[EXPOSED_NUMBER]],
        site=answer_with(route, lambda _, right: Reply(body=gzip.compress(right.body), headers=headers), path=end),
    )


# --- proof of work ---


class Challenger:
    """Asks for a proof of work, and answers to one that fits."""

    def __init__(self, prefix: str, *, cost: int = 2) -> None:
        self.parameters: dict[str, Any] = {
            "algorithm": "SHA-256",
            "cost": cost,
            "data": {"elements": 16},
            "expiresAt": 4102444800,
            "keyLength": 32,
            "keyPrefix": prefix,
            "nonce": 16 * "0a",
            "salt": 16 * "0b",
        }
        self.challenge = {"parameters": self.parameters, "signature": 64 * "0"}

    def __call__(self, request: Request, right: Reply) -> Reply:
        if self.solved(request):
            return right
        reply = problem(429, "proof-needed", challenge=self.challenge)
        reply.headers["Retry-After"] = "3600"
        return reply

    def solved(self, request: Request) -> bool:
        """Whether a request has the proof of work for the challenge."""
        try:
            proof = json.loads(b64decode(request.headers["pilookup-proof"], validate=True))
            counter, key = proof["solution"]["counter"], proof["solution"]["derivedKey"]
            known = proof["challenge"] == self.challenge
        except (KeyError, TypeError, ValueError):
            return False
        derived = hashlib.sha256(bytes.fromhex(16 * "0b" + 16 * "0a") + counter.to_bytes(4, "big")).digest()
        for _ in range(self.parameters["cost"] - 1):
            derived = hashlib.sha256(derived).digest()
        fits = derived.hex().startswith(self.parameters["keyPrefix"])
        return known and fits and derived.hex() == key and 1 <= len(elements_of(request)) <= 16


PUBLIC = {"channel": "public"}


def another_prefix(site: Site) -> None:
    """Ask for one proof after another, whatever comes."""
    first, second = Challenger("0"), Challenger("00")

    def change(request: Request, right: Reply) -> Reply:
        answer = first(request, right)
        return second(Request("POST", ""), right) if answer is right else answer

    answer_with("evaluate", change)(site)


CASES = [
    *(_status(name, code, reason) for name in ROUTES for code, reason in STATUSES),
    *(_redirect(name) for name in ROUTES),
    *(_closed(name) for name in ROUTES),
    *(_cut(name) for name in ROUTES if name != "next-root"),
    *(_compressed(name) for name in ROUTES if name != "next-root"),
    bad(
        "evaluate-404",
        "the request for evaluation is answered with 404",
        "11",
        "bad_response",
        site=status("evaluate", 404),
    ),
    bad(
        "bucket-404",
        "the request for a bucket is answered with 404",
        "11",
        "bad_response",
        site=status("snapshots", 404),
    ),
    bad(
        "no-such-channel",
        "every request is answered with 404",
        "11",
        "bad_response",
        evaluations=0,
        site=every(*(status(route, 404) for route in ("metadata", "targets", "evaluate", "snapshots"))),
    ),
    bad(
        "token-needed",
        "every request is answered with 401",
        "8.2",
        "unauthorized",
        evaluations=0,
        site=every(
            *(
                status(route, 401, WWW_Authenticate="Bearer")
                for route in ("metadata", "targets", "evaluate", "snapshots")
            )
        ),
    ),
    good(
        "good-proof-of-work",
        "the channel is public, and evaluation takes a proof of work",
        "8.5",
        also=[unknown("rate_limited")],
        evaluations=2,
        site=answer_with("evaluate", Challenger("00")),
        options=PUBLIC,
    ),
    bad(
        "proof-of-work-twice",
        "the channel is public, and a proof of work is answered with another challenge",
        "8.5",
        "rate_limited",
        evaluations=2,
        site=another_prefix,
        options=PUBLIC,
    ),
    bad(
        "proof-of-work-not-public",
        "a proof of work is asked for on a channel that is not public",
        "8.5",
        "rate_limited",
        site=answer_with("evaluate", Challenger("0")),
    ),
]
