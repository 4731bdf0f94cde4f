"""What the routes stand on, made once for each process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from anyio import CapacityLimiter
from starlette.requests import Request

from pilookup_server.auth import Tokens
from pilookup_server.keys import OnlineKeys
from pilookup_server.limits.address import Callers
from pilookup_server.limits.quota import Quotas
from pilookup_server.settings import Settings
from pilookup_server.watch import Channel, Clock, Pace


@dataclass(frozen=True, slots=True)
class Service:
    """Channels and what guards them."""

    settings: Settings
    channels: Mapping[str, Channel]
    tokens: Tokens
    callers: Callers
    quotas: Quotas
    batches: CapacityLimiter
    clock: Clock

    @classmethod
    def of(cls, settings: Settings, keys: OnlineKeys, clock: Clock, threads: int) -> "Service":
        """From the settings; raises ServeError. Must be called where the process will run, never before a
        fork.
        """
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
            quotas=Quotas(settings),
            batches=CapacityLimiter(threads),
            clock=clock,
        )


def service_of(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)
    return service
