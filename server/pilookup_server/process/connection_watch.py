"""Looks after the connections of a worker once a second: closes those that take too long, counts, and logs refusals."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from pilookup_server import metrics
from pilookup_server.logs import logger
from pilookup_server.process.connection_table import ConnectionTable

LOG_SECONDS: Final = 10.0
"""Seconds between two log lines about closed and refused connections."""

NEARLY_ALL: Final = 0.9
"""A warning is logged when this part of the allowed descriptors is open."""


class ConnectionWatch:
    """Sweeps the tables of a worker, and reports what they refused and closed."""

    def __init__(
        self,
        tables: Mapping[str, ConnectionTable],
        descriptors: Callable[[], int | None],
        descriptor_limit: int,
        clock: Callable[[], float],
    ) -> None:
        """Watch the tables.

        Args:
            tables: The tables by the name of their listener, which metrics and logs use.
            descriptors: The number of open descriptors of this process; None if it is not known.
            descriptor_limit: The most descriptors that this process may have open.
            clock: The current time in seconds, from any beginning.
        """
        self._tables = tables
        self._descriptors = descriptors
        self._descriptor_limit = descriptor_limit
        self._clock = clock
        self._counted = {name: Counter[str]() for name in tables}
        self._unlogged: Counter[str] = Counter()
        self._log_at = clock()

    def tick(self) -> None:
        """Sweep and report once."""
        for name, table in self._tables.items():
            table.sweep()
            metrics.set_connections(name, len(table))
            news = table.refused - self._counted[name]
            self._counted[name] = table.refused.copy()
            for reason, count in news.items():
                metrics.count_closed(reason, count)
            self._unlogged += news
        used = self._descriptors()
        if used is not None:
            metrics.set_descriptors(used, self._descriptor_limit)
        if self._clock() >= self._log_at:
            self._log(used)

    def _log(self, used: int | None) -> None:
        crowded = used is not None and used > NEARLY_ALL * self._descriptor_limit
        if not self._unlogged and not crowded:
            return
        self._log_at = self._clock() + LOG_SECONDS
        open_now = sum(len(table) for table in self._tables.values())
        if self._unlogged:
            logger().warning("connections refused or closed", open=open_now, **self._unlogged)
            self._unlogged.clear()
        if crowded:
            logger().warning("descriptors run out", open=used, limit=self._descriptor_limit)
