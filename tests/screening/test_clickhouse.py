"""The ClickHouse statements of docs/operations/rescreen.md, where chdb is installed: ClickHouse in the process.

It is no dependency of development (900 MB).
"""

import re
import subprocess
import sys

import pytest

from tests.support.docs.documents import ROOT
from tests.support.screening.platform import listed, user_table

pytestmark = pytest.mark.long

PROGRAM = """
import sys
from chdb.session import Session

session = Session()
for statement in sys.stdin.read().split(";"):
    if statement.strip().startswith("SELECT"):
        statement = f"SELECT user_key, newest_epoch FROM ({statement}) ORDER BY user_key"
    if statement.strip():
        sys.stdout.write(str(session.query(statement, "CSV")))
"""


def candidates(out):
    """User and epoch of each candidate, by the statements of the page."""
    page = (ROOT / "docs" / "operations" / "rescreen.md").read_text(encoding="utf-8")
    section = page.partition("### ClickHouse")[2].partition("\n### ")[0]
    (statements,) = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    command = [sys.executable, "-c", PROGRAM]
    text = statements.replace("OUT_DIR", str(out))
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [tuple(line.replace('"', "").split(",")) for line in done.stdout.split()]


def test_each_candidate_comes_once_with_its_newest_epoch(platform, publisher):
    pytest.importorskip("chdb")
    publisher.publish(listed([1, 2]), epoch=1, serial=1)
    platform.run(user_table(range(100)))
    assert candidates(platform.out) == [("u-1", "1"), ("u-2", "1")]
    publisher.publish(listed([1, 2, 3]), epoch=1, serial=2)
    publisher.served = (2, 1)
    publisher.publish(listed([1, 2, 3]), epoch=2, serial=3)
    assert platform.run(user_table(range(100))).moved == 100
    platform.run(user_table(range(100)))
    assert candidates(platform.out) == [("u-1", "2"), ("u-2", "2"), ("u-3", "2")]
