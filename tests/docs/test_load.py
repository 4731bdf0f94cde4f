"""docs/operations/load-and-publish.md explains every reason of a rejection, and every message it quotes exists."""

import re

from pilookup.identifier import Reason
from tests.support.docs.documents import ROOT

PAGE = ROOT / "docs" / "operations" / "load-and-publish.md"
ERASED = "erased"


def rows(heading):
    """Return the first cell of each row of the table under a heading."""
    text = PAGE.read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def sources():
    return "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "pilookup" / "custody").rglob("*.py")))


def test_every_reason_is_explained_once():
    assert sorted(rows("Rejected rows")) == sorted([*Reason, ERASED])
    assert f'rejected["{ERASED}"]' in sources()


def test_every_quoted_message_is_one_that_is_raised():
    quoted = rows("Errors")
    assert len(quoted) >= 8
    code = sources()
    for message in quoted:
        parts = [part.strip() for part in message.split("...") if part.strip()]
        assert parts
        assert all(part in code for part in parts), message
