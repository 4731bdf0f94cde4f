"""The guides in both languages explain every reason and warning, and every message that they quote exists."""

import re

import pytest

from pilookup.custody.intake.load_warning import WarningCode
from pilookup.identifier import Reason
from tests.support.docs.documents import ROOT

ENGLISH, CHINESE = ROOT / "docs/operations/load-and-publish.md", ROOT / "docs/zh/operations/load-and-publish.md"
HEADINGS = {
    ENGLISH: ("Rejected rows", "Warnings", "Errors"),
    CHINESE: ("拒收的行", "警告", "出错时"),
}
ERASED = "erased"

both = pytest.mark.parametrize("page", HEADINGS, ids=["english", "chinese"])


def rows(page, at):
    """Return the first cell of each row of the table under a heading."""
    text, heading = page.read_text(encoding="utf-8"), HEADINGS[page][at]
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def sources():
    return "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "pilookup").rglob("*.py")))


@both
def test_a_guide_explains_every_reason_once(page):
    assert sorted(rows(page, 0)) == sorted([*Reason, ERASED])
    assert f'rejected["{ERASED}"]' in sources()


@both
def test_a_guide_explains_every_warning_once(page):
    assert rows(page, 1) == list(WarningCode)


@both
def test_a_guide_names_every_option_of_load_that_settles_a_warning(page):
    text = page.read_text(encoding="utf-8")
    for option in (
        "--column phone=",
        "--not-column",
        "--scan-text",
        "--encoding",
        "--hidden-sheets",
        "--region",
        "--password-file",
        "--strict",
        "--skip-bad",
        "--report",
        "--rejects",
    ):
        assert f"`{option}" in text, option


@both
def test_a_guide_quotes_only_messages_that_are_raised(page):
    quoted = rows(page, 2)
    assert len(quoted) >= 8
    code = sources()
    for message in quoted:
        parts = [part.strip() for part in message.split("...") if part.strip()]
        assert parts
        assert all(part in code for part in parts), message
