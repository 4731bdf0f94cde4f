"""Cases of two steps: releases that go on, and releases that go back (SPEC.md sections 9.3 and 9.4)."""

from collections.abc import Callable
from typing import Any

from tests.kit.case import FOUND_EXPOSED, NOT_FOUND, Answer, Case, Check, Server, Step, unknown
from tests.kit.changes import every, expired
from tests.kit.repository import EPOCH, EXPOSED_NUMBER, SERIAL, Repository, RootVersion, channel_key
from tests.kit.signing import Signer
from tests.kit.site import Reply, Request, Site, problem

EXPOSED_NAME = f"tel:{EXPOSED_NUMBER}"
ROLLED_BACK = unknown("rolled_back")


def versions(**numbers: int) -> Callable[[Repository], None]:
    return lambda repository: repository.versions.update(numbers)


def without_number(repository: Repository) -> None:
    del repository.snapshot.labels[EXPOSED_NAME]


def next_root_with_other_keys(*roles: str) -> Callable[[Repository], None]:
    """Follow the pinned root by one with another key for each of the roles, which sign."""

    def apply(repository: Repository) -> None:
        others = {role: [Signer(f"other {role}")] for role in roles}
        repository.roots.append(RootVersion(2, RootVersion().keys | others))
        repository.signers |= others

    return apply


def _ended(repository: Repository) -> None:
    def change(signed: dict[str, Any]) -> None:
        signed["targets"][f"epochs/{EPOCH}/manifest.json"]["custom"]["serves_until"] = "2025-01-01T00:00:00Z"

    repository.edits["targets"] = change


def _another_key(repository: Repository) -> None:
    repository.snapshot.key = channel_key(EPOCH + 1)


LATER = {"timestamp": 31, "snapshot": 21, "targets": 11}


def _two(
    name: str,
    changed: str,
    spec: str,
    second: Server,
    right: Answer,
    *,
    also: list[Answer] | None = None,
    first: Server | None = None,
    evaluations: int = 1,
) -> Case:
    """Make a case whose first step is answered, and whose second step is what is said."""
    steps = [
        Step((first or Server()).build, [Check(EXPOSED_NUMBER, FOUND_EXPOSED)]),
        Step(second.build, [Check(EXPOSED_NUMBER, right, also or [])]),
    ]
    return Case(name, changed, spec, steps, evaluations)


def _next(**changes: Any) -> Server:
    """Make the server of a next release, of a higher serial, that no longer has the number."""
    repository = every(versions(**LATER), without_number, *changes.pop("repository", []))
    return Server(repository=repository, options={"serial": SERIAL + 1} | changes.pop("options", {}), **changes)


def back_within_a_check(site: Site) -> None:
    """Answer evaluation with 410, and from then on hand out a timestamp of a lower version."""
    old = Repository(site.now)
    old.versions["timestamp"] = 29
    timestamp = old.files()["metadata/timestamp.json"]

    def change(request: Request, right: Reply) -> Reply:
        if request.route != "evaluate":
            return right
        site.files["metadata/timestamp.json"] = timestamp
        return problem(410, "retired")

    site.changes.append(change)


def forward_within_a_check(site: Site) -> None:
    """Answer the first evaluation with 410, and from then on serve the next release, of the next epoch."""
    later = Site(_next_epoch(site))
    done = []

    def change(request: Request, right: Reply) -> Reply:
        if done:
            return later.answer(request)
        if request.route == "evaluate":
            done.append(request)
            return problem(410, "retired")
        return right

    site.changes.append(change)


def _next_epoch(site: Site) -> Repository:
    repository = Repository(site.now, epoch=EPOCH + 1, serial=SERIAL + 1)
    every(versions(**LATER), without_number)(repository)
    return repository


CASES = [
    _two("next-release", "a release without the number follows", "9.3", _next(), NOT_FOUND),
    _two(
        "next-epoch",
        "a release of the next epoch follows, under another key, without the number",
        "9.5",
        _next(options={"epoch": EPOCH + 1}),
        NOT_FOUND,
    ),
    _two(
        "rolled-back-timestamp",
        "the version of the timestamp goes back",
        "9.3",
        Server(versions(timestamp=29)),
        ROLLED_BACK,
    ),
    _two(
        "rolled-back-snapshot",
        "a new timestamp names snapshot metadata of a lower version",
        "9.3",
        Server(versions(timestamp=31, snapshot=19)),
        ROLLED_BACK,
    ),
    _two(
        "rolled-back-targets",
        "new snapshot metadata name targets of a lower version",
        "9.3",
        Server(versions(timestamp=31, snapshot=21, targets=9)),
        ROLLED_BACK,
    ),
    _two(
        "rolled-back-serial",
        "all metadata go on, and the manifest has a lower serial",
        "9.4",
        Server(versions(**LATER), options={"serial": SERIAL - 1}),
        ROLLED_BACK,
    ),
    _two(
        "rolled-back-and-expired",
        "the version of the timestamp goes back, and it has expired: the order of the checks decides",
        "9.3",
        Server(every(versions(timestamp=29), expired("timestamp"))),
        ROLLED_BACK,
        also=[unknown("stale")],
    ),
    _two(
        "rolled-back-to-an-ended-epoch",
        "the manifest has a lower serial, and its epoch has ended: the order of the checks decides",
        "9.4",
        Server(
            every(versions(**LATER), _ended),
            options={"serial": SERIAL - 1},
        ),
        unknown("stale"),
        also=[ROLLED_BACK],
    ),
    _two(
        "recovered-keys",
        "a new root gives timestamp and snapshot other keys; their versions begin at 1 again",
        "9.3",
        Server(every(next_root_with_other_keys("timestamp", "snapshot"), versions(timestamp=1, snapshot=1))),
        FOUND_EXPOSED,
    ),
    _two(
        "next-release-expired",
        "the next release's targets have expired",
        "9.3",
        _next(repository=[expired("targets")]),
        unknown("stale"),
    ),
    _two(
        "next-release-of-another-key",
        "the next release's snapshot was made under another key: its canaries do not open",
        "11",
        _next(repository=[_another_key]),
        unknown("bad_snapshot"),
    ),
    Case(
        "rolled-back-within-a-check",
        "evaluation is answered with 410, and then the version of the timestamp is lower",
        "8.4",
        [Step(Server(site=back_within_a_check).build, [Check(EXPOSED_NUMBER, ROLLED_BACK)])],
    ),
    Case(
        "next-epoch-within-a-check",
        "evaluation is answered with 410, and then there is a release of the next epoch without the number",
        "8.4",
        [Step(Server(site=forward_within_a_check).build, [Check(EXPOSED_NUMBER, NOT_FOUND)])],
        evaluations=2,
    ),
]
