"""Set the version of both distributions and of the Rust crates: `make version V=1.2.3`.

    python tools/set_version.py 1.2.3 [ROOT]

`PLACES` lists every file that states it. Only releases (three numbers) are accepted, because Python and Cargo spell
pre-releases differently. CHANGELOG.md is written by hand.
"""

import re
import sys
from pathlib import Path

VERSION = r"[0-9]+\.[0-9]+\.[0-9]+"
PLACES = (
    ("pilookup/_version.py", rf'^(__version__ = "){VERSION}(")$', 1),
    ("pyproject.toml", rf'^(version = "){VERSION}(")$', 1),
    ("server/pyproject.toml", rf'^(version = "){VERSION}(")$', 1),
    ("server/pyproject.toml", rf'^( *"pilookup\[cli\]==){VERSION}(",)$', 1),
    ("rust/Cargo.toml", rf'^(\[workspace\.package\]\nversion = "){VERSION}(")$', 1),
    ("rust/Cargo.lock", rf'^(name = "pilookup-(?:core|binding)"\nversion = "){VERSION}(")$', 2),
    ("rust/fuzz/Cargo.lock", rf'^(name = "pilookup-core"\nversion = "){VERSION}(")$', 1),
)
"""Each file, the lines around the version in it, and how often they occur."""


def set_version(root: Path, version: str) -> None:
    """Write `version` to every place below `root`; raises ValueError, before anything is written, where one differs."""
    if not re.fullmatch(VERSION, version):
        raise ValueError(f"{version}: not three numbers such as 1.2.3")
    texts: dict[str, str] = {}
    for name, pattern, expected in PLACES:
        text = texts.get(name) or (root / name).read_text(encoding="utf-8")
        texts[name], count = re.subn(pattern, rf"\g<1>{version}\g<2>", text, flags=re.MULTILINE)
        if count != expected:
            raise ValueError(f"{name}: states the version {count} times, not {expected}")
    for name, text in texts.items():
        (root / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python tools/set_version.py 1.2.3 [ROOT]")
    try:
        set_version(Path(*sys.argv[2:]), sys.argv[1])
    except ValueError as error:
        sys.exit(f"set_version: {error}")
