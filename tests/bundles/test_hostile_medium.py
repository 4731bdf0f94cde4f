"""Whoever can write the medium between export and import, and while it is read: nothing but the bundle is taken up."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from pilookup.bundles import read as reading
from pilookup.bundles.incoming import Trusted
from pilookup.bundles.pieces import BundleStream
from pilookup.errors import BundleError, PilookupError
from tests.support.bundles.machines import LATER, carried, export, import_bundle, opened, serve, state
from tests.support.custody.channel import NUMBERS

PIECE = 8192


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Three bundles of one HOME, the last ones in pieces too; tests do not change what is in it."""
    path = tmp_path_factory.mktemp("machines")
    custody, bundle, serving = carried(path)
    import_bundle(bundle, serving, custody)
    serve(serving)
    for at, out in enumerate(("second", "third")):
        with opened(custody, LATER) as home:
            home.erase(NUMBERS[at])
        export(custody, path / out, LATER)
        export(custody, path / f"{out}-pieces", LATER, piece_size=PIECE)
    return path


@pytest.fixture
def serving(machines, tmp_path):
    return shutil.copytree(machines / "serving", tmp_path / "serving")


@pytest.fixture
def disc(machines, tmp_path):
    """A medium with the pieces of the newest bundle."""
    folder = tmp_path / "disc"
    folder.mkdir()
    for path in machines.glob("third-pieces.*"):
        shutil.copy(path, folder / path.name.replace("third-pieces", "bundle"))
    return folder


def others(machines):
    return sorted(machines.glob("second-pieces.*"))


def refused(paths, home, match=None):
    before = state(home)
    with pytest.raises((PilookupError, OSError), match=match) as caught:
        import_bundle(paths, home, now=LATER)
    assert state(home) == before
    assert not (home / "online" / "incoming").exists()
    return str(caught.value)


def _pipe(path, _):
    os.mkfifo(path)


def _socket(path, _):
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(path.parent)
        try:
            made.bind(path.name)
        finally:
            os.chdir(here)


def _device(path, _):
    path.symlink_to("/dev/zero")


def _link(path, whole):
    whole.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def _folder(path, _):
    path.mkdir()


def _loop(path, _):
    path.symlink_to(path)


def _sparse(path, whole):
    shutil.copy(whole, path)
    os.truncate(path, 1 << 40)


@pytest.mark.parametrize("put", [_pipe, _socket, _device, _link, _folder, _loop, _sparse])
@pytest.mark.parametrize("number", [1, 2])
def test_no_piece_is_anything_but_a_plain_file_of_its_size(disc, serving, put, number):
    """Without waiting for a pipe, and without reading a device."""
    path = disc / f"bundle.{number:03}"
    whole = disc.parent / "whole"
    path.rename(whole)
    put(path, whole)
    refused(disc, serving)
    refused(path, serving)


@pytest.mark.parametrize("put", [_pipe, _socket, _device, _folder, _loop])
def test_no_bundle_in_one_file_is_anything_else(tmp_path, serving, put):
    put(tmp_path / "bundle", None)
    refused(tmp_path / "bundle", serving)


@pytest.mark.parametrize("put", [_pipe, _socket, _device, _loop, _folder])
def test_no_trust_file_on_a_medium_is_anything_else(tmp_path, put):
    put(tmp_path / "trust-bundles.json", None)
    with pytest.raises((PilookupError, OSError)):
        Trusted.read([tmp_path])


def swapped_while_read(monkeypatch, at, act):
    """Do something to the medium just before the bundle's read number `at`."""
    read, left = BundleStream.read, [at]

    def read_after_change(self, size):
        left[0] -= 1
        if left[0] == 0:
            act()
        return read(self, size)

    monkeypatch.setattr(BundleStream, "read", read_after_change)
    monkeypatch.setattr(reading, "BLOCK_BYTES", 1000)


