"""A small linear run of the real commands: its rows, and its refusal of a load that counts wrongly."""

from dataclasses import replace

import pytest

from benchmarks import scale, synthetic
from benchmarks.home import Home, Ran
from benchmarks.report import Report


def ran(seconds, peak=1, **answer):
    return Ran(answer, seconds, seconds * 1.5, peak)


@pytest.fixture
def report():
    return Report({}, machine={})


@pytest.fixture
def pretended(monkeypatch):
    """Commands that take a second and 10 us a row, and 100 bytes of memory a row."""

    def make(self, work):
        work.mkdir()
        self.rows = 0

    def run(self, command, *_):
        rows = int(self.seized)
        counted = {"rows": rows, "distinct": rows - rows // 20, "rejected": {}, "entries": rows}
        return ran(1 + 1e-5 * rows * (2 if command == "publish" else 1), rows * 100, **counted)

    def write(path, rows):
        path.touch()
        Home.seized = rows
        return synthetic.Written(rows, rows - rows // 20)

    monkeypatch.setattr(Home, "__init__", make)
    monkeypatch.setattr(Home, "run", run)
    monkeypatch.setattr(Home, "remove", lambda _: None)
    monkeypatch.setattr(Home, "seized", 0, raising=False)
    monkeypatch.setattr(scale.synthetic, "write", write)
    monkeypatch.setattr(scale, "tokenise_rate", lambda *_: type("Rate", (), {"median": 100_000}))


@pytest.mark.usefixtures("pretended")
def test_slopes_shares_and_growth_are_those_of_the_commands(report, tmp_path):
    scale.bench(report, tmp_path, [100_000, 200_000, 400_000])
    rows = {row["name"]: row for row in report.rows}
    assert rows["load: slope of the line, wall"]["value"] == pytest.approx(10)
    assert rows["load: slope of the line, wall"]["start_seconds"] == pytest.approx(1)
    assert rows["publish: slope of the line, processor time"]["value"] == pytest.approx(30)
    assert rows["publish: slope of the line, wall"]["greatest_residual_percent"] < 1e-6
    assert rows["load, 400,000 rows"]["rows_a_second"] == pytest.approx(80_000)
    assert rows["load to tokenise alone, all cores"]["max"] == pytest.approx(0.95 * 0.8)
    assert rows["publish to load, by rows a second"]["median"] == pytest.approx(3 / 5)
    assert rows["load: memory, largest to smallest"]["value"] == pytest.approx(4)


@pytest.mark.usefixtures("pretended")
def test_two_sizes_give_no_residual(report, tmp_path):
    scale.bench(report, tmp_path, [100_000, 200_000])
    rows = {row["name"]: row for row in report.rows}
    assert "greatest_residual_percent" not in rows["load: slope of the line, wall"]


@pytest.mark.usefixtures("pretended")
def test_a_load_that_loses_rows_gives_no_figure(report, tmp_path, monkeypatch):
    real = Home.run

    def loses(self, *words):
        done = real(self, *words)
        return replace(done, answer=done.answer | {"distinct": done.answer["distinct"] - 1})

    monkeypatch.setattr(Home, "run", loses)
    with pytest.raises(SystemExit, match="load counted"):
        scale.bench(report, tmp_path, [1000])


def test_the_real_commands_accept_the_synthetic_file(report, tmp_path):
    scale.bench(report, tmp_path, [2000])
    assert [row["n"] for row in report.rows if row["unit"] == "s"] == [2000, 2000]
    assert all(row["value"] > 10 for row in report.rows if row["unit"] == "MiB")
    assert list(tmp_path.iterdir()) == []
