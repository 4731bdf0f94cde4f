"""The file that `dataset set --texts` reads, in TOML or JSON."""

import json
import tomllib
from pathlib import Path
from typing import Any, Final

from pilookup.errors import CustodyError
from pilookup.plain_file import read_plain

MAX_BYTES: Final = 1 << 20


def read_texts(path: Path) -> dict[str, Any]:
    """Read the texts of a dataset.

    Args:
        path: A file named .json, or otherwise in TOML.

    Raises:
        CustodyError: It is not TOML or JSON in UTF-8.
        OSError: It cannot be read, or is larger than 1 MiB.
    """
    data = read_plain(path, MAX_BYTES)
    try:
        text = data.decode("utf-8-sig")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise CustodyError(f"{path}: {error}") from None
    if not isinstance(found, dict):
        raise CustodyError(f"{path}: not an object")
    return found