@pytest.mark.parametrize("at", [1, 2, 3, 4, 6, 9, 14])
@pytest.mark.parametrize("what", ["older", "swapped", "grown", "cut", "gone", "zeros"])
def test_a_medium_that_changes_while_it_is_read(machines, disc, serving, monkeypatch, what, at):
    """What is taken up is the bundle that was signed, or nothing: whichever file is changed at whichever moment."""
    files = sorted(disc.iterdir())

    def change():
        if what == "older":
            for path, other in zip(files, others(machines), strict=False):
                shutil.copy(other, path)
        elif what == "swapped":
            content = [path.read_bytes()[64:] for path in files]
            for path, body in zip(files, [*content[1:], content[0]], strict=True):
                path.write_bytes(path.read_bytes()[:64] + body)
        for path in files:
            if what == "grown":
                with path.open("ab") as file:
                    file.write(bytes(1 << 16))
            elif what == "cut":
                os.truncate(path, 100)
            elif what == "gone":
                path.unlink()
            elif what == "zeros":
                size = path.stat().st_size
                path.write_bytes(bytes(size))

    swapped_while_read(monkeypatch, at, change)
    before = state(serving)
    try:
        outcome = import_bundle(disc, serving, now=LATER)
    except (PilookupError, OSError):
        assert state(serving) == before
        assert not (serving / "online" / "incoming").exists()
    else:
        assert outcome.journal == 2
    monkeypatch.undo()
    assert serve(serving, LATER)


def test_a_bundle_that_was_taken_from_the_medium_before_is_not_older_for_ever(machines, serving):
    """Replaying an earlier bundle, whole or in pieces, changes nothing, and the newest is taken up afterwards."""
    import_bundle(machines / "third", serving, now=LATER)
    for old in (machines / "bundle", machines / "second", others(machines)):
        refused(old, serving, "it is older; import the newest one")
    assert import_bundle(machines / "third-pieces", serving, now=LATER).journal == 2


def test_pieces_under_any_names_are_those_of_one_bundle_or_refused(machines, disc, serving):
    """Names in other cases, numbers with more digits, pieces of a second bundle, and files that are no pieces."""
    first = disc / "bundle.001"
    for name in ("BUNDLE.001", "bundle.0001", "other.001"):
        shutil.copy(first, disc / name)
        assert "piece 1 is here twice" in refused(disc, serving)
        if name != "bundle.0001":  # the others are of another name than the one given
            import_bundle(first, shutil.copytree(serving, disc.parent / f"copy-{name}"), now=LATER)
        (disc / name).unlink()
    shutil.copy(others(machines)[0], disc / "Bundle.001")
    assert "a piece of another bundle than" in refused(disc, serving)
    (disc / "Bundle.001").unlink()
    (disc / "bundle.010").write_bytes(b"")
    assert "bundle.010" in refused(disc, serving)
    (disc / "bundle.010").unlink()
    (disc / "readme.txt").write_bytes(b"")
    (disc / "folder").mkdir()
    import_bundle(disc, serving, now=LATER)


@pytest.mark.parametrize("field", ["offset", "size", "number", "count", "bundle"])
def test_no_head_of_a_piece_is_trusted(disc, serving, field):
    at, size = {"bundle": (8, 32), "number": (40, 4), "count": (44, 4), "offset": (48, 8), "size": (56, 8)}[field]
    for path in sorted(disc.iterdir())[:2]:
        data = path.read_bytes()
        for value in (b"\x01", b"\x7f", b"\xff"):
            path.write_bytes(data[:at] + value * size + data[at + size :])
            refused(disc, serving)
        path.write_bytes(data)


def test_a_name_of_a_piece_is_no_path(disc, serving, tmp_path):
    """What stands in a bundle never says where a piece is, and a link to a directory leads to files that are verified."""
    (tmp_path / "link").symlink_to(disc)
    assert import_bundle(tmp_path / "link", serving, now=LATER).journal == 2
    with pytest.raises(BundleError, match="no piece of a bundle"):
        import_bundle(tmp_path / "serving", serving, now=LATER)
