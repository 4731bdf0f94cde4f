"""What a case is: a name, what is changed, and for each step the server's side and the right answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.kit.repository import (
    ABSENT_NUMBER,
    BOTH_NUMBER,
    DATASETS,
    EXPOSED_NUMBER,
    MALICIOUS_NUMBER,
    Repository,
)
from tests.kit.site import Evaluate, Site

Answer = dict[str, Any]
RepositoryChange = Callable[[Repository], None]
SiteChange = Callable[[Site], None]


def unknown(reason: str) -> Answer:
    return {"status": "unknown", "reason": reason}


def case_of(number: int) -> dict[str, Any]:
    """Return a case of the catalogue as a result shows it."""
    one = next(one for one in DATASETS if one["id"] == number)
    return {name: one[name] for name in ("id", "kind", "title", "seized_on")}


NOT_FOUND: Answer = {"status": "not_found"}
FOUND_EXPOSED: Answer = {
    "status": "found",
    "exposed": True,
    "malicious": False,
    "accounts": 0,
    "last_seen": "2025-Q3",
    "cases": [case_of(1)],
    "more": False,
}
FOUND_MALICIOUS: Answer = {
    "status": "found",
    "exposed": False,
    "malicious": True,
    "accounts": 6,
    "last_seen": None,
    "cases": [case_of(4)],
    "more": False,
}
FOUND_BOTH: Answer = {
    "status": "found",
    "exposed": True,
    "malicious": True,
    "accounts": 2,
    "last_seen": "2025-Q3",
    "cases": [case_of(4), case_of(2), case_of(1)],
    "more": True,
}
FOUND = {
    EXPOSED_NUMBER: FOUND_EXPOSED,
    MALICIOUS_NUMBER: FOUND_MALICIOUS,
    BOTH_NUMBER: FOUND_BOTH,
    ABSENT_NUMBER: NOT_FOUND,
}


@dataclass(frozen=True)
class Check:
    """A number to check, and its right answers.

    Attributes:
        number: the number as it is typed.
        right: the answer that the order of SPEC.md gives: the members to compare.
        also: other right answers.
    """

    number: str
    right: Answer
    also: Sequence[Answer] = ()

    def to_json(self) -> dict[str, Any]:
        return {"number": self.number, "right": self.right, "also": list(self.also)}


@dataclass(frozen=True)
class Step:
    """One state of the server, and what a client must answer to it."""

    build: Callable[[datetime], Site]
    checks: Sequence[Check]


@dataclass(frozen=True)
class Case:
    """A case of the kit.

    Attributes:
        name: its name in URLs.
        changed: what is changed of a right answer, in words.
        spec: the section of SPEC.md that decides.
        steps: the steps, mostly one.
        evaluations: the largest number of requests to evaluate that a step may take for its numbers in one batch.
        channel: the channel's name.
        media: the media type of requests to evaluate that the case is for, if it is not for every client.
    """

    name: str
    changed: str
    spec: str
    steps: Sequence[Step]
    evaluations: int = 1
    channel: str = "kit"
    media: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "changed": self.changed,
            "spec": self.spec,
            "channel": self.channel,
            "url": f"/case/{self.name}",
            "trust": f"/trust/{self.name}.json",
            "media": self.media,
            "evaluations": self.evaluations,
            "steps": [[check.to_json() for check in step.checks] for step in self.steps],
        }


@dataclass
class Server:
    """How the server's side of a step is made: a right release, and changes before and after it is signed.

    Attributes:
        repository: a change of the release before it is signed.
        site: a change of what is served.
        evaluate: makes the answers of the evaluator.
        options: arguments of `Repository`.
    """

    repository: RepositoryChange = lambda _: None
    site: SiteChange = lambda _: None
    evaluate: Evaluate | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def build(self, now: datetime) -> Site:
        repository = Repository(now, **self.options)
        self.repository(repository)
        site = Site(repository)
        if self.evaluate is not None:
            site.evaluate = self.evaluate
        self.site(site)
        return site


def good(
    name: str,
    changed: str,
    spec: str,
    number: str = EXPOSED_NUMBER,
    right: Answer | None = None,
    also: Sequence[Answer] = (),
    **changes: Any,
) -> Case:
    """Make a case whose number is answered.

    Args:
        name: the case's name.
        changed: what is special about it.
        spec: the section of SPEC.md.
        number: the number to check.
        right: the answer; by default that of the right release.
        also: other right answers.
        **changes: `evaluations`, `media`, and attributes of `Server`.
    """
    return _case(name, changed, spec, Check(number, right or FOUND[number], also), changes)


def bad(
    name: str,
    changed: str,
    spec: str,
    reason: str,
    *,
    number: str = EXPOSED_NUMBER,
    also: Sequence[str | Answer] = (),
    **changes: Any,
) -> Case:
    """Make a case whose number is `unknown`.

    Args:
        name: the case's name.
        changed: what is changed.
        spec: the section of SPEC.md.
        reason: the reason that the order of SPEC.md gives.
        number: the number to check.
        also: other right reasons or answers.
        **changes: `evaluations`, `media`, and attributes of `Server`.
    """
    others = [unknown(one) if isinstance(one, str) else one for one in also]
    return _case(name, changed, spec, Check(number, unknown(reason), others), changes)


def _case(name: str, changed: str, spec: str, check: Check, changes: dict[str, Any]) -> Case:
    evaluations, media = changes.pop("evaluations", 1), changes.pop("media", None)
    channel = changes.get("options", {}).get("channel", "kit")
    return Case(name, changed, spec, [Step(Server(**changes).build, [check])], evaluations, channel, media)
