"""A sync that is killed, or whose disk becomes full, leaves a whole release, and the next one goes on from there.

These tests take every ninth change to the directory; `python -m tests.attacks.scripts.killed_syncs` takes each.
"""

import pytest

from tests.support.checking.ended_syncs import EndedSyncs

STEP = 9


@pytest.mark.parametrize(("full", "delta"), [(False, False), (False, True), (True, True)])
def test_a_sync_that_ends_at_any_change(host, tmp_path, full, delta):
    ended = EndedSyncs(host, tmp_path, delta=delta)
    last = ended.run(STEP, full=full)
    assert last > 50
    assert ended.serials == sorted(ended.serials), "a later end left an older release"
    assert set(ended.serials) == {1, 2}
