"""Writes the page to a folder, for a static host."""

from dataclasses import dataclass
from pathlib import Path

from pilookup.errors import FormatError, TrustError
from pilookup.protocol.names import check_channel
from pilookup.protocol.release import verify_root
from pilookup_server.origin import check_origin
from pilookup_server.page_host.assets import BROTLI, Asset, read_assets
from pilookup_server.page_host.config import PageConfig
from pilookup_server.page_services import check_services
from pilookup_server.settings import OptionError, ServeError

CONFIG = "config.json"


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """What was written.

    Attributes:
        files: The names of the files, in the order in which they were written, without the compressed ones.
        policy: The Content-Security-Policy with which the host must serve them.
    """

    files: list[str]
    policy: str


def write_page(folder: Path, config: PageConfig, trust: Path) -> WrittenPage:
    """Write the files of the page and `config.json`.

    Each file is written plain and gzipped, and each built file with Brotli too, since some hosts serve compressed
    files. `config.json` is written last: without it, the page says that it is not set up.

    Args:
        folder: The folder to write to; it must be empty or not exist.
        config: The configuration of the page.
        trust: The file with the channel's TUF root metadata.

    Raises:
        ServeError: The folder is not empty, an origin, a service or the channel is invalid, the page is not built, or
            `trust` is not a valid root.
        OSError: `trust` cannot be read, or a file cannot be written.
        KeyError: The built page holds a file of an unknown type.
    """
    _check(config)
    assets = read_assets()
    if not assets:
        raise ServeError("the page is not built: run server/web/build.mjs first")
    root = _read_root(trust)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ServeError(f"{folder}: is not empty")
    sounds = {one.path: Asset.from_bytes(one.path, one.data) for one in config.sounds}
    files = {**assets, **sounds, CONFIG: Asset.from_bytes(CONFIG, config.to_json(root))}
    for name, asset in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if asset.brotli is not None:
            path.with_name(f"{path.name}{BROTLI}").write_bytes(asset.brotli)
        path.with_name(f"{path.name}.gz").write_bytes(asset.gzipped)
        path.write_bytes(asset.plain)
    return WrittenPage([*files], config.policy())


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
            raise OptionError(f"{option}: {error}") from None
    try:
        check_services(dict(config.services))
    except ValueError as error:
        raise OptionError(f"--service: {error}") from None
    try:
        check_channel(config.channel)
    except FormatError as error:
        raise OptionError(f"--channel: {error}") from None
