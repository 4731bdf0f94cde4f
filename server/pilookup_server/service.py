"""What the routes stand on, made once for each process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from anyio import CapacityLimiter
from starlette.requests import Request

from pilookup.protocol.names import PUBLIC
from pilookup_server.auth import Tokens
from pilookup_server.evaluation_batcher import EvaluationBatcher
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.limits.client_address import ClientAddresses
from pilookup_server.limits.proof_of_work import ProofsOfWork
from pilookup_server.limits.quota import Quotas
from pilookup_server.limits.replay import LocalReplayGuard, SharedReplayGuard
from pilookup_server.limits.soft_quota import SoftQuota
from pilookup_server.release.watcher import Clock, ReleaseWatcher, WatchTimes
from pilookup_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Service:
    """Channels and what guards them."""

    watchers: Mapping[str, ReleaseWatcher]
    tokens: Tokens
    client_addresses: ClientAddresses
    quotas: Quotas
    soft_quota: SoftQuota | None
    evaluation_threads: CapacityLimiter
    evaluation_batcher: EvaluationBatcher
    clock: Clock

    @classmethod
    def from_settings(
        cls, settings: Settings, keys: OnlineKeys, scratch: Path, clock: Clock, threads: int
    ) -> "Service":
        """From the settings; raises ServeError or KeyringError. Must be called where the process will run, never
        before a fork.
        """
        quotas = Quotas(settings)
        times = WatchTimes(
            poll=timedelta(seconds=settings.poll_seconds),
            grace=timedelta(seconds=settings.grace_seconds),
            renew_before=timedelta(seconds=settings.renew_before_seconds),
        )
        directory = settings.home / "online" / "channels"
        return cls(
            watchers={name: ReleaseWatcher(name, directory / name, keys, times, clock) for name in settings.channels},
            tokens=Tokens.from_settings(settings),
            client_addresses=ClientAddresses(settings.trusted_proxies),
            quotas=quotas,
            soft_quota=_soft_quota(settings, quotas, keys, scratch),
            evaluation_threads=CapacityLimiter(threads),
            evaluation_batcher=EvaluationBatcher(),
            clock=clock,
        )


def _soft_quota(settings: Settings, quotas: Quotas, keys: OnlineKeys, scratch: Path) -> SoftQuota | None:
    """Before the public channel alone: the others know who asks."""
    if quotas.soft is None or PUBLIC not in settings.channels:
        return None
    replay_guard = SharedReplayGuard(quotas.shared) if quotas.shared is not None else LocalReplayGuard(scratch)
    return SoftQuota(quotas.soft, quotas.public, ProofsOfWork.from_key(keys.timestamp_key(PUBLIC)), replay_guard)


def service_of(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)
    return service
