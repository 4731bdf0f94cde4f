"""`python -m pilookup_server.sandbox --port N`, as `pilookup sandbox` starts it."""

import argparse
import sys

from pilookup.errors import PilookupError
from pilookup_server.sandbox.server import serve_sandbox


def main() -> int:
    """Serve until SIGTERM; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    try:
        serve_sandbox(parser.parse_args().port)
    except PilookupError as error:
        print(f"pilookup: {error}", file=sys.stderr)  # noqa: T201 - as the command line does
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
