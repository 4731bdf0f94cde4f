"""Texts in archives and in UTF-16 are loaded in splits, like plain files."""

import gzip
import io
import json

import pytest

from pilookup import _core
from pilookup.custody.intake import Accepted
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.rows.packed import PackedNumbers
from pilookup.custody.load import schedule
from pilookup.custody.load.split_task import BatchTask, MemorySplitTask, SplitOutcome
from pilookup.custody.load.staging import StagedLoad
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind
from tests.support.custody.home import content, numbers, run_load, write_csv


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv"])
def test_such_texts_are_loaded_in_splits_with_the_report_rejects_and_progress_of_a_plain_file(
    session, tmp_path, monkeypatch, name
):
    monkeypatch.setattr(schedule, "SPLIT_BYTES", 4096)
    rows = [f"{number},甲,2024-05-01" for number in [*numbers(3000), "none", *numbers(40), "12"]]
    text = write_csv(tmp_path / "plain.csv", rows, "手机号,账号,日期").read_bytes()
    other = tmp_path / name
    other.write_bytes(gzip.compress(text) if name.endswith("gz") else text.decode().encode("utf-16"))
    splits, progress = [], []
    monkeypatch.setattr(schedule, "MemorySplitTask", lambda *given: splits.append(given) or MemorySplitTask(*given))
    results = []
    for path, slug in ((tmp_path / "plain.csv", "plain"), (other, "other")):
        rejects = io.StringIO()
        done = run_load(
            session,
            [path],
            slug,
            Kind.MALICIOUS,
            rejects=rejects,
            on_progress=lambda *step: progress.append(step),
        )
        kept = [row[1:] for row in content(session, session.control.loads(slug))]
        report = json.dumps(done.total.to_json() | {"notes": []})
        results.append([kept, *(text.replace(path.name, "FILE") for text in (report, rejects.getvalue()))])
    assert results[0] == results[1]
    assert len(splits) > 20
    assert progress[-1] == (other.stat().st_size, other.stat().st_size, 3042)


def test_an_erased_number_stays_out_and_a_cell_too_long_is_refused_with_its_line(session, tmp_path):
    element = _core.tokenise([f"tel:+86{numbers(1)[0]}".encode()], session.keyring.scalar("vault"))
    session.vault.suppress(element)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("\n".join(["phone", *numbers(10)]).encode()))
    assert run_load(session, [path]).total.rejected == {"erased": 1}
    path.write_bytes(gzip.compress("\n".join(["phone,name", f"{numbers(1)[0]},{'x' * 140_000}"]).encode()))
    with pytest.raises(IntakeError, match=r"a\.csv\.gz line 2: has a cell longer"):
        run_load(session, [path], "long")


def test_the_repr_of_a_task_with_numbers_contains_none():
    load = StagedLoad("0" * 32, 1, accounts=False)
    number = numbers(1)[0]
    packed = PackedNumbers.of([Accepted([f"tel:+86{number}".encode()], [number.encode()], [0])], accounts=True)
    split = FileSplit(0, len(number), len(number), 1, whole=True)
    memory = MemorySplitTask("home", load, 3, None, split, number.encode(), rejects=True)
    outcome = SplitOutcome(load.id, 3, rejected_cells=number)
    for held in (memory, BatchTask("home", load, 4, packed), packed.identifiers, outcome):
        assert number not in repr(held)
