"""The quotas of a platform: elements in a short time, and elements of an epoch for each purpose."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pilookup.clock import Clock
from pilookup.protocol.encoding import time_text
from pilookup.protocol.problems import Problem
from pilookup_server.limits.platform_ledger import Account, Charged, PlatformLedger
from pilookup_server.limits.quota import Admission, Quota, retry_after, unavailable_without_counters
from pilookup_server.platforms.platform import WARNED, Platform, Purpose
from pilookup_server.problems import ProblemError

WARNING_HEADER: Final = "pilookup-quota-warning"

_DAY_SECONDS: Final = 86_400
"""Longest wait that is asked for: the operator may enlarge a quota before the epoch ends."""


@dataclass(frozen=True, slots=True)
class ServedEpoch:
    """The epoch of a channel that elements are evaluated in.

    Attributes:
        channel: The channel.
        epoch: Its number.
        ends: POSIX time from which on it is not served, and its quotas end.
    """

    channel: str
    epoch: int
    ends: float


@dataclass(frozen=True, slots=True)
class PlatformQuota:
    """Decides which requests of platforms are evaluated, and counts them.

    Attributes:
        rate: Elements of one platform in a short time, for all purposes together.
        ledger: The counts of epochs.
        clock: The wall clock.
    """

    rate: Quota
    ledger: PlatformLedger
    clock: Clock

    async def admit(self, platform: Platform, served: ServedEpoch, purpose: Purpose, elements: int) -> Admission:
        """Charge a request.

        Raises:
            ProblemError: 429 `rate-limited` or `quota-exceeded`, or 503 if counters cannot be reached. The request is
                not charged then.
        """
        admission = await self.rate.take(platform.name, elements)
        limit = platform.epoch_quota
        if limit is None:
            return admission
        account = Account(platform.name, served.channel, purpose, served.epoch)
        try:
            with unavailable_without_counters():
                charged = await self.ledger.charge(account, elements, limit)
        except ProblemError:
            await admission.refund()
            raise
        headers = self._headers(admission, served, purpose, limit, charged)
        if not charged.counted:
            await admission.refund()
            raise self._exceeded(headers, served, purpose, limit, charged)

        async def refund() -> None:
            await admission.refund()
            with unavailable_without_counters():
                self.ledger.refund(account, elements)

        return Admission(headers, refund)

    def _wait(self, served: ServedEpoch) -> float:
        return max(0.0, served.ends - self.clock().timestamp())

    def _headers(
        self, admission: Admission, served: ServedEpoch, purpose: Purpose, limit: int, charged: Charged
    ) -> dict[str, str]:
        """The RateLimit headers with an item for the epoch's quota, and the warning if much of it is used or all."""
        headers = dict(admission.headers)
        headers["ratelimit-policy"] += f', "{purpose}";q={limit}'
        headers["ratelimit"] += f', "{purpose}";r={charged.left};t={max(1, int(self._wait(served)))}'
        used = max(0, limit - charged.left) * 100 // limit
        if used >= WARNED or not charged.counted:
            headers[WARNING_HEADER] = f'"{purpose}";used={used}'
        return headers

    def _exceeded(
        self, headers: dict[str, str], served: ServedEpoch, purpose: Purpose, limit: int, charged: Charged
    ) -> ProblemError:
        wait = min(self._wait(served), _DAY_SECONDS - 1)
        end = datetime.fromtimestamp(served.ends, UTC)
        members = {"window": str(purpose), "limit": limit, "left": charged.left, "end": time_text(end)}
        detail = f"The request has more elements than the quota for {purpose} leaves in this epoch."
        return ProblemError(Problem.QUOTA_EXCEEDED, detail, headers | retry_after(wait), members)
