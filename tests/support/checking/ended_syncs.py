"""Syncs that end at one change to the mirror's directory after another, and what is left then."""

import shutil

from pilookup import Client, Mirror
from tests.support.checking import killed_sync
from tests.support.checking.numbers import HIT, LABEL

FIRST, ADDED = b"tel:+8613800138000", b"tel:+8613900139001"
ADDED_TEXT = "139 0013 9001"


class EndedSyncs:
    """A mirror at serial 1 of a host that has gone on to serial 2, in a new epoch or by a delta."""

    def __init__(self, host, folder, *, delta):
        self.host, self.synced, self.mirror = host, folder / "synced", folder / "mirror"
        Mirror(self.synced).sync(host.url, channel="public", trust=host.publisher.pin)
        host.publisher.deltas = delta
        host.publisher.publish({FIRST: LABEL, ADDED: LABEL}, epoch=1 if delta else 2, serial=2)
        self.serials = []
        """The serial that a client found after each end, in order."""

    def run(self, step, *, full):
        """End syncs at every `step`th change, until one is done.

        Args:
            step: 1 for each change.
            full: whether the disk becomes full, rather than the process being killed.

        Returns:
            The number of changes of the last one.
        """
        change = 0
        while self._end_at(change, full=full) != killed_sync.DONE:
            change += step
        return change

    def _end_at(self, change, *, full):
        shutil.copytree(self.synced, self.mirror)
        pin, begun = self.host.publisher.pin, len(self.host.asked)
        ended = killed_sync.run(self.mirror, self.host.url, pin, change, full=full)
        assert ended in (killed_sync.DONE, killed_sync.REFUSED if full else killed_sync.KILLED)
        self.serials.append(self._serial_for_readers())
        Mirror(self.mirror).sync(self.host.url, channel="public", trust=pin)
        assert self._serial_for_readers() == 2
        names = [str(path.relative_to(self.mirror)) for path in self.mirror.rglob("*")]
        assert not [name for name in names if name.endswith(".new") or name.startswith("partial/")]
        parts = [one for one in self.host.asked[begun:] if one.path.endswith("buckets.bin")]
        assert len(parts) <= 5, "four parts, and perhaps again the one that was on its way"
        shutil.rmtree(self.mirror)
        return ended

    def _serial_for_readers(self):
        """The serial that a client finds, whose release is whole: it has both numbers or the first only."""
        with Client(self.host.url, "public", self.host.publisher.pin, mirror=self.mirror) as client:
            first, second = client.check_many([HIT, ADDED_TEXT])
            assert first.status == "found", first
            assert second.status == ("found" if client.manifest.serial == 2 else "not_found")
            return client.manifest.serial
