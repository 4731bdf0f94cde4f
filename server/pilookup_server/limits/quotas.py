"""The quotas of the settings, and what they count in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pilookup import durable
from pilookup.clock import Elapsed, seconds_since_boot
from pilookup.errors import FormatError, HomeError
from pilookup.protocol.names import PUBLIC
from pilookup.release_files.evaluations import EVALUATED, read_evaluations
from pilookup_server.limits.channel_ledger import ChannelLedger
from pilookup_server.limits.counters import Counters
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
        usage: What holders of tokens had evaluated.
    """

    counters: SharedCounters
    ledger: ChannelLedger
    usage: UsageTable

    @classmethod
    def from_settings(
        cls, settings: Settings, holders: Sequence[str], wake: Callable[[], None], elapsed: Elapsed = seconds_since_boot
    ) -> Self:
        """Map the memory.

        Args:
            settings: The server's settings.
            holders: The names of the holders of tokens.
            wake: Has the keeper of the counts look at what is wanted.
            elapsed: The clock of elapsed seconds.

        Raises:
            HomeError: The file in which elements are counted without the service database is damaged.
        """
        lock, online = SharedLock(), settings.home / "online"
        with durable.failures_as(HomeError, online):
            try:
                read_evaluations(online)
            except FormatError as error:
                raise HomeError(f"{online / EVALUATED}: {error}; delete it to forget what it counts") from None
        closed = [channel for channel in settings.channels if channel != PUBLIC]
        return cls(
            SharedCounters(lock, elapsed=elapsed),
            ChannelLedger(settings.public_epoch_quota, lock, wake),
            UsageTable(holders, closed, lock),
        )


@dataclass(frozen=True, slots=True)
class Quotas:
    """The quotas of the settings.

    Attributes:
        public: Elements on the public channel; None if it is not served.
        platform: Elements per bearer token on the other channels.
        refusals: Refused requests per client address.
    """

    public: PublicQuota | None
    platform: Quota
    refusals: Quota
    _counters: Counters

    @classmethod
    def from_settings(
        cls, settings: Settings, counts: SharedCounts, proofs_of_work: ProofsOfWork | None, scratch: Path
    ) -> Self:
        """Make the quotas.

        Args:
            settings: The server's settings.
            counts: What all workers count in.
            proofs_of_work: Makes and checks the challenges of the public channel; None if it is not served.
            scratch: A private directory that all workers of this machine share.

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
        return cls(
            public,
            Quota("platform", quota_items(settings.platform_quota), counters),
            Quota("refusals", quota_items(settings.request_quota), counters),
            counters,
        )

    async def close(self) -> None:
        """Close the connections to a shared storage."""
        await self._counters.close()
