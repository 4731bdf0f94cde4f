"""The URL of a receiver: https://, a host's name and a path, in one spelling."""

import re
from dataclasses import dataclass, field
from typing import Final, Self

from pilookup_server.service_database.deliveries import TargetError

_MOST: Final = 2048
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URL: Final = re.compile(
    rf"(?i:https)://(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[1-9][0-9]{{0,4}}))?(?P<target>/[!$-~]*)?",
    re.IGNORECASE,
)
"""Without user, fragment (`#`), quotation marks and white space."""

_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MOST_HOST: Final = 253


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a receiver listens.

    Attributes:
        host: The name of its host, in lower case.
        port: The TCP port.
        target: The path and the query, which may contain a secret.
    """

    host: str
    port: int
    target: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Parse a URL. What is wrong is told without repeating it, since it may contain a secret.

        A host that is a number in any spelling (`127.1`, `0x7f.1`, `2130706433`, `[::1]`) is refused: the system's
        look-up takes such spellings for addresses.

        Raises:
            TargetError: It is not https:// with the name of a host, or longer than 2,048 characters.
        """
        found = _URL.fullmatch(url)
        if found is None or len(url) > _MOST or len(found["host"]) > _MOST_HOST:
            raise TargetError("the URL is not one such as https://hooks.platform.example/pilookup")
        host = found["host"].lower()
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            raise TargetError("the URL has an address in place of a host's name")
        port = int(found["port"] or 443)
        if port > 65535:
            raise TargetError("the URL has a port above 65535")
        return cls(host, port, found["target"] or "/")

    @property
    def authority(self) -> str:
        """The host, and the port unless it is that of https."""
        return self.host if self.port == 443 else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL in its one spelling."""
        return f"https://{self.authority}{self.target}"
