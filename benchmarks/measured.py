"""Run a command and write its wall seconds, processor seconds and peak memory to a file: measured.py OUT COMMAND...

This is a separate, small process, because Linux counts into a child's peak what its parent held at the fork.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    out, *command = sys.argv[1:]
    start = time.perf_counter()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    figures = {"seconds": seconds, "peak_bytes": usage.ru_maxrss * 1024, "cpu_seconds": usage.ru_utime + usage.ru_stime}
    Path(out).write_text(json.dumps(figures), encoding="utf-8")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
