import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.custody.home import make_home, numbers, write_csv

HERE = str(Path(__file__).parents[2])
FILL = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from tests.support.custody.home import opened, run_load
from tests.support.memory import peak_bytes
from tests.support.passphrase_cost import install_cheap_profile
from pilookup.custody.load import schedule

schedule.SPLIT_BYTES = 1 << 20

install_cheap_profile()
with opened(Path({home!r})) as session:
    outcome = run_load(session, [Path({path!r})])
    assert outcome.total.distinct == {rows}
    print(peak_bytes() >> 10)
"""


def peak_kib(home, path, rows):
    code = FILL.format(here=HERE, home=str(home), path=str(path), rows=rows)
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


@pytest.mark.slow
def test_a_file_of_many_splits_needs_little_more_memory_than_one_of_few(tmp_path):
    home = make_home(tmp_path / "home").path
    peaks = []
    for rows in (5_000, 80_000):
        path = write_csv(
            tmp_path / f"{rows}.csv", (f"{number},{'x' * 2_000}" for number in numbers(rows)), "phone,address"
        )
        peaks.append(peak_kib(home, path, rows))
        home = make_home(tmp_path / f"home-{rows}").path
    grown = 75_000 * 2_012
    assert (peaks[1] - peaks[0]) * 1024 < grown / 2, "the whole file is in memory"
