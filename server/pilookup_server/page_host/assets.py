"""The page's files, built from `server/web` into this package and held in memory."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

BUILT: Final = Path(__file__).parents[1] / "page"
"""Where `server/web/build.mjs` puts the page; absent in a source tree where it has not run."""

INDEX: Final = "index.html"

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page: its media type, its bytes plain and gzipped, and an entity tag's text for each."""

    media_type: str
    plain: bytes = field(repr=False)
    gzipped: bytes = field(repr=False)
    etag: str

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> "Asset":
        """Raises KeyError for a kind of file the page does not have."""
        # No time in the gzip header: the same file is the same bytes on every machine.
        gzipped = gzip.compress(data, mtime=0)
        return cls(_TYPES[Path(name).suffix], data, gzipped, sha256(data).hexdigest())


def read_assets(folder: Path = BUILT) -> Mapping[str, Asset]:
    """The built page by path below its root (`index.html`, `page.js`, ...); empty where it is not built.

    Raises OSError, or KeyError for a kind of file the page does not have.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    named = ((path.relative_to(folder).as_posix(), path.read_bytes()) for path in files)
    return {name: Asset.from_bytes(name, data) for name, data in named}
