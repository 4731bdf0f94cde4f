"""Rename members, parameters and variables by a table: run from the top of the repository, with ruff on PATH.

    python tools/moves/rename_words.py tools/moves/words/NAME.toml

The table lists `[[rename]]` entries with `files` (globs) and `words` (old = "new"). A word is replaced wherever it stands
alone, in code and in text. A word that no file of its entry holds fails the run, so that a table is never out of date.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path


def main(table: str) -> None:
    changed: set[str] = set()
    for entry in tomllib.loads(Path(table).read_text())["rename"]:
        paths = sorted({path for pattern in entry["files"] for path in Path().glob(pattern) if path.is_file()})
        for old, new in entry["words"].items():
            pattern = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)")
            hits = 0
            for path in paths:
                text = path.read_text()
                renamed, count = pattern.subn(new, text)
                hits += count
                if count:
                    path.write_text(renamed)
                    changed.add(str(path))
            if not hits:
                raise SystemExit(f"{table}: no {old!r} in {entry['files']}")
    python = [path for path in sorted(changed) if path.endswith((".py", ".pyi"))]
    if python:
        subprocess.run(["ruff", "check", "--quiet", "--select", "I", "--fix", *python], check=False)
        subprocess.run(["ruff", "format", "--quiet", *python], check=True)


if __name__ == "__main__":
    main(sys.argv[1])
