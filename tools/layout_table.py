"""Print how random layouts are read, by kind: `python tools/layout_table.py [--layouts N] [--not-yet] [KIND ...]`.

A layout is read, told (numbers are missing, and rejects or warnings count them), or refused; it is a fault if numbers are
missing in silence, a stranger's is stored, numbers of others are not told, or a report has a number in it. For each kind
with a fault, the first seed of each fault is named; `--write KIND SEED FOLDER` writes that layout as a file. With
`--not-yet`, lines for tests/intake/layouts_not_yet.txt.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.intake.layouts.judge import KINDS, judge, written


def print_table(kinds, count):
    """Print one line for each kind, and one for the first of each fault."""
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            judgements = [judge(kind, seed, Path(folder)) for seed in range(count)]
        how = Counter("alarm" if each.warnings else each.how for each in judgements)
        print(f"{kind:40}", ", ".join(f"{number} {word}" for word, number in how.most_common()))
        first = {each.how: each for each in reversed(judgements) if not each.safe or each.warnings or not each.complete}
        print(*(f"    {each}\n" for each in first.values()), sep="", end="")


def print_not_yet(kinds, count):
    """Print the lines of layouts_not_yet.txt for these kinds, except those about options of `load`."""
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            judgements = [judge(kind, seed, Path(folder)) for seed in range(count)]
        faults = {
            "alarm": any(each.warnings for each in judgements),
            "incomplete": not all(each.complete for each in judgements),
            "unsafe": not all(each.safe for each in judgements),
        }
        print(*(f"{kind} {fault}\n" for fault, found in faults.items() if found), sep="", end="")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="kinds of layouts, by default all")
    parser.add_argument("--layouts", type=int, default=6, help="how many of each kind")
    parser.add_argument("--not-yet", action="store_true", help="print lines for layouts_not_yet.txt")
    parser.add_argument("--write", nargs=3, metavar=("KIND", "SEED", "FOLDER"), help="write one layout")
    options = parser.parse_args()
    if options.write:
        kind, seed, folder = options.write
        print(*written(kind, int(seed), Path(folder))[1:])
    elif options.not_yet:
        print_not_yet(options.kinds or KINDS, options.layouts)
    else:
        print_table(options.kinds or KINDS, options.layouts)


if __name__ == "__main__":
    main()
