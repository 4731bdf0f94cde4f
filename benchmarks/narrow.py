"""pilookup's core built without AVX-512, so that a machine that has it can also show what others can expect."""

import os
import subprocess
from pathlib import Path

from benchmarks.environment import PLACE, NotInstalledError
from benchmarks.machine import ROOT

MANIFEST = ROOT / "rust" / "binding" / "Cargo.toml"
TARGET = PLACE / "narrow"
FLAGS = '--cfg curve25519_dalek_backend="simd"'
"""In place of the flags in .cargo/config.toml: curve25519-dalek then carries AVX2 and the portable arithmetic alone."""


def narrow_core(*, build: bool) -> Path:
    """The extension module's file; our own lanes are left alone by PILOOKUP_BACKEND=dalek.

    Raises NotInstalledError when it is not there and `build` is not asked for, or cannot be built.
    """
    path = TARGET / "release" / "lib_core.so"
    if build:
        _build()
    elif not path.is_file():
        raise NotInstalledError("the core without AVX-512 is built by a full run only")
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
