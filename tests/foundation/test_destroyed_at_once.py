"""Processes that destroy the same file at the same time, as custody and the server do with ended keys, both succeed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from pilookup import destruction, durable, overwriting
from pilookup.keyring import Half, Keyring

FILES = 100
AT_ONCE = 4


@pytest.fixture
def keyring(tmp_path):
    return Keyring.create(tmp_path / "custody", Half.CUSTODY, b"correct horse")


def at_once(make, act):
    """Make each of some files, and act on it in several threads, which start together."""
    start = Barrier(AT_ONCE)

    def act_together(number):
        start.wait(60)
        act(number)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for number in range(FILES):
            make(number)
            list(threads.map(act_together, [number] * AT_ONCE))


@pytest.mark.parametrize("act", [destruction.destroy, overwriting.discard])
def test_files(tmp_path, act):
    at_once(lambda number: (tmp_path / str(number)).write_bytes(bytes(32)), lambda number: act(tmp_path / str(number)))
    assert list(tmp_path.iterdir()) == []


def test_keys(keyring):
    at_once(lambda number: keyring.add_bytes(f"a-{number}", bytes(32)), lambda number: keyring.destroy(f"a-{number}"))
    assert list((keyring.directory / "keys").iterdir()) == []


@pytest.mark.parametrize("act", [destruction.destroy, overwriting.discard])
@pytest.mark.parametrize("temporary", [False, True])
def test_another_process_deletes_a_file_while_it_is_overwritten(tmp_path, monkeypatch, act, temporary):
    path = tmp_path / "key"
    victim = durable.temporary(path) if temporary and act is destruction.destroy else path
    victim.write_bytes(bytes(32))
    _first(monkeypatch, overwriting, "overwrite", victim.unlink)
    act(path)
    assert list(tmp_path.iterdir()) == []


def test_another_process_destroys_a_key_before_it_loses_its_name(keyring, monkeypatch):
    keyring.add_bytes("a", bytes(32))
    _first(monkeypatch, Path, "rename", keyring.path("a").unlink)
    keyring.destroy("a")
    assert keyring.ids() == []


@pytest.mark.parametrize("link", [False, True])
def test_another_process_takes_the_temporary_file_while_a_file_is_created(tmp_path, monkeypatch, link):
    """It is a link of somebody else that both take away, or it has got its name already."""
    path = tmp_path / "key"
    new = durable.temporary(path)
    if link:
        new.symlink_to(tmp_path / "nowhere")
        _first(monkeypatch, Path, "unlink", lambda: new.rename(tmp_path / "elsewhere"))
    else:
        _after(monkeypatch, durable.os, "link", lambda: new.rename(tmp_path / "elsewhere"))
    durable.create(path, b"new")
    assert path.read_bytes() == b"new"


def _first(monkeypatch, owner, name, act):
    """Let something happen before the first call of a function."""
    call, calls = getattr(owner, name), []

    def replaced(*args, **options):
        if not calls:
            calls.append(name)
            act()
        return call(*args, **options)

    monkeypatch.setattr(owner, name, replaced)


def _after(monkeypatch, owner, name, act):
    call = getattr(owner, name)

    def replaced(*args, **options):
        result = call(*args, **options)
        act()
        return result

    monkeypatch.setattr(owner, name, replaced)
