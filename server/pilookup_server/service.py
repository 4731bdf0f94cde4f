"""What the routes stand on, made once for each process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from anyio import CapacityLimiter
from starlette.requests import Request

from pilookup.protocol.names import PUBLIC
from pilookup_server.auth import Tokens
from pilookup_server.keys import OnlineKeys
from pilookup_server.limits.address import Callers
from pilookup_server.limits.gate import Gate
from pilookup_server.limits.proof import Proofs
from pilookup_server.limits.quota import Quotas
from pilookup_server.limits.spent import SpentHere, SpentShared
from pilookup_server.settings import Settings
from pilookup_server.waiting import Waiting
from pilookup_server.watch import Channel, Clock, Pace


@dataclass(frozen=True, slots=True)
class Service:
    """Channels and what guards them."""

    settings: Settings
    channels: Mapping[str, Channel]
    tokens: Tokens
    callers: Callers
    quotas: Quotas
    gate: Gate | None
    batches: CapacityLimiter
    waiting: Waiting
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
            channels={name: Channel(name, below / name, keys, pace, clock) for name in settings.channels},
            tokens=Tokens.of(settings),
            callers=Callers(settings.trusted_proxies),
            quotas=quotas,
            gate=_gate(settings, quotas, keys, scratch),
            batches=CapacityLimiter(threads),
            waiting=Waiting(),
            clock=clock,
        )


def _gate(settings: Settings, quotas: Quotas, keys: OnlineKeys, scratch: Path) -> Gate | None:
    """Before the public channel alone: the others know who asks."""
    if quotas.soft is None or PUBLIC not in settings.channels:
        return None
    spent = SpentShared(quotas.shared) if quotas.shared is not None else SpentHere(scratch)
    return Gate(quotas.soft, quotas.public, Proofs.under(keys.timestamp_key(PUBLIC)), spent)


def service_of(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)
    return service
