"""`config.json`: what one hosting of the page needs to know, and the policy its files are served under.

The page trusts the TUF root that stands in it, so it is only as trustworthy as the host that serves it; see
docs/page.md.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from pilookup.protocol.names import PUBLIC
from pilookup_server.settings import Settings

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Operator:
    """Who answers for the page: shown at its foot. What is empty is not shown."""

    name_zh: str = ""
    name_en: str = ""
    telephone: str = ""
    filing: str = ""
    address: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "name": {"zh": self.name_zh, "en": self.name_en},
            "telephone": self.telephone,
            "filing": self.filing,
            "address": self.address,
        }


@dataclass(frozen=True, slots=True)
class PageConfig:
    """Where the page sends what; an empty origin is the one it came from, for buckets the evaluator's."""

    operator: Operator
    server: str = ""
    buckets: str = ""
    channel: str = PUBLIC

    @classmethod
    def from_settings(cls, settings: Settings) -> "PageConfig":
        """What the page that this server serves starts from."""
        operator = Operator(
            settings.operator_name_zh,
            settings.operator_name_en,
            settings.operator_telephone,
            settings.operator_filing,
            settings.page_address,
        )
        return cls(operator, buckets=settings.page_buckets)

    def to_json(self, root: bytes) -> bytes:
        """The document, with the channel's pinned TUF root in it; raises ValueError when `root` is not JSON."""
        body = {
            "format": FORMAT,
            "server": self.server,
            "buckets": self.buckets,
            "channel": self.channel,
            "root": json.loads(root),
            "operator": self.operator.to_json(),
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    def policy(self) -> str:
        """The Content-Security-Policy of every file of the page: nothing inline, nothing from elsewhere."""
        sources = " ".join(["'self'", *sorted({self.server, self.buckets} - {""})])
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            f"connect-src {sources}; worker-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
