"""The processor, system, versions and commit of a run. Figures cannot be interpreted without them."""

import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pilookup import _core

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("pilookup", "pilookup-server", "cryptography", "fastapi", "httpx2", "numpy", "pyarrow", "tuf", "uvicorn")
FLAGS = ("adx", "avx", "avx2", "avx512f", "avx512ifma", "avx512vbmi", "avx512vl", "bmi2", "sha_ni", "vaes", "asimd")
"""The processor flags that affect the arithmetic of some row."""
_LOAD = round(os.getloadavg()[0], 1)


def machine() -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _field("model name") or platform.processor() or platform.machine(),
        "processor": processor(),
        "flags": flags(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "load_before": _LOAD,
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "backend": _core.backend(),
        "commit": _commit(),
    }


def processor() -> str:
    """Return a name for the folder of this processor's results, such as `amd-25-17-avx512ifma`.

    It consists of the vendor, the family and the model as the system gives them, and the arithmetic that was used. A
    virtual machine may give another model than the hardware has.
    """
    vendor = {"AuthenticAMD": "amd", "GenuineIntel": "intel"}.get(_field("vendor_id"), platform.machine())
    parts = (vendor, _field("cpu family"), _field("model"), _core.backend())
    return "-".join(part for part in parts if part).lower()


def flags() -> list[str]:
    has = set((_field("flags") or _field("Features")).split())
    return [flag for flag in FLAGS if flag in has]


def _field(name: str) -> str:
    """Return a field of the first processor in /proc/cpuinfo; empty if there is none."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = (line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name)
    return next(found, "")


def _commit() -> str | None:
    """Return the checkout's commit, with `+` if files differ from it; None outside a checkout."""

    def git(*words: str) -> str | None:
        done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False)  # noqa: S607
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("rev-parse", "--short=12", "HEAD")
    return commit and commit + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")
