"""Prometheus metrics of `pilookup notify`. Labels are names of targets, which operators choose, and fixed words."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import Counter, Gauge, start_http_server

from pilookup_server.service_database.deliveries import TargetState

_PAUSED: Final = Gauge("pilookup_notify_paused", "1 while nothing is delivered to a target.", ["target", "because"])
_FAILING: Final = Gauge(
    "pilookup_notify_failing_since_seconds", "POSIX time since which every delivery to a target fails; 0: none does.",
    ["target"],
)  # fmt: skip
_SERIAL: Final = Gauge("pilookup_notify_serial", "Serial that was delivered to a target last.", ["target"])
_DELIVERIES: Final = Counter("pilookup_notify_deliveries", "Attempts to deliver.", ["target", "outcome"])
_DATABASE: Final = Gauge("pilookup_notify_database_used", "1 while the service database can be used.")


def set_targets(states: Iterable[TargetState]) -> None:
    """Record the state of all targets, and forget those that were removed."""
    for gauge in (_PAUSED, _FAILING, _SERIAL):
        gauge.clear()
    for state in states:
        name = state.target.name
        if state.paused_because is not None:
            _PAUSED.labels(name, state.paused_because).set(1)
        _FAILING.labels(name).set(state.failing_since or 0)
        _SERIAL.labels(name).set(state.delivered)


def count_delivery(target: str, *, delivered: bool) -> None:
    """Count an attempt."""
    _DELIVERIES.labels(target, "delivered" if delivered else "failed").inc()


def set_database(*, used: bool) -> None:
    """Record whether the service database can be used."""
    _DATABASE.set(used)


def serve(host: str, port: int) -> int:
    """Serve `/metrics` from a thread of this process; returns the port, and raises OSError."""
    server, _ = start_http_server(port, host)
    return int(server.server_port)
