"""A text file takes the same memory, however long it is."""

import gzip
import subprocess
import sys

import pytest

from tests.support.docs.documents import ROOT

READ = """
import sys
from pathlib import Path
from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.read import read_file
from pilookup.protocol.label import Kind
from tests.support.memory import peak_bytes

report = Report()
for _ in read_file(Path(sys.argv[1]), IntakeOptions(Kind.EXPOSURE), report, None, None):
    pass
print(report.accepted, peak_bytes() >> 10)
"""
ROWS = (60_000, 160_000)
ROOM_KIB = 8 << 10
"""What the allocator may take more. The cells of the rows that only the longer file has would take three times as much."""


def peak_kib(path, rows):
    """Peak memory of a process that reads a file, in KiB."""
    done = subprocess.run([sys.executable, "-c", READ, path], cwd=ROOT, capture_output=True, text=True, check=True)
    accepted, peak = map(int, done.stdout.split())
    assert accepted == rows
    return peak


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_text_streams(tmp_path, name):
    peaks = []
    for rows in ROWS:
        path = tmp_path / f"{rows}-{name}"
        with gzip.open(path, "wt", 1) if name.endswith("gz") else path.open("w") as stream:
            stream.write("name,phone,address\n")
            stream.writelines(f"n{i},1380{i:07d},{i % 97 * 'x' + str(i)}\n" for i in range(rows))
        peaks.append(peak_kib(path, rows))
    assert peaks[1] < peaks[0] + ROOM_KIB
