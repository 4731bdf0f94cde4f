"""`pilookup status` of a serving machine: what its server says about the service database, and `--strict`."""

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from pilookup.cli.app import build
from pilookup.release_files.serving_state import (
    DATABASE,
    DatabaseFault,
    read_database_fault,
    remove_database_fault,
    write_database_fault,
)

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    (tmp_path / "online" / "channels").mkdir(parents=True)
    return tmp_path


def run(home, *options):
    return CliRunner().invoke(build(), ["status", "--home", str(home), *options])


def test_a_database_that_cannot_be_used_is_a_warning_until_it_can(home):
    online = home / "online"
    fault = DatabaseFault(NOW, "connection refused")
    write_database_fault(online, fault)
    assert read_database_fault(online) == fault
    said = " ".join(run(home).output.split())
    assert "cannot use the service database since 2026-11-29T08:00:00Z (connection refused)" in said
    remove_database_fault(online)
    assert read_database_fault(online) is None
    assert "service database" not in run(home).output


def test_a_damaged_record_is_a_warning(home):
    (home / "online" / DATABASE).write_bytes(b'{"version":1,"time":"2026-11-29T08:00:00Z","reason":5}')
    assert "record of the service database is not valid" in " ".join(run(home).output.split())


def test_strict_fails_if_there_is_a_warning_and_only_then(home):
    assert run(home, "--strict").exit_code == 0
    write_database_fault(home / "online", DatabaseFault(NOW, "connection refused"))
    assert [run(home, *options).exit_code for options in ([], ["--json"], ["--strict"], ["--strict", "--json"])] == [
        0, 0, 1, 1,
    ]  # fmt: skip
