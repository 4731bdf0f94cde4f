"""The rows of the control database in a backup: from and into SQLite and PostgreSQL."""

import json
from datetime import date

import pytest

from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
from pilookup.errors import CustodyError
from tests.support.custody.channel import NOW, initialised
from tests.support.custody.home import run_load, write_csv


@pytest.fixture
def session(at, tmp_path):
    initialised(tmp_path / "home")
    session = at(tmp_path / "home")
    run_load(session, [write_csv(tmp_path / "a.csv", ["13812345678", "x"])], "one", seized_on=date(2026, 1, 2))
    run_load(session, [write_csv(tmp_path / "b.csv", ["13812345679"])], "two", title_zh="案件", sensitive=True)
    session.control.withdraw("one", NOW)
    return session


def test_rows_of_either_database_are_restored_into_either(session, tmp_path, monkeypatch):
    data = session.control.dump()
    with monkeypatch.context() as patch:
        patch.delenv("PILOOKUP_DATABASE_URL", raising=False)
        with ControlDatabase.create(Home.create(tmp_path / "sqlite")) as sqlite:
            sqlite.restore(data)
            assert json.loads(sqlite.dump()) == json.loads(data)
            assert sqlite.datasets(active_only=False) == session.control.datasets(active_only=False)
            assert sqlite.loads("two") == session.control.loads("two")
            assert sqlite.epochs("public") == session.control.epochs("public")
            sqlite.reserve(7, "lost", NOW)
            sqlite.reserve(7, "other", NOW)
            sqlite.reserve(8, "two", NOW)
            assert [(each.id, each.slug) for each in sqlite.datasets(active_only=False)][2:] == [(7, "lost")]
            assert sqlite.next_dataset_id() == 8
            back = sqlite.dump()
    session.control.restore(back)
    assert json.loads(session.control.dump()) == json.loads(back)
    assert session.control.consume_serial("public", 4) == 5
    assert session.control.last_serial("public") == 5


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows | {"later": []},
        lambda rows: rows | {"channel": [each | {"later": 1} for each in rows["channel"]]},
    ],
)
def test_rows_of_a_newer_version_are_refused(session, change):
    before = session.control.dump()
    with pytest.raises(CustodyError, match="made by a newer version"):
        session.control.restore(json.dumps(change(json.loads(before))).encode())
    assert session.control.dump() == before
