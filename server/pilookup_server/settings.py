"""The settings of the server, read from environment variables with the prefix `PILOOKUP_`.

The passphrase of the online half is not a setting: `pilookup.keyring.passphrase` reads it once, and nothing keeps it.
No error raised here repeats a value, because a value may be a token or a passphrase.
"""

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Final

from limits import RateLimitItem, parse_many
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pilookup.errors import PilookupError, UsageError
from pilookup.plain_file import read_plain
from pilookup.protocol.buckets import PUBLIC_ELEMENTS_A_DAY
from pilookup.protocol.messages import MAX_BATCH, MAX_REQUEST_BYTES
from pilookup.protocol.names import PLATFORM, PUBLIC, check_channel
from pilookup_server.origin import ORIGIN, check_origin
from pilookup_server.page_services import check_services

Network = IPv4Network | IPv6Network

_STORAGE = re.compile(r"memory|(redis|rediss|valkey|valkeys)://.+")

_TOKEN_BYTES = 4096


_FORMER: Final = {
    "PILOOKUP_PUBLIC_SOFT_QUOTA": "is now PILOOKUP_PUBLIC_RESERVE, which holds for requests of one or two elements",
}
"""Variables that former versions read. Who still sets one believes that it has an effect."""


class ServeError(PilookupError):
    """The server cannot start; the text says what to change."""


class OptionError(ServeError, UsageError):
    """The value of an option of a command cannot be right."""


