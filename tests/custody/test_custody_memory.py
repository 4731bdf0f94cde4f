import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from custody_home import found

HERE = str(Path(__file__).parent)
FILL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {here!r})
import numpy as np
from custody_home import opened
from pilookup.custody.vault.rows import ROW
from pilookup.custody.vault.writer import LoadWriter

rng = np.random.default_rng(1)
with opened(Path({home!r})) as session:
    writer = LoadWriter(session.vault, "a" * 32, 1, limit=1 << 16)
    for _ in range({batches}):
        rows = np.zeros(1 << 15, ROW)
        rows["element"] = np.frombuffer(rng.bytes(32 << 15), "V32")
        rows["month"] = 300
        writer.add(rows)
    writer.finish()
    assert writer.distinct == {batches} << 15
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_kib(home, batches):
    code = FILL.format(here=HERE, home=str(home), batches=batches)
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


@pytest.mark.slow
def test_a_load_of_many_times_the_buffer_needs_little_more_memory(tmp_path):
    home = found(tmp_path / "home").path
    small, large = (peak_kib(home, batches) for batches in (4, 64))
    rows = (64 - 4) << 15
    assert (large - small) * 1024 < rows * np.dtype("V54").itemsize / 2, "memory grows with the rows"
