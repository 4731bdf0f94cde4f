"""A guard asks a client for a decision within bounds, so that a signup never waits for the service.

It asks nothing while checks are switched off or the breaker is open, waits no longer than its deadline, and keeps what
must be checked again on a recheck list.
"""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from math import ceil
from pathlib import Path
from typing import Final

from pilookup.checking.number_checker import AsyncNumberChecker, NumberChecker
from pilookup.checking.result import Result, Status
from pilookup.decisions.action import Scene
from pilookup.decisions.breaker import Breaker
from pilookup.decisions.decision import Decision
from pilookup.decisions.policy import Policy
from pilookup.decisions.reasons import ReasonCode
from pilookup.decisions.recheck_list import RecheckEntry, RecheckError, RecheckList

DEADLINE: Final = 0.8
"""Seconds that a check may take with the catalogue's appeal for it, unless another time is given."""

_log = logging.getLogger("pilookup.decisions")


class _BaseGuard:
    """What both guards share."""

    def __init__(
        self,
        policy: Policy,
        deadline: float,
        breaker: Breaker | None,
        recheck_list: RecheckList | None,
        off_switch: str | Path | None,
    ) -> None:
        self._policy, self._deadline = policy, deadline
        self._breaker = breaker or Breaker()
        self._recheck_list = recheck_list
        self._off_switch = Path(off_switch) if off_switch is not None else None

    def _without_asking(self, scene: Scene) -> Decision | None:
        """The decision if nothing is to be asked now; None to ask."""
        if self._off_switch is not None and self._off_switch.exists():
            return self._policy.failover(ReasonCode.SWITCHED_OFF, scene=scene)
        if wait := self._breaker.wait():
            detail = f"the breaker is open for {ceil(wait)} s"
            return self._policy.failover(ReasonCode.SERVICE_DOWN, scene=scene, detail=detail)
        return None

    def _left(self, result: Result, begun: float) -> float:
        """Count a result; return the seconds that are left for the catalogue's details, 0 if none are needed.

        They are asked for whatever the answer is, so that the host does not learn from it that a number was found.
        """
        self._breaker.count(result)
        return max(0.0, begun + self._deadline - time.monotonic()) if result.status is not Status.UNKNOWN else 0.0

    def _entry(self, account: str | None, number: str, scene: Scene, since: date | None) -> RecheckEntry | None:
        """What to keep if the answer is unknown; raises ValueError if the account is missing."""
        if self._recheck_list is None:
            return None
        if account is None:
            raise ValueError("account: needed, since the guard keeps a recheck list")
        return RecheckEntry(account, number, scene, since)

    def _keep(self, entry: RecheckEntry, decision: Decision) -> Decision:
        """Put an entry on the recheck list. A list that cannot be written is logged; the decision says so, too."""
        assert self._recheck_list is not None
        try:
            self._recheck_list.add(entry)
        except RecheckError as error:
            _log.error("an account that must be checked again is not on the recheck list: %s", error)
            return decision
        return replace(decision, on_recheck_list=True)


class Guard(_BaseGuard):
    """Asks a blocking client. Threads may share it.

    Example::

        guard = Guard(client, Policy.load("policy.toml"), off_switch="/etc/platform/pilookup-off")
        decision = guard.decide(number, scene="signup", since=date.today())
    """

    def __init__(
        self,
        client: NumberChecker,
        policy: Policy | None = None,
        *,
        deadline: float = DEADLINE,
        breaker: Breaker | None = None,
        recheck_list: RecheckList | None = None,
        off_switch: str | Path | None = None,
    ) -> None:
        """Make a guard. The client stays the caller's to close.

        Args:
            client: The client that checks.
            policy: What to do for which answer; the default policy if it is missing.
            deadline: Seconds that a check may take. An entry of the recheck list, which is a write to a local file,
                comes on top.
            breaker: When to stop asking; by default after five failures in a row, with a try every 30 seconds.
            recheck_list: Where to keep numbers whose answer is unknown.
            off_switch: A path. While something is there, nothing is asked.
        """
        super().__init__(policy or Policy(), deadline, breaker, recheck_list, off_switch)
        self._client = client

    def decide(self, number: str, *, scene: Scene | str, since: date | None, account: str | None = None) -> Decision:
        """Check a number, whose holder has proved that it is theirs, and decide.

        Args:
            number: A phone number as typed.
            scene: Where the platform asks.
            since: The day from which the platform knows that this person has the number; see `Policy.decide`.
            account: The platform's own name for the account, for the recheck list; needed if there is one.

        Raises:
            ValueError: There is no such scene, or `account` is missing.
            RuntimeError: The client is closed.
        """
        scene = Scene(scene)
        entry = self._entry(account, number, scene, since)
        decision = self._without_asking(scene)
        if decision is None:
            begun = time.monotonic()
            result = self._client.check(number, timeout=self._deadline)
            left = self._left(result, begun)
            details = self._client.case_details(timeout=left) if left else None
            decision = self._policy.decide(result, scene=scene, since=since, details=details)
        return self._keep(entry, decision) if entry is not None and decision.to_recheck else decision


class AsyncGuard(_BaseGuard):
    """Asks an asynchronous client, in the event loop that this runs in; see `Guard`."""

    def __init__(
        self,
        client: AsyncNumberChecker,
        policy: Policy | None = None,
        *,
        deadline: float = DEADLINE,
        breaker: Breaker | None = None,
        recheck_list: RecheckList | None = None,
        off_switch: str | Path | None = None,
    ) -> None:
        """Make a guard; see `Guard`. A thread of its own writes to the recheck list."""
        super().__init__(policy or Policy(), deadline, breaker, recheck_list, off_switch)
        self._client = client
        self._writer = ThreadPoolExecutor(1, "pilookup-recheck") if recheck_list is not None else None

    async def decide(
        self, number: str, *, scene: Scene | str, since: date | None, account: str | None = None
    ) -> Decision:
        """Check a number and decide; see `Guard.decide`."""
        scene = Scene(scene)
        entry = self._entry(account, number, scene, since)
        decision = self._without_asking(scene)
        if decision is None:
            begun = time.monotonic()
            result = await self._client.check(number, timeout=self._deadline)
            left = self._left(result, begun)
            details = await self._client.case_details(timeout=left) if left else None
            decision = self._policy.decide(result, scene=scene, since=since, details=details)
        if entry is None or not decision.to_recheck:
            return decision
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._keep, entry, decision)
