"""Write what is shipped as a CycloneDX SBOM: `python tools/sbom.py dist` writes `dist/sbom.cdx.json`.

It lists three kinds of components: the distributions in `dist/wheelhouse`, the crates that the native core is linked
from, and the npm packages that the page is bundled from. Build tools and test tools are not shipped and not in it.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).parents[1]
OWN = ("pilookup", "pilookup-server")
LINKED_FROM = "pilookup-binding"


def component(kind: str, name: str, version: str, licence: str, hashes: Iterable[HashType] = ()) -> Component:
    """Make one component.

    Args:
        kind: The type of its package URL: "pypi", "cargo" or "npm".
        name: Its name there; for npm with the scope, as "@noble/curves".
        version: Its version.
        licence: An SPDX expression or a licence's name; empty where its metadata names none.
        hashes: Digests of its files.
    """
    scope, _, short = name.rpartition("/")
    purl = PackageURL(kind, scope or None, short, version)
    return Component(
        name=short,
        group=scope or None,
        version=version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=purl.to_string(),
        licenses=[_licence(licence)] if licence else [],
        hashes=hashes,
    )


def _licence(text: str) -> License:
    made = LicenseFactory().make_from_string(text)
    if isinstance(made, DisjunctiveLicense) and made.name:
        # CycloneDX wants a short name; some METADATA hold the licence's whole text.
        return DisjunctiveLicense(name=text.splitlines()[0])
    return made


def distributions(wheelhouse: Path) -> Iterator[Component]:
    """Yield a component for each distribution in a wheelhouse, with the hashes of all its wheels."""
    wheels: dict[tuple[str, str], list[Path]] = {}
    for wheel in sorted(wheelhouse.glob("*.whl")):
        name, version, _, _ = parse_wheel_filename(wheel.name)
        wheels.setdefault((canonicalize_name(name), str(version)), []).append(wheel)
    for (name, version), files in wheels.items():
        digests = {hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
        yield component("pypi", name, version, distribution_licence(_metadata(files[0])), map(_sha256, digests))


def _metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(member))


def distribution_licence(fields: Message) -> str:
    """Return a wheel's licence: its expression, else its classifiers, else the field of older METADATA."""
    classifiers = [text.rpartition(" :: ")[2] for text in fields.get_all("Classifier") or [] if "License" in text]
    return fields["License-Expression"] or ", ".join(classifiers) or fields["License"] or ""


def crates() -> Iterator[Component]:
    """Yield the crates of rust/Cargo.lock that are linked into `pilookup._core`, ours left out."""
    command = (
        "cargo",
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--features",
        "pilookup-binding/extension-module",
    )
    resolved = json.loads(subprocess.run(command, cwd=ROOT / "rust", capture_output=True, check=True).stdout)
    lock = tomllib.loads((ROOT / "rust" / "Cargo.lock").read_text(encoding="utf-8"))
    checksums = {(one["name"], one["version"]): one.get("checksum") for one in lock["package"]}
    linked = linked_crates(resolved)
    for package in resolved["packages"]:
        if package["id"] in linked and package["source"]:
            name, version = package["name"], package["version"]
            yield component("cargo", name, version, package["license"] or "", [_sha256(checksums[name, version])])


def linked_crates(resolved: dict[str, Any]) -> set[str]:
    """Return the ids of the crates that `cargo metadata` reaches from the binding by other than build and test needs."""
    nodes = {node["id"]: node for node in resolved["resolve"]["nodes"]}
    ahead = [one["id"] for one in resolved["packages"] if one["name"] == LINKED_FROM]
    linked: set[str] = set()
    while ahead:
        crate = ahead.pop()
        if crate not in linked:
            linked.add(crate)
            needed = nodes[crate]["deps"]
            ahead += [one["pkg"] for one in needed if any(kind["kind"] is None for kind in one["dep_kinds"])]
    return linked


def npm_packages(lock: dict[str, Any]) -> Iterator[Component]:
    """Yield the packages of a package-lock.json that are not for development only."""
    for path, package in lock["packages"].items():
        if path and not package.get("dev"):
            algorithm, _, digest = package["integrity"].partition("-")
            if algorithm != "sha512":
                raise ValueError(f"{path} is locked by {algorithm}, not by SHA-512")
            sha512 = HashType(alg=HashAlgorithm.SHA_512, content=base64.b64decode(digest).hex())
            name = path.rpartition("node_modules/")[2]
            yield component("npm", name, package["version"], package.get("license", ""), [sha512])


def _sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def bill(dist: Path) -> Bom:
    """Make the SBOM of a folder of distributions that has a wheelhouse."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    made = Bom()
    made.metadata.component = Component(
        name="pilookup", version=version, type=ComponentType.APPLICATION, bom_ref="root"
    )
    python = list(distributions(dist / "wheelhouse"))
    page = json.loads((ROOT / "server" / "web" / "package-lock.json").read_text(encoding="utf-8"))
    native, bundled = list(crates()), list(npm_packages(page))
    made.components.update(python, native, bundled)
    by_name = {one.name: one for one in python}
    made.register_dependency(made.metadata.component, python)
    made.register_dependency(by_name["pilookup"], native)
    made.register_dependency(by_name["pilookup-server"], bundled)
    return made


def main() -> None:
    """Write the SBOM beside the wheels and print what it counts."""
    dist = Path(sys.argv[1])
    made = bill(dist)
    file = dist / "sbom.cdx.json"
    file.write_text(JsonV1Dot6(made).output_as_string(indent=2) + "\n", encoding="utf-8")
    print(f"{file}: {len(made.components)} components")


if __name__ == "__main__":
    main()
