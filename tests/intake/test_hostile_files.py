"""Large hostile files end in an answer or an IntakeError, within bounded memory. Run by `make release-check`."""

import subprocess
import sys

import pytest

from pilookup.custody.intake import limits
from tests.support.docs.documents import ROOT
from tests.support.intake.hostile_files import HOSTILE, MIB

pytestmark = pytest.mark.release

WRITE = """
import sys
from pathlib import Path
from tests.support.intake.hostile_files import HOSTILE
HOSTILE[sys.argv[2]][1](Path(sys.argv[1]))
"""
READ = """
import io, resource, sys
from pathlib import Path
from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.read import read_file
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind
from tests.support.memory import peak_bytes

class Nowhere(io.StringIO):
    def write(self, text):
        return len(text)

try:
    for _ in read_file(Path(sys.argv[1]), IntakeOptions(Kind.EXPOSURE), Report(), Nowhere(), None):
        pass
    print("read")
except IntakeError as error:
    print("refused")
    print(error, file=sys.stderr)
print(peak_bytes(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""
# The reader may hold one file of MAX_HELD_BYTES and one Parquet batch, twice while they are converted.
MOST_BYTES = 2 * (limits.MAX_HELD_BYTES + limits.MAX_PARQUET_BATCH_BYTES)


@pytest.mark.parametrize("what", HOSTILE)
def test_a_large_hostile_file_ends_within_bounded_memory(tmp_path, what):
    path = tmp_path / HOSTILE[what][0]
    # Not in this process: its children would start with what it held at its peak.
    assert run(WRITE, path, what).returncode == 0
    done = run(READ, path)
    path.unlink()
    assert done.returncode == 0, done.stderr
    outcome, memory = done.stdout.splitlines()
    own, child = map(int, memory.split())
    assert outcome in {"read", "refused"}
    assert (outcome == "refused") == bool(done.stderr)
    assert own < MOST_BYTES, f"{own // MIB} MiB"
    assert child < limits.MAX_SHEET_MEMORY, f"{child // MIB} MiB"


def run(program, *arguments):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
