"""Prometheus metrics, counted in each worker and served on a separate port.

Labels are route templates, channels and statuses, never a path, a bucket index or an address. The environment variable
`PROMETHEUS_MULTIPROC_DIR` must be set before this module is imported; `process.start` sets it.
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
_REFUSING = Gauge(
    "pilookup_release_refused", "1 while the release on disk does not verify and an older one, or none, is served.",
    ["channel"], multiprocess_mode=_MODE,
)  # fmt: skip
_DROPPED = Gauge(
    "pilookup_epochs_dropped", "Former epochs of the release that are not served because of a fault.", ["channel"],
    multiprocess_mode=_MODE,
)  # fmt: skip
_CLOCK = Gauge(
    "pilookup_clock_doubtful", "1 while the wall clock was stepped and its new time does not count yet.",
    multiprocess_mode=_MODE,
)  # fmt: skip
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
    """Count a request and its duration.

    Args:
        route: The path template of the route.
        channel: The requested channel; empty if the request names no served channel.
        status: The status of the response.
        seconds: The time from the request to the end of its response.
    """
    _series(route, channel, status).observe(seconds)


@lru_cache(maxsize=64)
def _elements(channel: str) -> Any:
    return _ELEMENTS.labels(channel)


def count_evaluated(channel: str, elements: int) -> None:
    """Add to the number of elements evaluated for `channel`."""
    _elements(channel).inc(elements)


def count_refused(channel: str) -> None:
    """Count a release of `channel` that did not verify."""
    _REFUSED.labels(channel).inc()


def set_refused(channel: str, *, refused: bool) -> None:
    """Record whether the release on disk is one that is not served, because it did not verify."""
    _REFUSING.labels(channel).set(refused)


def set_clock(*, doubtful: bool) -> None:
    """Record whether the wall clock is in doubt."""
    _CLOCK.set(doubtful)


def set_release(channel: str, release: Release, serial: int, *, publish_due: bool, dropped: int) -> None:
    """Record the release that is served from now on.

    Args:
        channel: The channel.
        release: The release.
        serial: The serial of its newest snapshot.
        publish_due: Whether custody's signatures are in the last third of their life.
        dropped: The number of its former epochs that are not served because of a fault.
    """
    _DROPPED.labels(channel).set(dropped)
    _SERIAL.labels(channel).set(serial)
    _TARGETS.labels(channel).set(release.targets_expire.timestamp())
    _TIMESTAMP.labels(channel).set(release.timestamp_expires.timestamp())
    _DUE.labels(channel).set(publish_due)


def serve(host: str, port: int) -> int:
    """Serve `/metrics` for all workers, from a thread of this process.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one.

    Returns:
        The port.

    Raises:
        OSError: The address cannot be listened on.
        ValueError: `PROMETHEUS_MULTIPROC_DIR` is not set or is not a directory.
    """
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    server, _ = start_http_server(port, host, registry)
    return int(server.server_port)
