"""Migrations build the tables of the schema, completely or not at all, and never in a wrong database."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from pilookup.custody.control import ControlDatabase, Counts, Dataset, Load, migrate, schema
from pilookup.custody.control.engine import connect, for_writing
from pilookup.errors import CustodyError
from tests.support.custody.home import make_home

LATER = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "HEAD"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("custom", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("channel", sa.Column("note", sa.String(10)))
    op.execute("UPDATE vault_state SET removals = 41")
    FAULT
    op.add_column("epoch", sa.Column("note", sa.String(10)))
"""
FAULTS = {
    "an error": 'op.execute("INSERT INTO nowhere VALUES (1)")',
    "a kill": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
}
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OPEN = """
import sys
from pathlib import Path
from pilookup.custody.control import ControlDatabase, migrate
from pilookup.custody.home import Home
migrate._SCRIPTS = Path(sys.argv[2])
ControlDatabase.open(Home(Path(sys.argv[1]))).close()
"""


def later(tmp_path, fault):
    """A copy of the revisions with one more, which executes the statement `fault` in its middle."""
    scripts = shutil.copytree(migrate._SCRIPTS, tmp_path / "migrations", dirs_exist_ok=True)
    head = ScriptDirectory(str(migrate._SCRIPTS)).get_current_head()
    (scripts / "versions" / "9999_later.py").write_text(LATER.replace("FAULT", fault).replace("HEAD", head))
    return scripts


def shape(home):
    """Every table's columns, the revision and the number of removals."""
    engine = connect(home)
    try:
        with engine.connect() as connection:
            tables = {
                name: [(c["name"], str(c["type"]), c["nullable"]) for c in inspect(connection).get_columns(name)]
                for name in sorted(inspect(connection).get_table_names())
            }
            return (
                tables,
                connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one(),
                connection.execute(text("SELECT removals FROM vault_state")).scalar_one(),
            )
    finally:
        engine.dispose()


def opening(home, scripts):
    return [sys.executable, "-c", OPEN, str(home.path), str(scripts)]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_interrupted_migration_changes_nothing_and_can_be_repeated(database, home, tmp_path, fault):
    before = shape(home)
    failed = subprocess.run(opening(home, later(tmp_path, fault)), capture_output=True, text=True, check=False)
    assert failed.returncode != 0
    assert shape(home) == before
    done = subprocess.run(opening(home, later(tmp_path, "pass")), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    tables, revision, removals = shape(home)
    assert "custom" in tables
    assert tables["epoch"][-1][0] == "note"
    assert (revision, removals) == ("9999", 41)


def test_two_concurrent_migrations_both_succeed(database, home, tmp_path):
    scripts = later(tmp_path, "import time; time.sleep(0.5)")
    both = [subprocess.Popen(opening(home, scripts), stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert shape(home)[1] == "9999"


def test_a_database_of_a_newer_program_is_refused_and_unchanged(database, home, tmp_path):
    subprocess.run(opening(home, later(tmp_path, "pass")), check=True)
    before = shape(home)
    with pytest.raises(CustodyError, match="was made by a newer pilookup: revision 9999"):
        ControlDatabase.open(home)
    assert shape(home) == before


def test_the_migrations_build_the_tables_of_the_schema(database, home, postgresql, tmp_path, monkeypatch):
    migrated = connect(home)
    elsewhere = tmp_path / "schema.sqlite3"
    monkeypatch.setenv(
        "PILOOKUP_DATABASE_URL", postgresql.database() if database.kind == "postgresql" else f"sqlite:///{elsewhere}"
    )
    declared = connect(home)
    schema.metadata.create_all(declared)

    def columns(engine, name):
        found = inspect(engine).get_columns(name)
        return [(c["name"], str(c["type"]), c["nullable"], c.get("primary_key"), c["default"]) for c in found]

    for name in schema.metadata.tables:
        assert columns(migrated, name) == columns(declared, name)
        for ask in ("get_indexes", "get_foreign_keys", "get_unique_constraints", "get_pk_constraint"):
            assert getattr(inspect(migrated), ask)(name) == getattr(inspect(declared), ask)(name)
    declared.dispose()
    migrated.dispose()


def test_loads_from_before_warnings_were_kept_have_none(database, home):
    case = Dataset(1, "case-1", "exposure", "一号案", "Case one", None, sensitive=False, withdrawn_at=None)
    old, new = (
        Load(letter * 32, case.slug, case.id, letter * 64, Counts(3, 2, 2, 0, {"empty": 1}, warnings))
        for letter, warnings in (("a", {}), ("b", {"hidden_sheet": 1}))
    )
    with ControlDatabase.open(home) as control:
        control.commit_loads(case, [old], [], NOW)
    engine = connect(home)
    with for_writing(engine).begin() as connection:
        command.downgrade(migrate._config(connection), "0001")
    engine.dispose()
    assert shape(home)[1] == "0001"
    with ControlDatabase.open(home) as control:
        assert control.loads("case-1") == [old]
        control.commit_loads(case, [new], [], NOW)
        assert control.loads("case-1") == [old, new]


def test_the_names_of_the_files_are_the_revisions_in_their_order():
    scripts = ScriptDirectory(str(migrate._SCRIPTS))
    assert migrate.revisions() == [each.revision for each in scripts.walk_revisions()][::-1]
    assert migrate.revisions()[-1] == scripts.get_current_head()


def test_a_current_database_is_opened_without_alembic(home):
    code = "import sys; sys.modules['alembic'] = None\n" + OPEN
    subprocess.run([sys.executable, "-c", code, str(home.path), str(migrate._SCRIPTS)], check=True)


def test_an_empty_database_is_not_accepted_as_the_control_data(postgresql, home, monkeypatch):
    url = postgresql.database()
    monkeypatch.setenv("PILOOKUP_DATABASE_URL", url)
    with pytest.raises(CustodyError, match="holds no control data; is it the right one"):
        ControlDatabase.open(home)
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_new_home_refuses_a_database_that_is_in_use(postgresql, tmp_path, monkeypatch):
    monkeypatch.setenv("PILOOKUP_DATABASE_URL", postgresql.database())
    first = make_home(tmp_path / "first")
    with ControlDatabase.open(first) as control:
        control.create_channel("public", "coarse")
    with pytest.raises(CustodyError, match="holds control data already; a new HOME needs an empty database"):
        make_home(tmp_path / "second")
    with ControlDatabase.open(first) as control:
        assert [channel.name for channel in control.channels()] == ["public"]


def test_a_missing_or_invalid_database_is_reported(home):
    home.database.write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(CustodyError, match="cannot be used"):
        ControlDatabase.open(home)
    home.database.unlink()
    with pytest.raises(CustodyError, match="missing; are the control data elsewhere"):
        ControlDatabase.open(home)
