"""docs/zh/sound.md has every sentence of a recording, with its code, as the command that checks a recording knows them."""

from pilookup_server.page_host.sound.sentences import sentences

from tests.support.docs.documents import ROOT

PAGE = (ROOT / "docs" / "zh" / "sound.md").read_text(encoding="utf-8")


def test_the_script_has_every_sentence_with_its_code():
    table = PAGE.partition("|---|---|\n")[2]
    assert table == "".join(f"| {one.code} | {one.text} |\n" for one in sentences())


def test_the_example_of_a_code_is_one():
    assert f"例如 {sentences()[0].code}。" in PAGE


def test_a_local_sentence_shows_its_slot():
    assert [one.name for one in sentences() if "〔" in one.text] == [one.name for one in sentences() if one.local]
