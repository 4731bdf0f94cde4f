import contextlib
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pilookup.custody.control import ControlDatabase, Counts, Dataset, Load
from pilookup.errors import CustodyError
from tests.support import flushing

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CASE = Dataset(1, "case-1", "exposure", "一号案", "Case one", date(2025, 5, 6), sensitive=True, withdrawn_at=None)
COUNTS = Counts(10, 8, 6, 2, {"empty": 2}, {"unread_numbers": 3, "hidden_sheet": 1})


def a_load(number, dataset=CASE):
    return Load(f"{number:032x}", dataset.slug, dataset.id, f"{number:064x}", COUNTS)


@pytest.fixture
def control(home):
    with ControlDatabase.open(home) as control:
        yield control


def test_committed_loads_are_read_back(control):
    control.commit_loads(CASE, [a_load(1), a_load(2)], [], NOW)
    assert control.dataset("case-1") == CASE
    assert control.datasets(active_only=True) == [CASE]
    assert control.loads("case-1") == [a_load(1), a_load(2)]
    assert control.loads("case-2") == []
    assert control.removals() == 0


def test_a_commit_that_fails_leaves_nothing(control):
    control.commit_loads(CASE, [a_load(1)], [], NOW)
    second = replace(CASE, id=2, slug="case-2")
    with pytest.raises(CustodyError, match="the control database failed"):
        control.commit_loads(second, [a_load(2, second), a_load(2, second)], [a_load(1).id], NOW)
    assert control.datasets(active_only=False) == [CASE]
    assert control.loads("case-1") == [a_load(1)]
    assert control.removals() == 0


def test_replacing_counts_as_a_removal(control):
    control.commit_loads(CASE, [a_load(1)], [], NOW)
    control.commit_loads(CASE, [a_load(2)], [a_load(1).id], NOW)
    assert control.loads("case-1") == [a_load(2)]
    assert control.removals() == 1


def test_a_withdrawn_dataset_keeps_its_catalogue_id(control):
    control.commit_loads(CASE, [a_load(1)], [], NOW)
    control.withdraw("case-1", NOW)
    assert control.datasets(active_only=True) == []
    assert control.datasets(active_only=False) == [replace(CASE, withdrawn_at=NOW)]
    assert control.loads("case-1") == []
    assert control.removals() == 1
    assert control.next_dataset_id() == 2


def test_a_catalogue_id_has_at_most_two_bytes(control):
    control.commit_loads(replace(CASE, id=0xFFFE), [a_load(1, replace(CASE, id=0xFFFE))], [], NOW)
    assert control.next_dataset_id() == 0xFFFF
    last = replace(CASE, id=0xFFFF, slug="last")
    control.commit_loads(last, [a_load(2, last)], [], NOW)
    with pytest.raises(CustodyError, match="the catalogue is full"):
        control.next_dataset_id()


TAKE = """
import sys
from pathlib import Path
from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
with ControlDatabase.open(Home(Path(sys.argv[1]))) as control:
    print(control.consume_serial("public"), flush=True)
    sys.stdin.read()
"""


def test_a_serial_is_on_disk_before_it_is_returned(home, control):
    control.create_channel("public", "coarse")
    serials = []
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", TAKE, str(home.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            serials.append(int(process.stdout.readline()))
            process.kill()
    assert serials == [1, 2, 3]
    assert control.consume_serial("public") == 4


def test_concurrent_callers_get_different_serials(home, control):
    control.create_channel("public", "coarse")

    def take(_):
        with ControlDatabase.open(home) as mine:
            return [mine.consume_serial("public") for _ in range(10)]

    with ThreadPoolExecutor(4) as threads:
        serials = [serial for taken in threads.map(take, range(4)) for serial in taken]
    assert sorted(serials) == list(range(1, 41))


def test_the_life_of_an_epoch_is_recorded(control):
    control.create_channel("public", "coarse")
    assert control.channel("public").profile == "coarse"
    first = control.start_epoch("public", 1, NOW)
    assert (first.number, first.started_at, first.serves_until, first.serial) == (1, NOW, None, None)
    control.mark_epoch_released("public", 1, serial=7, removals=3, slots=64)
    control.mark_epoch_released("public", 1, serial=8, removals=3, slots=128)
    control.count_removal()
    second = control.start_epoch("public", 2, NOW, former_until=NOW)
    assert (second.number, second.removals_seen) == (2, 1)
    control.mark_epoch_destroyed("public", 1, NOW)
    one, two = control.epochs("public")
    assert (one.serial, one.removals_seen, one.serves_until, one.destroyed_at) == (8, 3, NOW, NOW)
    assert (one.first_slots, two.first_slots) == (64, None)
    assert (two.number, two.destroyed_at) == (2, None)


def test_the_program_flushes_every_commit_of_sqlite():
    """This process does not: see `flushing`."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        flushing.configure_sqlite(connection, None)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
