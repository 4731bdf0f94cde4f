"""A virtual environment for each peer under build/peers/, since their pinned versions conflict. Hashes are locked."""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.machine import ROOT

LOCKS = Path(__file__).with_name("peers")
PLACE = ROOT / "build" / "peers"
MARK = ".installed"
INSTALL_SECONDS = 900


class NotInstalledError(Exception):
    """A peer could not be installed here; the text is the reason that the table shows."""


def python(name: str) -> Path:
    """Return the interpreter of the environment `name`, which is made first if it is missing or its lock has changed.

    Raises:
        NotInstalledError: pip failed or took too long.
    """
    lock = LOCKS / f"{name}.txt"
    digest = f"{hashlib.sha256(lock.read_bytes()).hexdigest()} {sys.version}"
    place = PLACE / name
    mark = place / MARK
    if not mark.is_file() or mark.read_text(encoding="utf-8") != digest:
        print(f"installing {name} ...", file=sys.stderr, flush=True)
        _install(place, lock)
        mark.write_text(digest, encoding="utf-8")
    return place / "bin" / "python"


def _install(place: Path, lock: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "--disable-pip-version-check"]
    log = place.with_suffix(".log")
    with log.open("wb") as output:
        try:
            done = subprocess.run(
                [*pip, "install", "--require-hashes", "--no-deps", "-r", str(lock)],
                stdout=output,
                stderr=output,
                timeout=INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise NotInstalledError(f"pip did not end in {INSTALL_SECONDS} seconds ({log.relative_to(ROOT)})") from late
    if done.returncode:
        raise NotInstalledError(f"pip could not install {lock.stem} ({log.relative_to(ROOT)})")
