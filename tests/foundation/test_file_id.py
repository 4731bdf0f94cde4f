import os
import pickle

import pytest

from pilookup.file_id import FileId


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "a.csv"
    made.write_bytes(b"13800138000\n")
    return made


def id_of(path):
    return FileId.of(path.stat())


def test_an_unchanged_file_keeps_its_id(path):
    before = id_of(path)
    path.read_bytes()
    os.utime(path, ns=(1, path.stat().st_mtime_ns))
    path.chmod(0o600)
    with path.open("rb") as file:
        assert FileId.of(os.fstat(file.fileno())) == before == id_of(path)


def test_a_file_written_to_has_another_id(path):
    before = id_of(path)
    path.write_bytes(b"13800138001\n")
    os.utime(path, ns=(before.mtime_ns, before.mtime_ns + 1))
    assert id_of(path) != before
    path.write_bytes(b"1380013800\n")
    os.utime(path, ns=(before.mtime_ns, before.mtime_ns))
    assert id_of(path) != before


def test_a_file_that_replaces_it_has_another_id(path):
    before = id_of(path)
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(before.mtime_ns, before.mtime_ns))
    other.rename(path)
    assert id_of(path) != before
    assert not id_of(path).is_same_elsewhere(before)


def test_the_device_is_compared_on_one_machine_only(path):
    here = id_of(path)
    there = here._replace(device=here.device + 1)
    assert here != there
    assert here.is_same_elsewhere(there)
    assert not here.is_same_elsewhere(there._replace(mtime_ns=here.mtime_ns + 1))


def test_a_file_id_can_be_pickled(path):
    assert pickle.loads(pickle.dumps(id_of(path))) == id_of(path)
