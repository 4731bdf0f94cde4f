"""A text file takes the same memory, however long it is."""

import gzip
import tracemalloc

import pytest

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.read import read_file
from pilookup.protocol.label import Kind


def peak(path) -> int:
    """Peak of Python memory in bytes while a file is read."""
    report = Report()
    tracemalloc.start()
    for _ in read_file(path, IntakeOptions(Kind.EXPOSURE), report, None, None):
        pass
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.accepted > 0
    return highest


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_text_streams(tmp_path, name):
    peaks = []
    for rows in (60_000, 110_000):
        path = tmp_path / f"{rows}-{name}"
        with gzip.open(path, "wt", 1) if name.endswith("gz") else path.open("w") as stream:
            stream.write("name,phone,address\n")
            stream.writelines(f"n{i},1380{i:07d},{i % 97 * 'x' + str(i)}\n" for i in range(rows))
        peaks.append(peak(path))
    assert peaks[1] < peaks[0] * 1.2