class Settings(BaseSettings):
    """The validated settings. `docs/operations/settings.md` lists them for operators.

    `read_settings` makes an instance and reports invalid values without repeating them.
    """

    model_config = SettingsConfigDict(env_prefix="PILOOKUP_", extra="ignore", frozen=True, hide_input_in_errors=True)

    home: Path = Field(description="HOME, of which the server reads `online/` alone.")
    channels: Annotated[tuple[str, ...], NoDecode] = Field(
        (PUBLIC, PLATFORM), min_length=1, description="Channels to serve, comma separated."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    health_listen: str = Field(
        "", description="Address and port of a listener for health checks only, such as `127.0.0.1:8081`; empty: none."
    )
    workers: int = Field(1, ge=1, le=256, description="Processes that answer.")
    metrics_host: str = Field("127.0.0.1", description="Address of the metrics port.")
    metrics_port: int | None = Field(
        None, ge=0, le=65535, description="Port of `/metrics` (Prometheus); not set: no metrics are served."
    )
    log_level: str = Field(
        "info",
        pattern="^(debug|info|warning|error)$",
        description="Least level logged: debug, info, warning or error.",
    )
    poll_seconds: float = Field(1.0, gt=0, description="How often each worker looks for a new release.")
    grace_seconds: float = Field(
        300.0, ge=0, description="How long the former release's buckets and files are served after a new one."
    )
    renew_before_seconds: float = Field(
        24 * 3600.0, gt=0, lt=48 * 3600, description="A timestamp with less than this left is renewed."
    )
    renew: bool = Field(True, description="Sign timestamps. Of several machines that serve one HOME, one does.")
    metadata_from: str = Field(
        "",
        description="Origin of the machine that signs timestamps, such as `https://10.0.0.5:8443`: this one, with "
        "`PILOOKUP_RENEW=0`, fetches them there.",
    )
    metadata_token: SecretStr = Field(
        SecretStr(""), description="Bearer token with which it fetches the timestamps of every channel but `public`."
    )
    metadata_token_file: Path | None = Field(
        None, description="File with that token; it wins over `PILOOKUP_METADATA_TOKEN`."
    )
    platform_tokens: SecretStr = Field(
        SecretStr(""),
        description="For this release alone: bearer tokens of former versions for every channel but `public`, comma "
        "separated, 32 characters or more. `pilookup platform add` takes their place.",
    )
    platform_tokens_file: Path | None = Field(
        None, description="File of such tokens, one a line; joined with those of `PILOOKUP_PLATFORM_TOKENS`."
    )
    public_quota: str = Field(
        "3000/minute;30000/day",
        description="Elements that one address (IPv6: one /64) may have evaluated, as `limits` writes it.",
    )
    public_reserve: str | None = Field(
        None,
        description="The part of it, in the same windows, for requests of one or two elements, which need no proof of "
        "work; not set: a third; empty: no request needs one.",
    )
    public_batch: int = Field(
        16, ge=2, le=MAX_BATCH, description="Most elements of a request to `public` that needs a proof of work."
    )
    public_channel_quota: str = Field(
        f"{PUBLIC_ELEMENTS_A_DAY}/day", description="Elements that all callers of `public` together may have evaluated."
    )
    public_epoch_quota: int = Field(
        200_000_000, ge=1, le=2**50, description="The same for a whole epoch, counted in the service database."
    )
    platform_quota: str = Field("100000/minute", description="Elements that one platform may have evaluated.")
    request_quota: str = Field(
        "6000/minute", description="Refused requests (statuses 4xx but 404, 410 and 429) that one address may make."
    )
    quota_storage: SecretStr = Field(
        SecretStr("memory"),
        description="`memory`, which the workers of this server share, or a redis:// or valkey:// URL, which several "
        "servers share.",
    )
    service_database_url: SecretStr = Field(
        SecretStr(""),
        description="postgresql:// URL of the service database, which several servers share; empty: "
        "`HOME/online/service.sqlite3`.",
    )
    service_database_url_file: Path | None = Field(
        None, description="File with that URL; it wins over `PILOOKUP_SERVICE_DATABASE_URL`."
    )
    notice_origin: str = Field(
        "",
        description="Origin that the addresses of manifests in notices begin with, such as `https://check.example`; "
        "empty: they begin with their path.",
    )
    notify_key_file: Path | None = Field(
        None,
        description="File with the key that secrets of targets are derived from; not set: `HOME/online/notify.key`.",
    )
    notify_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="Networks (CIDR, comma separated) besides the public ones in which `notify` may reach targets."
    )
    notify_seconds: float = Field(
        15.0, gt=0, le=60, description="Time of one delivery, from the look-up of the name to the status."
    )
    notify_pause_seconds: int = Field(
        24 * 3600, ge=60, description="A target to which all deliveries have failed for this long is paused."
    )
    notify_metrics_port: int | None = Field(
        None, ge=0, le=65535, description="Port of the metrics of `notify`, at `PILOOKUP_METRICS_HOST`; not set: none."
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="Networks (CIDR, comma separated) whose X-Forwarded-For is believed."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins of pages hosted elsewhere (CORS), comma separated, or `*`."
    )
    page: bool = Field(True, description="Serve the page for citizens at `/`.")
    page_buckets: str = Field(
        "", description="Origin the page fetches metadata and buckets from, when another operator serves them."
    )
    page_address: str = Field("", description="The page's official address, shown at its foot.")
    page_services: dict[str, str] = Field(
        {}, description='Telephone lines and accounts to correct on the page, as JSON: {"antifraud":"96110"}.'
    )
    page_sounds: Path | None = Field(
        None, description="Folder with recordings that the page plays, packed by `pilookup page FOLDER --sound`."
    )
    operator_name_zh: str = Field("", max_length=100, description="Operator's name in Chinese, at the page's foot.")
    operator_name_en: str = Field("", max_length=100, description="Operator's name in English, at the page's foot.")
    operator_telephone: str = Field("", max_length=40, description="Operator's telephone, at the page's foot.")
    operator_filing: str = Field("", max_length=60, description="The site's filing number, at the page's foot.")
    max_body_bytes: int = Field(MAX_REQUEST_BYTES, ge=1024, description="Largest request body, bytes.")
    body_seconds: float = Field(10.0, gt=0, description="Time for a request's body to arrive.")
    request_seconds: float = Field(30.0, gt=0, description="Time until an answer starts.")
    response_seconds: float = Field(
        60.0, gt=0, description="An answer is cut off when its caller takes no byte of it for this long."
    )
    max_connections: int = Field(4096, ge=64, description="Most connections of one worker.")
    max_connections_per_address: int = Field(
        512, ge=1, description="Most connections of one address (IPv6: one /64) to one worker, except trusted proxies."
    )
    shutdown_seconds: int = Field(30, ge=1, description="Time for open requests to end when the server stops.")

    @field_validator("channels", "trusted_proxies", "allowed_origins", "notify_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value

    @field_validator("channels")
    @classmethod
    def _channels(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(check_channel(name) for name in value))

    @field_validator("trusted_proxies", "notify_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        try:
            return [ip_network(item) for item in value] if isinstance(value, list) else value
        except ValueError:
            raise ValueError("not networks such as 10.0.0.0/8") from None

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(item == "*" or ORIGIN.fullmatch(item) for item in value):
            raise ValueError("not origins such as https://check.example")
        return value

    @field_validator("health_listen")
    @classmethod
    def _health_listen(cls, value: str) -> str:
        if value:
            host_and_port(value)
        return value

    @field_validator("metadata_from")
    @classmethod
    def _metadata_from(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            return value
        if info.data.get("renew", False):
            raise ValueError("set PILOOKUP_RENEW=0 too: a machine either signs timestamps or fetches them")
        return check_origin(value)

    @field_validator("page_buckets", "page_address", "notice_origin")
    @classmethod
    def _page_origin(cls, value: str) -> str:
        return check_origin(value) if value else value

    @field_validator("page_services")
    @classmethod
    def _services(cls, value: dict[str, str]) -> dict[str, str]:
        check_services(value)
        return value

    @field_validator("public_quota", "public_channel_quota", "platform_quota", "request_quota")
    @classmethod
    def _quota(cls, value: str) -> str:
        if any(item.amount < 1 for item in quota_items(value)):
            raise ValueError("a quota of nothing")
        windows = [item.get_expiry() for item in quota_items(value)]
        if len(set(windows)) != len(windows):
            raise ValueError("two limits for the same time")
        return value

    @field_validator("public_reserve")
    @classmethod
    def _reserve(cls, value: str | None, info: ValidationInfo) -> str | None:
        if not value:
            return value
        reserve, ceiling = quota_items(cls._quota(value)), quota_items(info.data.get("public_quota", value))
        if [item.get_expiry() for item in reserve] != [item.get_expiry() for item in ceiling]:
            raise ValueError("give it the windows of PILOOKUP_PUBLIC_QUOTA")
        if any(part.amount > whole.amount for part, whole in zip(reserve, ceiling, strict=True)):
            raise ValueError("more than PILOOKUP_PUBLIC_QUOTA")
        return value

    @field_validator("quota_storage")
    @classmethod
    def _storage(cls, value: SecretStr) -> SecretStr:
        if not _STORAGE.fullmatch(value.get_secret_value()):
            raise ValueError("neither `memory` nor a redis:// or valkey:// URL")
        return value

    def read_service_database_url(self) -> str:
        """The URL of the service database, empty for the SQLite file; raises ServeError if its file cannot be read."""
        if self.service_database_url_file is None:
            return self.service_database_url.get_secret_value()
        try:
            url = read_plain(self.service_database_url_file, _TOKEN_BYTES).decode().strip()
        except (OSError, UnicodeDecodeError):
            raise ServeError("PILOOKUP_SERVICE_DATABASE_URL_FILE: cannot be read") from None
        if not url:
            raise ServeError("PILOOKUP_SERVICE_DATABASE_URL_FILE: empty")
        return url

    def read_metadata_token(self) -> str:
        """The bearer token with which the timestamps of closed channels are fetched.

        Raises:
            ServeError: There is none, its file cannot be read, or it contains what a header cannot carry.
        """
        token = self.metadata_token.get_secret_value()
        if self.metadata_token_file is not None:
            try:
                token = read_plain(self.metadata_token_file, _TOKEN_BYTES).decode().strip()
            except (OSError, UnicodeDecodeError):
                raise ServeError("PILOOKUP_METADATA_TOKEN_FILE: cannot be read") from None
        if not token:
            raise ServeError("PILOOKUP_METADATA_TOKEN: needed to fetch the timestamps of channels that need a token")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ServeError("PILOOKUP_METADATA_TOKEN: not printable ASCII characters without spaces")
        return token


def host_and_port(text: str) -> tuple[str, int]:
    """Parse an address to listen on, such as `127.0.0.1:8081` or `[::1]:8081`; port 0 takes a free one.

    Raises:
        ValueError: `text` is anything else. The error does not repeat `text`.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        raise ValueError("not an address and a port such as 127.0.0.1:8081")
    return host, int(port)


def quota_items(text: str) -> tuple[RateLimitItem, ...]:
    """Parse a quota such as `3000/minute;30000/day`.

    Returns:
        The limits, shortest window first.

    Raises:
        ValueError: `text` is not a quota. The error does not repeat `text`.
    """
    try:
        items = parse_many(text)
    except ValueError:
        raise ValueError("not a quota such as 3000/minute;30000/day") from None
    return tuple(sorted(items, key=lambda item: item.get_expiry()))


def read_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment.

    Args:
        overrides: Settings by field name that win over the environment; those that are None are ignored.

    Raises:
        ServeError: A setting is missing, invalid or no longer known. The text names each variable and does not repeat
            its value.
    """
    for name, remedy in _FORMER.items():
        if name in os.environ:
            raise ServeError(f"{name}: {remedy}")
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        faults = [
            f"PILOOKUP_{'_'.join(map(str, e['loc'][:1])).upper()}: {e['msg']}"
            for e in error.errors(include_input=False)
        ]
        raise ServeError("; ".join(faults)) from None
