"""The quotas of the settings, and what they count in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pilookup import file_errors
from pilookup.clock import Clock, Elapsed, seconds_since_boot, utc_now
from pilookup.errors import FormatError, HomeError
from pilookup.release_files.evaluations import EVALUATED, read_evaluations
from pilookup_server.limits.channel_ledger import ChannelLedger
from pilookup_server.limits.counters import Counters
from pilookup_server.limits.fetch_table import FetchTable
from pilookup_server.limits.key_table import KeyTable
from pilookup_server.limits.platform_ledger import PlatformLedger
from pilookup_server.limits.platform_quota import PlatformQuota
from pilookup_server.limits.proof_of_work import ProofsOfWork
from pilookup_server.limits.public_quota import PublicQuota, public_quota
from pilookup_server.limits.quota import Quota
from pilookup_server.limits.redis_counters import RedisCounters
from pilookup_server.limits.replay import LocalReplayGuard, ReplayGuard, SharedReplayGuard
from pilookup_server.limits.shared_counters import SharedCounters
from pilookup_server.limits.shared_lock import SharedLock
from pilookup_server.limits.usage_table import UsageTable
from pilookup_server.settings import Settings, quota_items

_MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class SharedCounts:
    """What all workers of a server count in. Make it before they are forked.

    Attributes:
        counters: Counters in shared memory.
        ledger: The count of the public channel's epochs.
        usage: What platforms had evaluated.
        platform_ledger: The counts of platforms in each epoch.
        key_table: The valid keys of platforms.
        fetches: The highest serials that platforms fetched.
        wake: Has the keeper of the counts look at them.
    """

    counters: SharedCounters
    ledger: ChannelLedger
    usage: UsageTable
    platform_ledger: PlatformLedger
    key_table: KeyTable
    fetches: FetchTable
    wake: Callable[[], None]

    @classmethod
    def from_settings(cls, settings: Settings, wake: Callable[[], None], elapsed: Elapsed = seconds_since_boot) -> Self:
        """Map the memory.

        Args:
            settings: The server's settings.
            wake: Has the keeper of the counts look at what is wanted.
            elapsed: The clock of elapsed seconds.

        Raises:
            HomeError: The file in which elements are counted without the service database is damaged.
        """
        lock, online = SharedLock(), settings.home / "online"
        with file_errors.failures_as(HomeError, online):
            try:
                read_evaluations(online)
            except FormatError as error:
                raise HomeError(f"{online / EVALUATED}: {error}; delete it to forget what it counts") from None
        ledger = ChannelLedger(settings.public_epoch_quota, lock, wake)
        return cls(
            SharedCounters(lock, elapsed=elapsed),
            ledger,
            UsageTable(lock),
            PlatformLedger(lock, wake, lambda: ledger.keeping),
            KeyTable(lock, elapsed, wake, lambda: ledger.keeping),
            FetchTable(lock),
            wake,
        )


REPORT_QUOTA: Final = "600/minute"
"""Half of it at once: as many as a platform may make on a quarter. One process answers for all workers."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """The quotas of the settings.

    Attributes:
        public: Elements on the public channel; None if it is not served.
        platform: Elements of each platform on the other channels.
        refusals: Refused requests per client address.
        reports: Requests about reports and receipts per platform.
    """

    public: PublicQuota | None
    platform: PlatformQuota
    refusals: Quota
    reports: Quota
    _counters: Counters

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        counts: SharedCounts,
        proofs_of_work: ProofsOfWork | None,
        scratch: Path,
        clock: Clock = utc_now,
    ) -> Self:
        """Make the quotas.

        Args:
            settings: The server's settings.
            counts: What all workers count in.
            proofs_of_work: Makes and checks the challenges of the public channel; None if it is not served.
            scratch: A private directory that all workers of this machine share.
            clock: The wall clock, by which refusals say when a quota ends.

        Raises:
            ServeError: The quota storage cannot be used.
        """
        uri = settings.quota_storage.get_secret_value()
        counters: Counters = counts.counters
        guard: ReplayGuard = LocalReplayGuard(scratch)
        if uri != _MEMORY:
            counters = shared = RedisCounters(uri)
            guard = SharedReplayGuard(shared)
        public = None
        if proofs_of_work is not None:
            public = public_quota(settings, counters, counts.ledger, proofs_of_work, guard)
        rate = Quota("platform", quota_items(settings.platform_quota), counters, clock)
        return cls(
            public,
            PlatformQuota(rate, counts.platform_ledger, clock),
            Quota("refusals", quota_items(settings.request_quota), counters, clock),
            Quota("reports", quota_items(REPORT_QUOTA), counters, clock),
            counters,
        )

    async def close(self) -> None:
        """Close the connections to a shared storage."""
        await self._counters.close()
