"""The native core built without AVX-512, for figures of machines without it."""

import os
import subprocess
from pathlib import Path

from benchmarks.environment import PLACE, NotInstalledError
from benchmarks.machine import ROOT

MANIFEST = ROOT / "rust" / "binding" / "Cargo.toml"
TARGET = PLACE / "narrow"
FLAGS = '--cfg curve25519_dalek_backend="simd"'
"""Replaces the flags in .cargo/config.toml: curve25519-dalek then has only AVX2 and the portable arithmetic."""


def narrow_core(*, build: bool) -> Path:
    """Return the extension module's file, built first if `build`. PILOOKUP_BACKEND=dalek keeps it from using our lanes.

    Raises:
        NotInstalledError: the file is missing and `build` is False, or it cannot be built.
    """
    path = TARGET / "release" / "lib_core.so"
    if build:
        _build()
    elif not path.is_file():
        raise NotInstalledError("only a full run builds the core without AVX-512")
    return path


def _build() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    command = ["cargo", "build", "--release", "--locked", "--features", "extension-module"]
    log = TARGET.with_suffix(".log")
    with log.open("wb") as output:
        done = subprocess.run(
            [*command, "--manifest-path", str(MANIFEST), "--target-dir", str(TARGET)],
            env=os.environ | {"RUSTFLAGS": FLAGS},
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        raise NotInstalledError(f"the core without AVX-512 could not be built ({log.relative_to(ROOT)})")
