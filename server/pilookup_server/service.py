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
from pilookup_server.release.watcher import Clock, Pace, ReleaseWatcher
from pilookup_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Service:
    """Channels and what guards them."""

    settings: Settings
    channels: Mapping[str, ReleaseWatcher]
    tokens: Tokens
    callers: ClientAddresses
    quotas: Quotas
    gate: SoftQuota | None
    batches: CapacityLimiter
    waiting: EvaluationBatcher
    clock: Clock

    @classmethod
    def of(cls, settings: Settings, keys: OnlineKeys, scratch: Path, clock: Clock, threads: int) -> "Service":
        """From the settings; raises ServeError or KeyringError. Must be called where the process will run, never
        before a fork.
        """
        quotas = Quotas(settings)
        pace = Pace(
            poll=timedelta(seconds=settings.poll_seconds),
            grace=timedelta(seconds=settings.grace_seconds),
            renew_before=timedelta(seconds=settings.renew_before_seconds),
        )
        below = settings.home / "online" / "channels"
        return cls(
            settings=settings,
            channels={name: ReleaseWatcher(name, below / name, keys, pace, clock) for name in settings.channels},
            tokens=Tokens.of(settings),
            callers=ClientAddresses(settings.trusted_proxies),
            quotas=quotas,
            gate=_gate(settings, quotas, keys, scratch),
            batches=CapacityLimiter(threads),
            waiting=EvaluationBatcher(),
            clock=clock,
        )


def _gate(settings: Settings, quotas: Quotas, keys: OnlineKeys, scratch: Path) -> SoftQuota | None:
    """Before the public channel alone: the others know who asks."""
    if quotas.soft is None or PUBLIC not in settings.channels:
        return None
    spent = SharedReplayGuard(quotas.shared) if quotas.shared is not None else LocalReplayGuard(scratch)
    return SoftQuota(quotas.soft, quotas.public, ProofsOfWork.under(keys.timestamp_key(PUBLIC)), spent)


def service_of(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)
    return service
