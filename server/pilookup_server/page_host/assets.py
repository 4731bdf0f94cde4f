"""The files of the page, which `server/web` builds into this package. They are kept in memory."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from pilookup.protocol.feed import FEED_TYPE

BUILT: Final = Path(__file__).parents[1] / "page"
"""The folder that `server/web/build.mjs` writes; absent from a source tree in which it has not run."""

INDEX: Final = "index.html"

BROTLI: Final = ".br"
"""Appended to the name of a built file, it names the file's compressed form, which the build writes too."""

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".xml": FEED_TYPE,
    ".sound": "application/octet-stream",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the page.

    Attributes:
        media_type: Its media type.
        plain: Its content.
        gzipped: Its content, compressed with gzip.
        brotli: Its content, compressed with Brotli when the page was built; None for files that were not built.
        etag: The text of its entity tag, without quotation marks: the SHA-256 digest of `plain` in hexadecimal.
    """

    media_type: str
    plain: bytes = field(repr=False)
    gzipped: bytes = field(repr=False)
    brotli: bytes | None = field(repr=False)
    etag: str

    @classmethod
    def from_bytes(cls, name: str, data: bytes, brotli: bytes | None = None) -> "Asset":
        """Make an asset of the file `name` with the content `data`, which `brotli` is the compressed form of.

        Raises:
            KeyError: The page has no files of this type.
        """
        # Without a time in the gzip header, the same content is compressed to the same bytes on every machine.
        gzipped = gzip.compress(data, mtime=0)
        return cls(_TYPES[Path(name).suffix], data, gzipped, brotli, sha256(data).hexdigest())


def read_assets(folder: Path = BUILT) -> Mapping[str, Asset]:
    """Read the built page.

    Args:
        folder: The folder in which it was built.

    Returns:
        The files by path below `folder` (`index.html`, `page.js`, ...), without compressed forms; empty if the page
        is not built.

    Raises:
        OSError: A file cannot be read.
        KeyError: The page has no files of this type.
    """
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
    plain = (name for name in files if not name.endswith(BROTLI))
    return {name: Asset.from_bytes(name, files[name], files.get(f"{name}{BROTLI}")) for name in plain}
