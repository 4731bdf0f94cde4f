"""Custody and the server take the same lock of a channel."""

import stat

import pytest

from pilookup.release_files.channel_lock import channel_lock


def test_a_second_holder_that_does_not_wait_does_not_get_it(tmp_path):
    with channel_lock(tmp_path, wait=True) as held:
        assert held
        with channel_lock(tmp_path, wait=False) as second:
            assert not second
    with channel_lock(tmp_path, wait=False) as third:
        assert third


def test_the_file_is_private(tmp_path):
    with channel_lock(tmp_path, wait=True):
        assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600


@pytest.mark.parametrize("wait", [True, False])
def test_a_symbolic_link_is_refused(tmp_path, wait):
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="lock"), channel_lock(tmp_path, wait=wait):
        pass
    assert not (tmp_path / "elsewhere").exists()
