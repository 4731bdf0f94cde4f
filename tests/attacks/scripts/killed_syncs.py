"""Kill a sync, or fill its disk, at each change to the mirror's directory: `python -m tests.attacks.scripts.killed_syncs`.

After each one a client must find a whole release, never an older one than after an earlier end, and the next sync must
complete what was begun.
"""

import tempfile
from itertools import product
from pathlib import Path

from pilookup.checking.mirror import ranges
from tests.support.checking.ended_syncs import FIRST, EndedSyncs
from tests.support.checking.numbers import LABEL
from tests.support.checking.server import Host
from tests.support.checking.static_channel import StaticChannel


def main():
    ranges.PART_BYTES = 2048
    for full, delta in product((False, True), (False, True)):
        publisher = StaticChannel()
        publisher.publish({FIRST: LABEL})
        host = Host(publisher)
        with tempfile.TemporaryDirectory(prefix="pilookup-killed-syncs-") as folder:
            ended = EndedSyncs(host, Path(folder), delta=delta)
            last = ended.run(1, full=full)
        host.close()
        assert ended.serials == sorted(ended.serials)
        what = f"{'full disks' if full else 'kills'} {'of a delta' if delta else 'of a whole'}"
        print(f"{last} {what}: serial 1 after {ended.serials.count(1)}, serial 2 after {ended.serials.count(2)}")


if __name__ == "__main__":
    main()
