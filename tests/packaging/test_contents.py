"""What is in the distributions and the SBOM, and that the source distributions build again."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
from zipfile import ZipFile

import pytest
from cyclonedx.model.bom import Bom

from tests.support.docs.documents import ROOT
from tests.support.packaging.pythons import environment

pytestmark = pytest.mark.release

PACKAGES = {"pilookup": "pilookup", "pilookup_server": "pilookup_server"}


def wheel_of(dist, name):
    (wheel,) = dist.glob(f"{name}-*.whl")
    return wheel


@pytest.mark.parametrize("name", PACKAGES)
def test_a_wheel_holds_its_package_and_nothing_else(dist, name):
    names = ZipFile(wheel_of(dist, name)).namelist()
    assert {one.partition("/")[0] for one in names} == {name, next(n for n in names if ".dist-info" in n).split("/")[0]}
    assert f"{name}/py.typed" in names
    assert any(one.endswith(".dist-info/licenses/LICENSE") for one in names)
    assert not [one for one in names if re.search(r"(^|/)(tests?|conftest)(/|\.py$)|__pycache__", one)]


def test_the_library_is_one_wheel_for_all_pythons(dist):
    assert "-cp311-abi3-" in wheel_of(dist, "pilookup").name
    assert {"pilookup/_core.abi3.so", "pilookup/_core.pyi"} <= set(ZipFile(wheel_of(dist, "pilookup")).namelist())


def test_the_servers_wheel_holds_the_page(dist):
    names = ZipFile(wheel_of(dist, "pilookup_server")).namelist()
    for file in ("index.html", "page.js", "worker.js", "page.css", "licences.txt"):
        assert f"pilookup_server/page/{file}" in names


def test_every_wheel_of_the_wheelhouse_is_pinned_by_its_hash(dist):
    pinned = (dist / "wheelhouse" / "requirements.txt").read_text(encoding="utf-8")
    wheels = list((dist / "wheelhouse").glob("*.whl"))
    digests = {hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels}
    assert digests == set(re.findall(r"--hash=sha256:(\w+)", pinned))
    assert len(wheels) > 60


@pytest.mark.parametrize("name", PACKAGES)
def test_a_source_distribution_builds_again_without_a_network(dist, name, tmp_path):
    (source,) = dist.glob(f"{name}-[0-9]*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation")
    # The same target folder as `make wheels`, so that the crates are not compiled once more.
    settings = environment(CARGO_NET_OFFLINE="true", CARGO_TARGET_DIR=str(ROOT / "rust" / "target"))
    settings["PATH"] = f"{os.path.dirname(sys.executable)}{os.pathsep}{settings['PATH']}"  # noqa: PTH120
    subprocess.run([*pip, "--wheel-dir", tmp_path, folder], env=settings, cwd=tmp_path, check=True)
    (built,) = tmp_path.glob("*.whl")
    assert set(ZipFile(built).namelist()) == set(ZipFile(wheel_of(dist, name)).namelist())


@pytest.fixture(scope="module")
def bill(dist):
    return json.loads((dist / "sbom.cdx.json").read_text(encoding="utf-8"))


def test_the_sbom_is_cyclonedx(bill):
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert Bom.from_json(bill).components


def test_the_sbom_lists_every_wheel(dist, bill):
    listed = {one["content"] for part in bill["components"] for one in part.get("hashes", ())}
    for wheel in (dist / "wheelhouse").glob("*.whl"):
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() in listed


def test_the_sbom_lists_crates_and_npm_packages_that_are_shipped(bill):
    urls = {part["purl"].partition("@")[0].replace("%40", "@") for part in bill["components"]}
    assert {"pkg:cargo/curve25519-dalek", "pkg:cargo/pyo3"} <= urls
    assert any(part["purl"].startswith("pkg:npm/%40noble/curves@") for part in bill["components"])
    assert not urls & {"pkg:cargo/criterion", "pkg:cargo/proptest", "pkg:npm/esbuild", "pkg:pypi/pytest"}


def test_the_sbom_names_a_licence_for_every_component_and_no_folder_of_this_machine(bill):
    assert [part["name"] for part in bill["components"] if not part.get("licenses")] == []
    assert str(ROOT) not in json.dumps(bill)
    assert "file:" not in json.dumps(bill)
