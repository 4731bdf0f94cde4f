"""`combined.json`: the metadata of a release in one file, so that a client needs one request (SPEC.md section 8.1)."""

import json
from collections.abc import Mapping
from typing import Final

from pilookup.protocol.release import ROOT

COMBINED: Final = "combined.json"


def combine(metadata: Mapping[str, bytes]) -> bytes:
    """The files of one release as JSON: for each name the text of the file, byte for byte.

    Nothing is signed anew, and nothing is trusted that the files do not prove. `root.json` is left out, since it is a
    copy of the newest root.

    Args:
        metadata: The verified files by name.

    Raises:
        UnicodeDecodeError: A file is not UTF-8. Files that were verified are.
    """
    texts = {name: data.decode() for name, data in metadata.items() if name != ROOT}
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode()
