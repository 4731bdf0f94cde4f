"""Descriptors of a worker while former releases are in their grace."""

from pathlib import Path

import pytest
from pilookup_server.release.former_releases import MOST_FORMER

from pilookup.protocol.buckets import Geometry
from tests.support.server import release_fixture
from tests.support.server.release_fixture import LATER

pytestmark = pytest.mark.anyio
OF_A_RELEASE = 4
"""One for `buckets.bin` and one for its mapping, and as many for `tree.bin` where that is large. Other files are small."""


def of_releases():
    """Open files of releases."""
    names = [path.readlink().name for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return sum(name.endswith((".bin", ".json", ".fuse16")) for name in names)


async def test_a_release_takes_few_and_gives_them_back(running, repository, clock, monkeypatch):
    monkeypatch.setattr(release_fixture, "GEOMETRY", Geometry(11, 64))  # a tree of 128 KiB
    repository.publish({1: (2, LATER)}, clock.now)
    before = of_releases()  # of other tests of this process
    async with running() as server:
        first = of_releases() - before
        assert 0 < first <= OF_A_RELEASE
        for serial in range(3, 3 + MOST_FORMER + 4):
            repository.publish({1: (serial, LATER)}, clock.now)
            await server.public.tick()
            assert of_releases() - before <= OF_A_RELEASE * (1 + min(serial - 2, MOST_FORMER))
        clock.pass_(seconds=301)
        await server.public.tick()
        assert of_releases() - before == first
