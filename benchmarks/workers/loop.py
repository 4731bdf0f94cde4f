"""The process of one subject: loop.py CORE MODULE N. It uses only the standard library, to run in every environment.

It pins itself to the core, imports MODULE and calls its `prepare(N)`, which returns jobs (a name, the number of things
that a run handles, the function to run) and facts. It writes one line of JSON with those. Then, for every line that it
reads (a job's name), it runs the job and writes one line with the wall and processor seconds. What the subject prints
goes to standard error.
"""

import gc
import importlib
import json
import os
import sys
import time
from typing import Any, TextIO


def main() -> None:
    core, module, n = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    os.sched_setaffinity(0, {core})
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        jobs, facts = importlib.import_module(module).prepare(n)
        gc.freeze()  # otherwise the time of the collector, which scans what was prepared, would be measured
        tell(answers, {"amounts": {name: amount for name, (amount, _) in jobs.items()}, "facts": facts})
        for line in sys.stdin:
            _, job = jobs[line.strip()]
            gc.collect()
            cpu, wall = time.process_time(), time.perf_counter()
            job()
            tell(answers, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu})


def tell(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
