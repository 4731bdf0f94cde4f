"""tests/vectors/deltas.json, which is made without the code under test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pilookup import _core
from pilookup.errors import FormatError
from pilookup.protocol import merkle
from pilookup.protocol.buckets import Geometry
from pilookup.release_files.delta_file import SnapshotBuckets, apply_delta, write_delta

VECTORS = Path(__file__).parents[1] / "vectors"
CASES = json.loads((VECTORS / "deltas.json").read_text())["cases"]


def of_type(name):
    return [pytest.param(case, id=case["name"]) for case in CASES if case["type"] == name]


def side(folder, case, name):
    geometry = Geometry(case["bucket_bits"], case["slots"])
    path = folder / name
    path.write_bytes(b"".join(bytes.fromhex("".join(one)).ljust(geometry.stride, b"\0") for one in case[name]))
    return SnapshotBuckets(geometry, bytes.fromhex(case[f"{name}_root"]), path)


def root_of(data, geometry):
    _, leaves = _core.check_buckets(data, geometry.slots)
    return merkle.root(merkle.build(leaves[at : at + 32] for at in range(0, len(leaves), 32)))


def applied(folder, case):
    (folder / "delta").write_bytes(bytes.fromhex(case["delta"]))
    new = side(folder, case, "new")
    out = SnapshotBuckets(new.geometry, new.root, folder / "out")
    apply_delta(side(folder, case, "old"), folder / "delta", out)
    return out.path.read_bytes()


def test_the_file_is_what_its_script_makes():
    subprocess.run([sys.executable, VECTORS / "make_deltas.py", "--check"], check=True)


@pytest.mark.parametrize("case", of_type("delta"))
def test_deltas(tmp_path, case):
    old, new = side(tmp_path, case, "old"), side(tmp_path, case, "new")
    assert (root_of(old.path.read_bytes(), old.geometry), root_of(new.path.read_bytes(), new.geometry)) == (
        old.root,
        new.root,
    )
    write_delta(old, new, tmp_path / "written")
    assert (tmp_path / "written").read_bytes().hex() == case["delta"]
    assert applied(tmp_path, case) == new.path.read_bytes()


@pytest.mark.parametrize("case", of_type("refused"))
def test_refused(tmp_path, case):
    """Refused where the delta is read, except "another removal", which only the root shows."""
    try:
        data = applied(tmp_path, case)
    except FormatError:
        assert case["name"] != "another removal"
    else:
        assert case["name"] == "another removal"
        assert root_of(data, Geometry(case["bucket_bits"], case["slots"])).hex() != case["new_root"]
