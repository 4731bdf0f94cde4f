"""Metrics (Prometheus), counted in each worker and served on a port of their own.

Labels are route templates, channels and statuses: never a path, a bucket, an address. With several processes
`PROMETHEUS_MULTIPROC_DIR` has to be set before this module is imported; `process.start` does so.
"""

from functools import lru_cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess, start_http_server

from pilookup.protocol.release import Release

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_MODE: Any = "mostrecent"

_REQUESTS = Histogram(
    "pilookup_request_seconds",
    "Requests and their duration.",
    ["route", "channel", "status"],
    buckets=_BUCKETS,
)
_ELEMENTS = Counter("pilookup_evaluated_elements", "Elements evaluated.", ["channel"])
_REFUSED = Counter("pilookup_releases_refused", "Releases that did not verify.", ["channel"])
_SERIAL = Gauge("pilookup_serial", "Serial of the newest snapshot served.", ["channel"], multiprocess_mode=_MODE)
_TARGETS = Gauge(
    "pilookup_signatures_expire_seconds", "POSIX time at which custody's signatures expire.", ["channel"],
    multiprocess_mode=_MODE,
)  # fmt: skip
_TIMESTAMP = Gauge(
    "pilookup_timestamp_expires_seconds", "POSIX time at which the timestamp expires.", ["channel"],
    multiprocess_mode=_MODE,
)  # fmt: skip
_DUE = Gauge(
    "pilookup_publish_due", "1 in the last third of the life of custody's signatures.", ["channel"],
    multiprocess_mode=_MODE,
)  # fmt: skip


@lru_cache(maxsize=4096)
def _series(route: str, channel: str, status: int) -> Any:
    return _REQUESTS.labels(route, channel, str(status))


def observe_request(route: str, channel: str, status: int, seconds: float) -> None:
    """Count a request under its route's template."""
    _series(route, channel, status).observe(seconds)


@lru_cache(maxsize=64)
def _elements(channel: str) -> Any:
    return _ELEMENTS.labels(channel)


def count_evaluated(channel: str, elements: int) -> None:
    _elements(channel).inc(elements)


def count_refused(channel: str) -> None:
    _REFUSED.labels(channel).inc()


def set_release(channel: str, release: Release, serial: int, *, publish_due: bool) -> None:
    """Note the release that is served from now on."""
    _SERIAL.labels(channel).set(serial)
    _TARGETS.labels(channel).set(release.targets_expire.timestamp())
    _TIMESTAMP.labels(channel).set(release.timestamp_expires.timestamp())
    _DUE.labels(channel).set(publish_due)


def serve(host: str, port: int) -> int:
    """Serve `/metrics` of all workers from a thread of this process; returns the port. Raises OSError."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    server, _ = start_http_server(port, host, registry)
    return int(server.server_port)
