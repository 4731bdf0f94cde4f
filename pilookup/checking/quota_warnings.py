"""What a server says of a platform's quotas once most of one is used (SPEC.md section 8.4)."""

import logging
from collections.abc import Iterable

from pilookup.protocol.quota_report import PURPOSES, QuotaWarning

_WARNING = b"pilookup-quota-warning"
_RATE_LIMIT = b"ratelimit"

_log = logging.getLogger("pilookup.checking")


class QuotaWarnings:
    """The newest warning for each purpose. May be used by many threads: each step is one operation of a dict."""

    def __init__(self) -> None:
        """Start without a warning."""
        self._used: dict[str, int] = {}

    @property
    def used(self) -> dict[str, int]:
        """The percentage of each quota that there is a warning of, by purpose."""
        return dict(self._used)

    def note(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Take the headers of an answer. The first warning of a purpose is logged; one that no longer holds is dropped.

        Args:
            headers: names and values; names in any case.
        """
        found = {name.lower(): value for name, value in headers if name.lower() in (_WARNING, _RATE_LIMIT)}
        warning = QuotaWarning.from_header(found.get(_WARNING, b"").decode("latin-1"))
        if warning is not None:
            if warning.purpose not in self._used:
                _log.warning("%s", warning.text)
            self._used[warning.purpose] = warning.used
            return
        for purpose in PURPOSES:
            if f'"{purpose}"'.encode() in found.get(_RATE_LIMIT, b""):
                self._used.pop(purpose, None)
