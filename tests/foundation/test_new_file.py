"""A new file is created by one of those who create it at the same time, whole, whatever a kill has left."""

import errno
import multiprocessing
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from pilookup import durable, overwriting

FILES = 40
AT_ONCE = 6


def contents(writer):
    """What a writer puts into its files: short and long ones, each of one byte value of its own."""
    return [bytes([writer]) * (1 + number * 97) for number in range(FILES)]


def names(folder):
    return [path.name for path in folder.iterdir()]


def create_all(folder, writer, start):
    """Create all files together with the other writers; return the numbers of those that this one created."""
    made = []
    for number, content in enumerate(contents(writer)):
        start.wait(60)
        try:
            durable.create(folder / str(number), content)
        except FileExistsError:
            continue
        except BaseException:
            start.abort()  # the others need not wait
            raise
        made.append(number)
    return made


def assert_created_once(folder, made):
    assert sorted(number for numbers in made for number in numbers) == list(range(FILES))
    for writer, numbers in enumerate(made):
        for number in numbers:
            path = folder / str(number)
            assert path.read_bytes() == contents(writer)[number]
            assert stat.S_IMODE(path.stat().st_mode) == durable.FILE_MODE
    assert len(names(folder)) == FILES, "no temporary file is left"


def test_threads_create_each_file_once(tmp_path):
    start = Barrier(AT_ONCE)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        made = list(threads.map(lambda writer: create_all(tmp_path, writer, start), range(AT_ONCE)))
    assert_created_once(tmp_path, made)


def _create_and_send(folder, writer, start, pipe):
    made = []
    try:
        made = create_all(folder, writer, start)
    finally:
        pipe.send(made)


def test_processes_create_each_file_once(tmp_path):
    forked = multiprocessing.get_context("fork")
    start, pipes = forked.Barrier(AT_ONCE), [forked.Pipe(duplex=False) for _ in range(AT_ONCE)]
    processes = [
        forked.Process(target=_create_and_send, args=(tmp_path, writer, start, pipe))
        for writer, (_, pipe) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    made = [receiver.recv() if receiver.poll(60) else [] for receiver, _ in pipes]
    for process in processes:
        process.join()
    assert_created_once(tmp_path, made)


@pytest.mark.parametrize("size", [0, 32, overwriting.KEY_FILE_BYTES + 1])
def test_what_a_kill_left_is_replaced(tmp_path, size):
    durable.temporary(tmp_path / "a").write_bytes(b"x" * size)
    durable.create(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_a_small_leftover_is_overwritten_before_it_is_reused(tmp_path):
    left = durable.temporary(tmp_path / "a")
    left.write_bytes(b"a former key" * 10)
    with left.open("rb") as seen:
        written = []
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "fsync", lambda _: written.append(os.pread(seen.fileno(), 1000, 0)))
            durable.create(tmp_path / "a", b"new")
    assert len(written[0]) == 120
    assert b"former" not in b"".join(written)


def test_a_second_name_of_the_file_itself_is_removed_and_the_file_kept(tmp_path):
    """A kill between giving the file its name and taking the temporary one away."""
    durable.create(tmp_path / "a", b"the key")
    os.link(tmp_path / "a", durable.temporary(tmp_path / "a"))
    with pytest.raises(FileExistsError):
        durable.create(tmp_path / "a", b"another")
    assert (tmp_path / "a").read_bytes() == b"the key"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to(path.parent.parent / "victim")])
def test_a_pipe_or_a_link_in_the_way_is_removed_and_not_followed(tmp_path, make):
    victim, folder = tmp_path / "victim", tmp_path / "folder"
    victim.write_bytes(b"of somebody else")
    folder.mkdir()
    make(durable.temporary(folder / "a"))
    durable.create(folder / "a", b"new")
    assert (folder / "a").read_bytes() == b"new"
    assert victim.read_bytes() == b"of somebody else"
    assert names(folder) == ["a"]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        durable.create(tmp_path / "a", b"new")
    assert caught.value.filename == str(tmp_path / "a")
    assert names(tmp_path) == []
