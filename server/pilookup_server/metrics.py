"""Prometheus metrics, counted in each worker and served on a separate port.

Labels are route templates, channels, statuses and fixed words, never a path, a bucket index or an address.

If the environment variable `PROMETHEUS_MULTIPROC_DIR` is set when this module is imported (`process.start` sets it),
the counts of each process are in mapped files of that directory. The files are allocated in full before the first
worker starts: a mapped file that grew later on a full disk would end the worker with SIGBUS. They belong to the name of
a worker and not to its process, so a worker that is replaced goes on counting where the former one ended.
"""

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess, start_http_server, values

from pilookup.durable import FILE_MODE
from pilookup.protocol.release import Release

_DIRECTORY: Final = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
MAX_SERIES: Final = 200
"""Most combinations of route, channel and status. Any further one counts for the route `other`, without a channel."""

_FILE_BYTES: Final = {"histogram": 1280 * 1024, "counter": 65536, "gauge_mostrecent": 65536, "gauge_sum": 65536}
"""Bytes of each file of a process; MAX_SERIES histograms fit."""

_process = "start"


def _process_name() -> str:
    return _process


if _DIRECTORY is not None:
    values.ValueClass = values.MultiProcessValue(_process_name)  # type: ignore[no-untyped-call]

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
    ["channel"], multiprocess_mode=_MODE,
)  # fmt: skip
_SOURCE = Gauge(
    "pilookup_timestamp_source", "1 for the condition of the timestamp that is fetched from another machine.",
    ["channel", "condition"], multiprocess_mode=_MODE,
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
_EPOCH_ELEMENTS = Gauge(
    "pilookup_epoch_elements", "Elements of the newest epoch: evaluated by all workers, and the most that may be.",
    ["channel", "kind"], multiprocess_mode=_MODE,
)  # fmt: skip
_UNSAVED = Gauge(
    "pilookup_epoch_elements_unsaved", "1 while the count of the epoch cannot be kept on disk.",
    ["channel"], multiprocess_mode=_MODE,
)  # fmt: skip
_DATABASE = Gauge(
    "pilookup_service_database_used", "1 while the service database can be used.", ["database"], multiprocess_mode=_MODE
)
_KEYS = Gauge(
    "pilookup_platform_keys_age_seconds", "Seconds since the keys of platforms were read.", ["database"],
    multiprocess_mode=_MODE,
)  # fmt: skip
_CONNECTIONS = Gauge("pilookup_connections", "Open connections.", ["listener"], multiprocess_mode="sum")
_CLOSED = Counter("pilookup_connections_closed", "Connections that the server refused or closed early.", ["reason"])
_DESCRIPTORS = Gauge("pilookup_descriptors", "Descriptors, of all workers.", ["kind"], multiprocess_mode="sum")

_known: dict[tuple[str, str, int], Any] = {}


def allocate(processes: Iterable[str]) -> None:
    """Allocate the files of processes in full. Call it before the first of them starts.

    Args:
        processes: The names that the processes will give to `set_process`.

    Raises:
        OSError: There is no space for a file.
    """
    assert _DIRECTORY is not None
    for process in processes:
        for kind, size in _FILE_BYTES.items():
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
            descriptor = os.open(Path(_DIRECTORY) / f"{kind}_{process}.db", flags, FILE_MODE)
            try:
                os.posix_fallocate(descriptor, 0, size)
            finally:
                os.close(descriptor)


def set_process(name: str) -> None:
    """Count for the process `name` from now on; other processes must not use the name at the same time."""
    global _process  # noqa: PLW0603 - the library asks a function for the name
    _process = name


def _series(route: str, channel: str, status: int) -> Any:
    key = route, channel, status
    found = _known.get(key)
    if found is None:
        if len(_known) >= MAX_SERIES:
            return _REQUESTS.labels("other", "", "0")
        found = _known[key] = _REQUESTS.labels(route, channel, str(status))
    return found


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


def set_clock(channel: str, *, doubtful: bool) -> None:
    """Record whether the wall clock that a channel is served by is in doubt."""
    _CLOCK.labels(channel).set(doubtful)


def set_timestamp_source(channel: str, conditions: Mapping[str, bool]) -> None:
    """Record how a timestamp that is fetched from another machine compares with it: which condition holds."""
    for condition, holds in conditions.items():
        _SOURCE.labels(channel, condition).set(holds)


def set_epoch_elements(channel: str, evaluated: int, ceiling: int, *, saved: bool) -> None:
    """Record how many elements of the newest epoch were evaluated and may be, and whether the count could be saved."""
    _EPOCH_ELEMENTS.labels(channel, "evaluated").set(evaluated)
    _EPOCH_ELEMENTS.labels(channel, "ceiling").set(ceiling)
    _UNSAVED.labels(channel).set(not saved)


def set_database(*, used: bool) -> None:
    """Record whether the service database can be used."""
    _DATABASE.labels("service").set(used)


def set_keys_age(seconds: float) -> None:
    """Record how long ago the keys of platforms were read; infinite if they never were."""
    _KEYS.labels("service").set(seconds)


def set_connections(listener: str, connections: int) -> None:
    """Record how many connections to a listener are open in this process."""
    _CONNECTIONS.labels(listener).set(connections)


def count_closed(reason: str, connections: int) -> None:
    """Count connections that were refused or closed early, for one reason."""
    _CLOSED.labels(reason).inc(connections)


def set_descriptors(used: int, limit: int) -> None:
    """Record how many descriptors this process has open, and how many it may have."""
    _DESCRIPTORS.labels("open").set(used)
    _DESCRIPTORS.labels("limit").set(limit)


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
