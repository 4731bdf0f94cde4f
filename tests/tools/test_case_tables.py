"""tools/case_table.py and tools/layout_table.py count how cases and layouts are read."""

from tests.support.intake.cases import Verdict, all_cases, kinds
from tests.support.tools import load_tool

case_table, layout_table = load_tool("case_table"), load_tool("layout_table")


def test_the_table_of_cases_counts_each_kind():
    verdicts = {case.name: Verdict("read", []) for case in all_cases()}
    first = next(iter(kinds().values()))[0]
    verdicts[first] = Verdict("silent", ["1 numbers missing"])
    _, *rows = (line.rsplit(maxsplit=9) for line in case_table.table(verdicts))
    counts = {row[0].strip(): row[1:] for row in rows}
    count = len(all_cases())
    assert counts["all"] == [str(count), str(count - 1), str(count - 1), "-", "-", "-", "1", "-", "-"]
    kind = next(iter(kinds()))
    size = len(kinds()[kind])
    assert counts[kind] == [str(size), str(size - 1), str(size - 1), "-", "-", "-", "1", "-", "-"]


def test_the_table_of_layouts_names_a_kind(capsys):
    layout_table.print_table(["accounts_alone"], 3)
    assert capsys.readouterr().out.startswith("accounts_alone ")


def test_a_layout_is_written_as_a_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["layout_table.py", "--write", "fixed_width", "3", str(tmp_path)])
    layout_table.main()
    [path] = tmp_path.iterdir()
    assert capsys.readouterr().out.startswith(str(path))
