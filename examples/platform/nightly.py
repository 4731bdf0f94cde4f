"""Decide every night for the users of a file, and again for those whose answer was unknown. Goes on where it stopped.

    python nightly.py users.csv decisions.csv

users.csv has the columns id, number and verified_on (2025-07-31). decisions.csv gets a line for each user with an
answer: id, action and reasons, and no number. After a kill, up to one batch of lines comes twice; the last line of a
user counts. A user without an answer goes on the recheck list.

Exit status: 0 all asked; 75 the service is down or the quota is used up, so run it again later.
"""

import csv
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from pilookup import Client, NumberChecker
from pilookup.decisions import Decision, Policy, RecheckEntry, RecheckList, Scene, work_off

BATCH = 900
TIMEOUT = 60.0
TRY_LATER = 75
"""EX_TEMPFAIL of sysexits.h."""


@dataclass(frozen=True)
class Job:
    """What a night works with."""

    client: NumberChecker
    policy: Policy
    recheck_list: RecheckList
    private_key: Path
    decisions: Path


def run(job: Job, users: Path) -> int:
    """Work off the recheck list, then decide for the users that were not asked yet. Returns the exit status."""
    for entry, decision in work_off(job.recheck_list, job.private_key, job.client, job.policy):
        _write(job.decisions, [(entry.account, decision)])
    progress = job.decisions.with_suffix(".progress")
    done = int(progress.read_text()) if progress.exists() else 0
    with users.open(encoding="utf-8", newline="") as file:
        rows = islice(csv.DictReader(file), done, None)
        while batch := list(islice(rows, BATCH)):
            if not _decide(job, batch):
                return TRY_LATER
            done += len(batch)
            _replace(progress, str(done))
    return 0


def _decide(job: Job, batch: list[dict[str, str]]) -> bool:
    """Decide for a batch; False, and nothing is written, if no number of it got an answer."""
    results = job.client.check_many([row["number"] for row in batch], timeout=TIMEOUT)
    decided, unknown = [], []
    for row, result in zip(batch, results, strict=True):
        since = date.fromisoformat(row["verified_on"]) if row["verified_on"] else None
        decision = job.policy.decide(result, scene=Scene.LOGIN, since=since)
        if decision.to_recheck:
            unknown.append(RecheckEntry(row["id"], row["number"], Scene.LOGIN, since))
        else:
            decided.append((row["id"], decision))
    if not decided:
        return False
    for entry in unknown:
        job.recheck_list.add(entry)
    _write(job.decisions, decided)
    return True


def _write(path: Path, decided: list[tuple[str, Decision]]) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            (account, decision.action, " ".join(reason.code for reason in decision.reasons))
            for account, decision in decided
        )


def _replace(path: Path, text: str) -> None:
    """Replace a small file in one step: a kill leaves the former one, and the batch after it is asked again."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


@contextmanager
def open_job(environment: Mapping[str, str], decisions: Path) -> Iterator[Job]:
    """Yield the job that the environment describes, and close its client."""
    with Client(
        environment["CHECK_URL"],
        channel="platform",
        trust=environment["CHECK_TRUST"],
        token=environment["CHECK_TOKEN"],
        sandbox=environment.get("CHECK_SANDBOX") == "1",
    ) as client:
        recheck = Path(environment["CHECK_RECHECK"])
        recheck_list = RecheckList(recheck / "list.sqlite3", recheck / "public.key")
        policy = Policy.load(environment["CHECK_POLICY"])
        yield Job(client, policy, recheck_list, recheck / "private.key", decisions)


def main() -> int:
    users, decisions = (Path(word) for word in sys.argv[1:3])
    with open_job(os.environ, decisions) as job:
        return run(job, users)


if __name__ == "__main__":
    sys.exit(main())
