import os

import pytest

from pilookup.plain_file import plain_file, read_plain


def test_a_plain_file_is_read_up_to_a_size(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_plain(path, 5) == b"12345"
    with plain_file(path) as file:
        assert file.read(2) == b"12"
    with pytest.raises(OSError, match=rf"too large: '{path}'"):
        read_plain(path, 4)


@pytest.mark.parametrize("kind", ["pipe", "directory", "link", "missing", "device"])
def test_anything_else_is_an_error_that_names_it(tmp_path, kind):
    path = tmp_path / "file"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "link":
        (tmp_path / "target").touch()
        path.symlink_to(tmp_path / "target")
    elif kind == "device":
        path = type(path)(os.devnull)
    with pytest.raises(OSError, match=str(path)):
        read_plain(path, 5)
