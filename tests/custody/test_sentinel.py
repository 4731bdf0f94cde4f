import io
import json
import logging
import sqlite3

import pytest

from pilookup.cli.load_text import outcome_lines
from pilookup.custody import html_report
from pilookup.custody.load import load as loading
from pilookup.custody.load import reject_spool
from pilookup.custody.load.staging import pop_rejects
from pilookup.custody.removal import erase
from pilookup.errors import CustodyError, PilookupError
from pilookup.protocol.label import Kind
from tests.support.custody.home import files_under, opened, run_load, write_csv

NUMBER = "13871946205"
ACCOUNT = "sentinel-account"
NAME = "sentinel-villager"
WORDS = [NUMBER, NUMBER[3:], ACCOUNT, NAME]


def spellings(word):
    data = word.encode()
    return [data, word.encode("utf-16-le"), word.encode("utf-16-be"), data.hex().encode(), data[::-1]]


SENTINELS = [spelling for word in WORDS for spelling in spellings(word)] + [int(NUMBER).to_bytes(8, "little")]


def found_in(data):
    return [sentinel for sentinel in SENTINELS if sentinel in data]


def seized(tmp_path):
    rows = [f"{NAME},{NUMBER},{ACCOUNT},2024-05-01", f"{NAME},{NUMBER[:-1]},{ACCOUNT},"]
    return write_csv(tmp_path / f"{NUMBER}.csv", rows, "姓名,手机号,账号,日期")


def test_the_search_finds_every_spelling():
    for word in WORDS:
        assert all(found_in(b"x" + spelling + b"y") for spelling in spellings(word))


def test_no_file_under_home_holds_a_number_an_account_or_a_name_at_any_step(home, tmp_path, monkeypatch):
    written = []
    make = loading._write_shards

    def make_shards(*given, **options):
        written.extend(files_under(home.path, audit=True).values())
        return make(*given, **options)

    monkeypatch.setattr(
        reject_spool,
        "pop_rejects",
        lambda *given: written.extend(files_under(home.path, audit=True).values()) or pop_rejects(*given),
    )
    monkeypatch.setattr(loading, "_write_shards", make_shards)
    with opened(home.path) as session:
        run_load(session, [seized(tmp_path)], kind=Kind.MALICIOUS, rejects=io.StringIO())
        with pytest.raises(PilookupError):
            run_load(session, [seized(tmp_path)], kind=Kind.MALICIOUS)
        erase(session, b"tel:+86" + NUMBER.encode())
        run_load(session, [seized(tmp_path)], kind=Kind.MALICIOUS, replace=True)
    written.extend(files_under(home.path, audit=True).values())
    assert sum(b"PLKS" in data[:4] for data in written) > 3
    for data in written:
        assert not found_in(data)


def test_the_database_holds_no_file_name(home, tmp_path):
    with opened(home.path) as session:
        run_load(session, [seized(tmp_path)], kind=Kind.MALICIOUS)
    database = sqlite3.connect(home.database)
    dump = "\n".join(database.iterdump())
    database.close()
    assert "case-1" in dump
    assert not found_in(dump.encode())


def test_reports_logs_and_reprs_contain_no_number(home, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with opened(home.path) as session:
        outcome = run_load(session, [seized(tmp_path).rename(tmp_path / "plain.csv")], kind=Kind.MALICIOUS)
        texts = json.dumps(outcome.to_json()) + repr(session) + repr(session.loads()) + repr(outcome)
        texts += html_report(outcome, session.now) + "\n".join(outcome_lines(outcome))
    streams = capfd.readouterr()
    assert outcome.total.accepted == 1
    assert not found_in((texts + caplog.text + streams.out + streams.err).encode())


def test_the_report_of_a_file_without_a_header_and_named_by_a_number_contains_neither(home, tmp_path):
    rows = [f"{NUMBER},{NAME}", f"{int(NUMBER) + 1},{NAME}{NUMBER}"]
    path = write_csv(tmp_path / f"{NUMBER}.csv", rows[1:], rows[0])
    with opened(home.path) as session:
        outcome = run_load(session, [path], dry_run=True)
        texts = html_report(outcome, session.now) + "\n".join(outcome_lines(outcome)) + json.dumps(outcome.to_json())
    assert outcome.total.accepted >= 2
    assert "138….csv" in texts
    assert not found_in(texts.encode())


def test_errors_contain_no_cell(home, tmp_path):
    path = write_csv(tmp_path / "plain.csv", [f"{NUMBER[:-1]},{NAME}"], "phone,name")
    with opened(home.path) as session, pytest.raises(PilookupError) as caught:
        run_load(session, [path])
    assert not found_in(str(caught.value).encode())
    path = write_csv(tmp_path / "two.csv", [NUMBER])
    with opened(home.path) as session:
        outcome = run_load(session, [path, path])
        assert not found_in("\n".join(outcome.total.notes).encode())
        with pytest.raises(CustodyError) as caught:
            run_load(session, [path])
    assert not found_in(str(caught.value).encode())
