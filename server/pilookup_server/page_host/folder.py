"""The page written out for a static host."""

from dataclasses import dataclass
from pathlib import Path

from pilookup.errors import FormatError, TrustError
from pilookup.protocol.names import check_channel
from pilookup.protocol.release import verify_root
from pilookup_server.origin import check_origin
from pilookup_server.page_host.assets import read_assets
from pilookup_server.page_host.config import PageConfig
from pilookup_server.settings import ServeError

CONFIG = "config.json"


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """The files' names in order, and the policy they must be served under."""

    files: list[str]
    policy: str


def write_page(folder: Path, config: PageConfig, trust: Path) -> WrittenPage:
    """Write every file of the page, plain and gzipped for hosts that send such, and `config.json`: last, for without
    it the page says it is not set up.

    Raises ServeError for a folder in use, an origin or channel that is none, a page that is not built, a root
    that cannot be pinned; OSError.
    """
    _check(config)
    assets = read_assets()
    if not assets:
        raise ServeError("the page is not built: run server/web/build.mjs first")
    root = _read_root(trust)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ServeError(f"{folder}: is not empty")
    for name, asset in assets.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(asset.plain)
        path.with_name(f"{path.name}.gz").write_bytes(asset.gzipped)
    (folder / CONFIG).write_bytes(config.to_json(root))
    return WrittenPage([*assets, CONFIG], config.policy())


def _read_root(trust: Path) -> bytes:
    root = trust.read_bytes()
    try:
        verify_root(root)
    except (FormatError, TrustError) as error:
        raise ServeError(f"{trust}: not a TUF root: {error}") from None
    return root


def _check(config: PageConfig) -> None:
    origins = {"--server": config.server, "--buckets": config.buckets, "--address": config.operator.address}
    for option, value in origins.items():
        try:
            if value or option == "--server":
                check_origin(value)
        except ValueError as error:
            raise ServeError(f"{option}: {error}") from None
    try:
        check_channel(config.channel)
    except FormatError as error:
        raise ServeError(f"--channel: {error}") from None
