"""`config.json`, which tells the page where its servers are, and the policy under which its files are served.

The page trusts the TUF root that `config.json` contains. It is therefore only as trustworthy as the host that serves
it (docs/page.md).
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from pilookup.protocol.names import PUBLIC
from pilookup_server.settings import Settings

FORMAT: Final = 1
"""The version of the format of `config.json`."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who is responsible for the page. Its footer shows every field that is not empty.

    Attributes:
        name_zh: The operator's name in Chinese.
        name_en: The operator's name in English.
        telephone: The operator's telephone number.
        filing: The filing number of the web site.
        address: The official address of the page.
    """

    name_zh: str = ""
    name_en: str = ""
    telephone: str = ""
    filing: str = ""
    address: str = ""

    def to_json(self) -> dict[str, Any]:
        """The member `operator` of `config.json`."""
        return {
            "name": {"zh": self.name_zh, "en": self.name_en},
            "telephone": self.telephone,
            "filing": self.filing,
            "address": self.address,
        }


@dataclass(frozen=True, slots=True)
class PageConfig:
    """What the page needs to know about its servers.

    Attributes:
        operator: Who is responsible for the page.
        server: The origin of the evaluator; if empty, the origin that served the page.
        buckets: The origin of metadata and buckets; if empty, that of the evaluator.
        channel: The channel that the page checks against.
        services: Names of services (`page_services`), each with the telephone number or account that replaces the usual
            one.
    """

    operator: Operator
    server: str = ""
    buckets: str = ""
    channel: str = PUBLIC
    services: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_settings(cls, settings: Settings) -> "PageConfig":
        """The configuration of the page that this server serves."""
        operator = Operator(
            settings.operator_name_zh,
            settings.operator_name_en,
            settings.operator_telephone,
            settings.operator_filing,
            settings.page_address,
        )
        return cls(operator, buckets=settings.page_buckets, services=tuple(settings.page_services.items()))

    def to_json(self, root: bytes) -> bytes:
        """The document `config.json`.

        Args:
            root: The TUF root metadata of the channel, which the page pins.

        Raises:
            ValueError: `root` is not JSON.
        """
        body = {
            "format": FORMAT,
            "server": self.server,
            "buckets": self.buckets,
            "channel": self.channel,
            "root": json.loads(root),
            "operator": self.operator.to_json(),
        }
        if self.services:
            body["services"] = dict(self.services)
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    def policy(self) -> str:
        """The Content-Security-Policy for every file of the page: no inline code, nothing from other hosts."""
        sources = " ".join(["'self'", *sorted({self.server, self.buckets} - {""})])
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            f"connect-src {sources}; worker-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
