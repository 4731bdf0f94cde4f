"""Print how the cases of tests/intake/cases are read, by kind: `python tools/case_table.py [--each] [--not-yet]`.

A case is read, or told (numbers are missing and rejects or warnings say so), or refused (with a location and a reason);
it is a fault if numbers are missing in silence or others are stored. `passed` counts the cases whose `expected.json` is
met. With `--each`, one line for each case that does not pass, with its faults. With `--not-yet`, the names of these cases,
for `not_yet.txt`. Ends with status 1 if a case is silent, stores other numbers or crashes.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.intake.cases import Vault, all_cases, kinds
from tests.support.passphrase_cost import install_cheap_profile

HOW = ("read", "told", "refused", "no option", "silent", "stranger", "crash")


def judge_all():
    """The verdict on each case, by its name."""
    install_cheap_profile()
    with tempfile.TemporaryDirectory() as folder, Vault.at(Path(folder) / "home") as vault:
        return {case.name: vault.judge(case) for case in all_cases()}


def table(verdicts):
    """Lines of a table with one row for each kind."""
    rows = [["kind", "cases", "passed", *HOW]]
    groups = kinds() | {"all": list(verdicts)}
    for kind, names in groups.items():
        how = Counter(verdicts[name].how for name in names)
        passed = sum(verdicts[name].passed for name in names)
        rows.append([kind, str(len(names)), str(passed), *(str(how[each] or "-") for each in HOW)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", action="store_true", help="print the faults of each case that does not pass")
    parser.add_argument("--not-yet", action="store_true", help="print the names of the cases that do not pass")
    options = parser.parse_args()
    verdicts = judge_all()
    failed = {name: verdict for name, verdict in verdicts.items() if not verdict.passed}
    if options.not_yet:
        print(*failed, sep="\n")
        return 0
    print(*table(verdicts), sep="\n")
    if options.each:
        print(*(f"{name}: {verdict.how}: {', '.join(verdict.faults)}" for name, verdict in failed.items()), sep="\n")
    return int(any(verdict.how in ("silent", "stranger", "crash") for verdict in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
