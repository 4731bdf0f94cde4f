"""The command line of a script that makes a file of vectors: it writes the file, or with `--check` compares it."""

import argparse
import sys
from pathlib import Path


def main(file: Path, text: str, description: str | None) -> int:
    """Write `text` into `file`, or with `--check` compare them; returns the exit code."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    if not parser.parse_args().check:
        file.write_text(text)
        return 0
    if file.read_text() == text:
        return 0
    print(f"{file.name} is not what the script makes", file=sys.stderr)
    return 1
