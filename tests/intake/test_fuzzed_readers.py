"""A start of the fuzzer of all readers: `tests/attacks/scripts/fuzzed_readers.py` goes on as long as one likes."""

from collections import Counter

import pytest

from pilookup.custody.intake import IntakeOptions
from pilookup.custody.intake.rejects import Rejects
from pilookup.protocol.label import Kind
from tests.attacks.scripts import fuzzed_readers
from tests.attacks.scripts.fuzzed_readers import fuzz, outcome
from tests.support.intake.seeds import PASSWORD, seeds
from tests.support.memory import peak_bytes

FILES = 12


@pytest.mark.parametrize("reader", seeds())
def test_files_to_start_from_are_read(tmp_path, reader):
    for name, content in seeds()[reader]:
        path = tmp_path / name
        path.write_bytes(content)
        assert outcome(path, IntakeOptions(Kind.EXPOSURE, passwords=(PASSWORD,)), 64)[1], name


@pytest.mark.parametrize("reader", seeds())
def test_damaged_files_are_read_or_refused(tmp_path, reader):
    counts = fuzz(reader, 1, tmp_path, lambda counts: counts["files"] < FILES)
    assert counts["read"] + counts["refused"] == FILES, sorted(path.name for path in tmp_path.iterdir())


def test_a_reject_that_is_not_written_is_a_finding(tmp_path, monkeypatch):
    monkeypatch.setattr(Rejects, "add", lambda *_: None)
    counts = fuzz("text", 1, tmp_path, lambda counts: counts["files"] < FILES)
    assert counts["findings"] > 0
    assert Counter(path.suffix for path in tmp_path.iterdir())[".traceback"] == counts["findings"]


def test_what_the_process_held_before_is_no_finding(tmp_path, monkeypatch):
    fuzz("text", 1, tmp_path, lambda counts: counts["files"] < FILES)
    monkeypatch.setattr(fuzzed_readers, "MAX_MEMORY", peak_bytes() // 2)
    counts = fuzz("text", 1, tmp_path, lambda counts: counts["files"] < FILES)
    assert counts["findings"] == 0
