"""`combined.json`: metadata and manifest of a release in one file, so that a client needs one request (SPEC.md 8.1)."""

import json
from collections.abc import Mapping
from typing import Final

from pilookup.protocol.release import MANIFEST, ROOT
from pilookup_server.release.verified_file import SMALL_BYTES, VerifiedFile

COMBINED: Final = "combined.json"


def combine(metadata: Mapping[str, bytes], manifest: VerifiedFile | None) -> bytes:
    """The files of one release as JSON: for each name the text of the file, byte for byte.

    Nothing is signed anew, and nothing is trusted that the files do not prove. `root.json` is left out, since it is a
    copy of the newest root.

    Args:
        metadata: The verified files by name.
        manifest: The newest epoch's manifest; None if the release has no epoch. A large one is left out, because
            clients that have it already would fetch it again with each new timestamp.

    Raises:
        UnicodeDecodeError: A file is not UTF-8. Files that were verified are.
    """
    texts = {name: data.decode() for name, data in metadata.items() if name != ROOT}
    if manifest is not None and is_carried(manifest):
        texts[f"targets/{manifest.ref.sha256}.{MANIFEST}"] = manifest.read(0, manifest.ref.size).decode()
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode()


def is_carried(manifest: VerifiedFile) -> bool:
    """Whether `combine` has the text of a manifest."""
    return manifest.ref.size <= SMALL_BYTES
