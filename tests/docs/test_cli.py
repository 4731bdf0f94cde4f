"""The commands print and return what the transcripts in tests/docs/transcripts/ say."""

from pathlib import Path

import pytest

from tests.support.docs.transcript import Shell, Step, read_steps

FOLDER = Path(__file__).with_name("transcripts")
SERVED = {"check.txt"}
FRESH = sorted(path.name for path in FOLDER.glob("*.txt") if path.name not in SERVED)


@pytest.mark.parametrize("name", FRESH)
def test_in_a_fresh_directory(name, tmp_path):
    Shell(tmp_path).follow(FOLDER / name)


@pytest.mark.parametrize("name", sorted(SERVED))
def test_against_a_server(name, demo, tmp_path):
    numbers = {"HIT": demo.hit(), "MISS": demo.miss()}
    Shell(tmp_path, URL=demo.url, TRUST=str(demo.home / "trust-public.json"), **numbers).follow(FOLDER / name)


def test_a_transcript_can_fail(tmp_path):
    path = tmp_path / "wrong.txt"
    for text in ("$ echo one\ntwo\n", "$ echo one\none\n? 1\n", "$ echo one; echo two\none\n", "$ echo x\n<n>\n"):
        path.write_text(text)
        with pytest.raises(AssertionError):
            Shell(tmp_path).follow(path)
    path.write_text("$ echo 1,234 rows; echo; echo more; echo end; exit 3\n<n> ...\n...\nend\n? 3\n")
    assert read_steps(path) == [
        Step("echo 1,234 rows; echo; echo more; echo end; exit 3", ["<n> ...", "...", "end"], 3)
    ]
    Shell(tmp_path).follow(path)
