"""`config.json`, which tells the page where its servers are, and the policy under which its files are served.

The page trusts the TUF root that `config.json` contains. It is therefore only as trustworthy as the host that serves
it (docs/page.md).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilookup.protocol.names import PUBLIC
from pilookup_server.page_host.sound.recording import Recording
from pilookup_server.page_host.sound.recordings import read_recordings
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

    def name(self, language: str) -> str:
        """The name in `zh` or `en`; empty if the operator has none in this language."""
        return {"zh": self.name_zh, "en": self.name_en}[language]

    def recordings(self, folder: Path, services: Mapping[str, str]) -> tuple[Recording, ...]:
        """Read the recordings for a page of this operator; arguments and errors as of `read_recordings`."""
        return read_recordings(folder, {"zh": self.name_zh, "en": self.name_en}, self.telephone, services)


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
        sounds: The recordings that the page plays, in the order in which it offers them.
    """

    operator: Operator
    server: str = ""
    buckets: str = ""
    channel: str = PUBLIC
    services: tuple[tuple[str, str], ...] = ()
    sounds: tuple[Recording, ...] = ()

    @classmethod
    def from_settings(cls, settings: Settings) -> "PageConfig":
        """The configuration of the page that this server serves.

        Raises:
            SoundError: `PILOOKUP_PAGE_SOUNDS` has no recording that the page can play.
            OSError: It cannot be read.
        """
        operator = Operator(
            settings.operator_name_zh,
            settings.operator_name_en,
            settings.operator_telephone,
            settings.operator_filing,
            settings.page_address,
        )
        services = settings.page_services
        sounds = operator.recordings(settings.page_sounds, services) if settings.page_sounds else ()
        return cls(operator, buckets=settings.page_buckets, services=tuple(services.items()), sounds=sounds)

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
        if self.sounds:
            body["sounds"] = [recording.to_json() for recording in self.sounds]
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    def policy(self) -> str:
        """The Content-Security-Policy for every file of the page: no inline code, nothing from other hosts.

        The page plays recordings from blobs, which only its own scripts can make.
        """
        sources = " ".join(["'self'", *sorted({self.server, self.buckets} - {""})])
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            f"connect-src {sources}; worker-src 'self'; media-src blob:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
