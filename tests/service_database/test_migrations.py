"""Migrations build the tables of the schema, completely or not at all, and never in another program's database."""

import shutil
import subprocess
import sys

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from pilookup_server.service_database import migrate, schema
from pilookup_server.service_database.counts import ServiceDatabase
from pilookup_server.service_database.engine import ServiceDatabaseError, connect, for_writing
from sqlalchemy import inspect, text

from tests.support.server.service_databases import opened

LATER = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "HEAD"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("custom", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("platform_usage", sa.Column("note", sa.String(10)))
    op.execute("UPDATE epoch_count SET evaluated = 41")
    FAULT
    op.add_column("epoch_count", sa.Column("note", sa.String(10)))
"""
FAULTS = {
    "an error": 'op.execute("INSERT INTO nowhere VALUES (1)")',
    "a kill": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
}
OPEN = """
import sys
from pathlib import Path
from pilookup_server.service_database import migrate
from pilookup_server.service_database.counts import ServiceDatabase
migrate._SCRIPTS = Path(sys.argv[3])
ServiceDatabase.open(Path(sys.argv[1]), sys.argv[2]).close()
"""


def later(tmp_path, fault):
    """A copy of the revisions with one more, which executes the statement `fault` in its middle."""
    scripts = shutil.copytree(migrate._SCRIPTS, tmp_path / "migrations", dirs_exist_ok=True)
    (scripts / "versions" / "9999_later.py").write_text(LATER.replace("FAULT", fault).replace("HEAD", migrate.head()))
    return scripts


def opening(home, kind, scripts):
    return [sys.executable, "-c", OPEN, str(home / "online"), kind.url, str(scripts)]


def shape(home, kind):
    """Every table's columns, the revision and the counts."""
    engine = connect(home / "online", kind.url)
    try:
        with engine.connect() as connection:
            tables = {
                name: [(c["name"], str(c["type"]), c["nullable"]) for c in inspect(connection).get_columns(name)]
                for name in sorted(inspect(connection).get_table_names())
            }
            counts = list(connection.execute(text("SELECT channel, epoch, evaluated FROM epoch_count")))
            return tables, migrate.revision(connection), counts
    finally:
        engine.dispose()


@pytest.fixture
def used(home, kind):
    with opened(home, kind.url) as database:
        database.take("public", 1, 5, 0, 10)
    return home


def revisions():
    """All revisions, newest first."""
    return [each.revision for each in ScriptDirectory(str(migrate._SCRIPTS)).walk_revisions()]


@pytest.mark.parametrize("revision", [*revisions(), "base"])
def test_a_database_of_every_revision_is_migrated(used, kind, revision):
    before = shape(used, kind)
    engine = connect(used / "online", kind.url)
    with for_writing(engine).begin() as connection:
        command.downgrade(migrate._config(connection), revision)
    engine.dispose()
    with opened(used, kind.url) as database:
        assert database.revision() == migrate.head()
    assert shape(used, kind)[:2] == before[:2]
    assert shape(used, kind)[2] == ([] if revision == "base" else [("public", 1, 5)])


def test_the_names_of_the_files_are_the_revisions_in_their_order():
    scripts = ScriptDirectory(str(migrate._SCRIPTS))
    assert migrate.revisions() == [each.revision for each in scripts.walk_revisions()][::-1]
    assert migrate.head() == scripts.get_current_head()


def test_the_migrations_build_the_tables_of_the_schema(used, kind, postgresql, tmp_path):
    migrated = connect(used / "online", kind.url)
    declared = connect(tmp_path, postgresql.database() if kind.url else "")
    schema.metadata.create_all(declared)

    def columns(engine, name):
        found = inspect(engine).get_columns(name)
        return [(c["name"], str(c["type"]), c["nullable"], c.get("primary_key"), c["default"]) for c in found]

    for name in schema.metadata.tables:
        assert columns(migrated, name) == columns(declared, name)
        assert inspect(migrated).get_pk_constraint(name) == inspect(declared).get_pk_constraint(name)
    declared.dispose()
    migrated.dispose()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_interrupted_migration_changes_nothing_and_can_be_repeated(used, kind, tmp_path, fault):
    before = shape(used, kind)
    failed = subprocess.run(opening(used, kind, later(tmp_path, fault)), capture_output=True, check=False)
    assert failed.returncode != 0
    assert shape(used, kind) == before
    subprocess.run(opening(used, kind, later(tmp_path, "pass")), check=True)
    tables, revision, counts = shape(used, kind)
    assert "custom" in tables
    assert (revision, counts) == ("9999", [("public", 1, 41)])


def test_concurrent_first_starts_all_succeed(home, kind):
    starts = [
        subprocess.Popen(opening(home, kind, migrate._SCRIPTS), stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [process.communicate()[1] for process in starts]
    assert [process.returncode for process in starts] == [0, 0, 0], said
    assert shape(home, kind)[1] == migrate.head()


def test_a_database_of_a_newer_program_is_refused_with_the_remedy_and_unchanged(used, kind, tmp_path, server):
    subprocess.run(opening(used, kind, later(tmp_path, "pass")), check=True)
    before = shape(used, kind)
    refusal = f"a newer pilookup made the tables .revision 9999, this one knows {migrate.head()}.: run that version"
    for migrate_tables in (True, False):
        with pytest.raises(ServiceDatabaseError, match=refusal):
            ServiceDatabase.open(used / "online", kind.url, migrate_tables=migrate_tables)
    running = server()
    running.keeper.tick()
    assert not running.ledger.readable
    assert shape(used, kind) == before


def test_a_database_of_another_program_is_refused(home, kind):
    engine = connect(home / "online", kind.url)
    with for_writing(engine).begin() as connection:
        connection.execute(text("CREATE TABLE dataset (id INTEGER)"))
    engine.dispose()
    with pytest.raises(ServiceDatabaseError, match="tables of another program; give it an empty one of its own"):
        ServiceDatabase.open(home / "online", kind.url)


def test_a_table_of_revisions_that_makes_no_sense_is_an_outage_and_no_crash(used, kind, server):
    engine = connect(used / "online", kind.url)
    with for_writing(engine).begin() as connection:
        connection.execute(text("INSERT INTO service_revision VALUES ('0000')"))
    engine.dispose()
    with pytest.raises(ServiceDatabaseError, match="the tables are not as a pilookup made them"):
        ServiceDatabase.open(used / "online", kind.url)
    running = server()
    running.keeper.tick()
    assert not running.ledger.readable


def test_without_migrating_an_empty_database_is_refused(home, kind):
    with pytest.raises(ServiceDatabaseError, match="run: pilookup service migrate"):
        ServiceDatabase.open(home / "online", kind.url, migrate_tables=False)
