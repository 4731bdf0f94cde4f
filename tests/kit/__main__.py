"""Serves the test kit: `python -m tests.kit [--port N]`, or writes its list of cases: `python -m tests.kit --list`."""

import argparse
import sys
from contextlib import suppress

from tests.kit.cases.every import CASES
from tests.kit.server import Kit, as_json, case_list

PORT = 8790


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.kit", description="Serve the test kit on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=PORT, help=f"the port, by default {PORT}; 0 takes a free one")
    parser.add_argument("--list", action="store_true", help="write the list of cases and exit")
    names = [case.name for case in CASES]
    parser.add_argument("--case", choices=names, metavar="NAME", help="serve this case at the root too")
    options = parser.parse_args()
    if options.list:
        sys.stdout.write(as_json(case_list(CASES)).body.decode())
        return
    with Kit(CASES, options.port, at_root=options.case) as kit, suppress(KeyboardInterrupt):
        print(f"{len(CASES)} cases at {kit.url}/cases.json", flush=True)
        kit.wait()


if __name__ == "__main__":
    main()
