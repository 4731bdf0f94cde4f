"""Every page of docs/operations and docs/assessment has a Chinese page with the same headings, commands, tables and links."""

import pytest

from tests.support.docs.structure import (
    CHINESE,
    DOCS,
    FOLDERS,
    counterpart,
    links_past_the_chinese_page,
    pages,
    structure,
)

each = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(DOCS)))


@each
def test_an_english_page_has_its_chinese_page(page):
    assert counterpart(page).is_file()


def test_a_chinese_page_has_its_english_page():
    found = [page for folder in FOLDERS for page in sorted((CHINESE / folder).glob("*.md"))]
    assert [str(page) for page in found if not (DOCS / page.relative_to(CHINESE)).is_file()] == []


@each
def test_both_pages_have_the_same_structure(page):
    english, chinese = structure(page), structure(counterpart(page))
    assert chinese.headings == english.headings
    assert chinese.blocks == english.blocks
    assert chinese.tables == english.tables
    assert chinese.names == english.names
    assert chinese.links == english.links


@each
def test_a_chinese_page_links_to_chinese_pages(page):
    assert links_past_the_chinese_page(counterpart(page)) == []


PAGE = DOCS / "operations" / "serve.md"
TEXT = """# Title

See [this](settings.md) and `--workers`.

```console
$ pilookup serve --home HOME  # as its user
```

| a | b |
| --- | --- |
| 1 | 2 |
"""


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ("# Title", "## Title", "headings"),
        ("--home HOME", "--home HOME2", "blocks"),
        ("```console", "```bash", "blocks"),
        ("| 1 | 2 |\n", "| 1 | 2 |\n| 3 | 4 |\n", "tables"),
        ("| 1 | 2 |\n", "| 1 |\n", "tables"),
        ("`--workers`", "`--port`", "names"),
        ("settings.md", "scale.md", "links"),
    ],
)
def test_a_difference_is_found(old, new, differs):
    one, other = structure(PAGE, TEXT), structure(PAGE, TEXT.replace(old, new))
    assert [
        field
        for field in ("headings", "blocks", "tables", "names", "links")
        if getattr(one, field) != getattr(other, field)
    ] == [differs]


def test_words_comments_and_titles_may_differ():
    chinese = counterpart(PAGE)
    text = (
        TEXT.replace("Title", "标题")
        .replace("See [this]", "见[那里]")
        .replace("as its user", "以它的用户")
        .replace("| a |", "| 甲 |")
    )
    assert structure(chinese, text.replace("settings.md", "../../operations/settings.md")) == structure(PAGE, TEXT)
    one, other = (
        '```console\n$ pilookup load a --title-zh 甲 --title-en "A b"\n```\n',
        "```console\n$ pilookup load a --title-zh 乙 --title-en C\n```\n",
    )
    assert structure(PAGE, one) == structure(PAGE, other)


OF_CUSTODY = [
    "operations/audit.md",
    "operations/backup.md",
    "operations/two-machines.md",
    "assessment/law.md",
    "assessment/cryptography.md",
]
"""Pages that speak of the audit log and of the journal of removals, and of no log of a server."""


def test_the_journal_and_the_audit_log_have_different_names_in_chinese():
    glossary = (DOCS / "glossary.md").read_text(encoding="utf-8")
    assert all(word in glossary for word in ("删除登记", "审计日志"))
    for page in CHINESE.rglob("*.md"):
        assert "删除日志" not in page.read_text(encoding="utf-8"), page
    for name in OF_CUSTODY:
        text = (CHINESE / name).read_text(encoding="utf-8")
        assert text.count("日志") == text.count("审计日志"), name
    assert all("删除登记" in (CHINESE / name).read_text(encoding="utf-8") for name in OF_CUSTODY)
