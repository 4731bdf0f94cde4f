"""Fill a folder from which both distributions install without a network: `python tools/wheelhouse.py dist`.

The argument is the folder that holds the built wheels of `pilookup` and `pilookup-server`. Its subfolder `wheelhouse/`
gets copies of them, the wheels of everything that they need (not the tools of development), for each Python of
`PYTHONS` on this platform, and `requirements.txt`, which pins all of it with hashes:

    pip install --no-index --find-links wheelhouse --require-hashes -r wheelhouse/requirements.txt

Versions and hashes come from requirements.lock. A dependency that publishes no wheel is built from its locked source
distribution, without build isolation, so with the locked build tools; its wheel must run on every Python.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from email import message_from_bytes
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

PYTHONS = ("3.11", "3.12", "3.13")
LOCK = Path(__file__).parents[1] / "requirements.lock"
# What a machine of either half may need: the whole police side with PostgreSQL, and the server.
WANTED = ("pilookup[cli,load,postgresql]", "pilookup-server[poster]")
OWN = frozenset({"pilookup", "pilookup-server"})

Requires = Callable[[str], Iterable[str]]


def closure(wanted: Iterable[str], python: str, requires: Requires) -> set[str]:
    """Collect the names of all distributions that some requirements lead to on one Python.

    Args:
        wanted: The requirements to start from, with their extras.
        python: The Python to evaluate markers for, such as "3.12"; the platform is this machine's.
        requires: Returns the requirements of a distribution, by its canonical name.

    Returns:
        Canonical names, those of `wanted` included.
    """
    environment = {**default_environment(), "python_version": python, "python_full_version": f"{python}.0"}
    ahead = [Requirement(text) for text in wanted]
    seen: set[tuple[str, str]] = set()
    while ahead:
        requirement = ahead.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                needed = map(Requirement, requires(name))
                ahead += [
                    one for one in needed if not one.marker or one.marker.evaluate(environment | {"extra": extra})
                ]
    return {name for name, _ in seen}


def locked(text: str) -> dict[str, str]:
    """Parse requirements.lock: each canonical name with its pin and hashes, as pip reads them."""
    blocks = re.finditer(r"^([\w.-]+)==\S+(?: \\\n +--hash=\S+)+", text, re.MULTILINE)
    return {canonicalize_name(block[1]): block[0] for block in blocks}


def requirements(wheels: Iterable[Path], wanted: Iterable[str]) -> str:
    """Write the text of a requirements file that allows these wheels and no others.

    Args:
        wheels: The files. Those of one distribution have one version.
        wanted: Requirements whose extras are kept on their distribution's line.

    Raises:
        ValueError: Two files are of different versions of one distribution.
    """
    extras = {canonicalize_name(Requirement(one).name): sorted(Requirement(one).extras) for one in wanted}
    pins: dict[str, str] = {}
    hashes: dict[str, list[str]] = {}
    for wheel in sorted(wheels):
        name, version, _, _ = parse_wheel_filename(wheel.name)
        pin = f"{name}[{','.join(extras[name])}]=={version}" if extras.get(name) else f"{name}=={version}"
        if pins.setdefault(name, pin) != pin:
            raise ValueError(f"two versions of {name} in the wheelhouse")
        hashes.setdefault(name, []).append(hashlib.sha256(wheel.read_bytes()).hexdigest())
    return "".join(
        " \\\n    ".join([pins[name], *(f"--hash=sha256:{digest}" for digest in hashes[name])]) + "\n"
        for name in sorted(pins)
    )


def wheel_requirements(wheel: Path) -> list[str]:
    """Read what a wheel requires, from its METADATA."""
    with ZipFile(wheel) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(member)).get_all("Requires-Dist") or []


def _requires_of(own: dict[str, Path]) -> Requires:
    """Return what looks up requirements: of our wheels in their METADATA, of all else as installed."""

    def requires(name: str) -> Iterable[str]:
        try:
            return wheel_requirements(own[name]) if name in own else metadata.requires(name) or ()
        except metadata.PackageNotFoundError:
            return ()  # not locked either, which `runtime` reports

    return requires


def _download(blocks: Iterable[str], folder: Path, *options: str) -> str | None:
    """Download pinned distributions. Returns the name of the first that has no file for the options; None if all have.

    Raises:
        RuntimeError: pip failed for another reason.
    """
    listed = folder / "download.in"
    listed.write_text("\n".join(blocks) + "\n", encoding="utf-8")
    command = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps")
    done = subprocess.run(
        [*command, "--require-hashes", *options, "--dest", folder, "--requirement", listed],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    listed.unlink()
    if done.returncode == 0:
        return None
    absent = re.search(r"No matching distribution found for ([\w.-]+)==", done.stderr)
    if not absent:
        raise RuntimeError(done.stderr)
    return canonicalize_name(absent[1])


def _build(block: str, folder: Path) -> None:
    """Build a wheel from a locked source distribution."""
    listed = folder / "build.in"
    listed.write_text(block + "\n", encoding="utf-8")
    command = (sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps")
    subprocess.run(
        [*command, "--no-build-isolation", "--require-hashes", "--wheel-dir", folder, "--requirement", listed],
        check=True,
    )
    listed.unlink()


def fill(folder: Path, needed: dict[str, set[str]], pins: dict[str, str]) -> None:
    """Bring wheels into a folder.

    Args:
        folder: Where they go.
        needed: For each Python, the canonical names of the distributions that it needs.
        pins: What `locked` returns.

    Raises:
        RuntimeError: pip failed, or a wheel built here runs on some Pythons only.
    """
    unpublished: set[str] = set()
    for python, names in needed.items():
        options = ("--only-binary", ":all:", "--python-version", python, "--implementation", "cp")
        while absent := _download([pins[name] for name in sorted(names - unpublished)], folder, *options):
            unpublished.add(absent)
    before = set(folder.iterdir())
    for name in sorted(unpublished):
        _build(pins[name], folder)
    for wheel in set(folder.iterdir()) - before:
        if not wheel.name.endswith("-py3-none-any.whl"):
            raise RuntimeError(f"{wheel.name} was built here and runs on this Python only")


def own_wheels(dist: Path) -> dict[str, Path]:
    """Find our built wheels, by canonical name.

    Raises:
        FileNotFoundError: One of the two is not there, or there more than once.
    """
    wheels = list(dist.glob("*.whl"))
    found = {canonicalize_name(wheel.name.partition("-")[0]): wheel for wheel in wheels}
    if found.keys() != OWN or len(wheels) != len(OWN):
        raise FileNotFoundError(f"{dist} should hold one wheel each of {', '.join(sorted(OWN))}")
    return found


def runtime(own: dict[str, Path], pins: dict[str, str]) -> dict[str, set[str]]:
    """Collect what our wheels need, for each Python: canonical names, our own left out.

    Raises:
        ValueError: Something needed is not in requirements.lock.
    """
    needed = {python: closure(WANTED, python, _requires_of(own)) - OWN for python in PYTHONS}
    if absent := set().union(*needed.values()) - pins.keys():
        raise ValueError(f"requirements.lock lacks {', '.join(sorted(absent))}")
    return needed


def main() -> None:
    """Make the wheelhouse beside the wheels; what a former run left there is deleted."""
    dist = Path(sys.argv[1])
    own = own_wheels(dist)
    folder = dist / "wheelhouse"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pins = locked(LOCK.read_text(encoding="utf-8"))
    fill(folder, runtime(own, pins), pins)
    for wheel in own.values():
        shutil.copy2(wheel, folder)
    wheels = list(folder.glob("*.whl"))
    (folder / "requirements.txt").write_text(requirements(wheels, WANTED), encoding="utf-8")
    print(f"{folder}: {len(wheels)} wheels for Python {', '.join(PYTHONS)}")


if __name__ == "__main__":
    main()
