"""Working a recheck list off: checking its numbers again, and deciding."""

from collections.abc import Iterator
from pathlib import Path

from pilookup.checking.number_checker import NumberChecker
from pilookup.decisions.decision import Decision
from pilookup.decisions.policy import Policy
from pilookup.decisions.recheck_list import RecheckEntry, RecheckList


def work_off(
    recheck_list: RecheckList, private_key: str | Path, client: NumberChecker, policy: Policy, *, timeout: float = 60.0
) -> Iterator[tuple[RecheckEntry, Decision]]:
    """Check the numbers of a recheck list again, oldest first, and decide for each that has an answer now.

    An entry leaves the list when the caller asks for the next one, so that a caller that is killed gets an entry again
    and never loses one. Numbers whose answer is unknown again stay. When a whole request of 1,000 numbers has no
    answer, the service is down or the quota is used up, and nothing more is asked.

    Args:
        recheck_list: The list.
        private_key: The file of its private key.
        client: The client to check with.
        policy: The policy to decide with.
        timeout: Seconds that one request of 1,000 numbers may take.

    Yields:
        Each entry with its decision.

    Raises:
        RecheckError: The list cannot be read or written, or an entry was sealed to another key or altered.
        RuntimeError: The client is closed.
    """
    after = 0
    while batch := recheck_list.entries(private_key, after):
        results = client.check_many([entry.number for _, entry in batch], timeout=timeout)
        details = client.case_details(timeout=timeout)
        decided: list[int] = []
        try:
            for (number, entry), result in zip(batch, results, strict=True):
                decision = policy.decide(result, scene=entry.scene, since=entry.since, details=details)
                if not decision.to_recheck:
                    yield entry, decision
                    decided.append(number)
        finally:
            recheck_list.remove(decided)
        if not decided:
            return
        after = batch[-1][0]
