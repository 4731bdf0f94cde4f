"""Notices in the service database: each once, the newest ones, whoever records them and whatever is killed."""

import os
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilookup_server.notice_keeper import NoticeKeeper
from pilookup_server.notices import board as board_module
from pilookup_server.notices import notice as notice_module
from pilookup_server.notices.board import NoticeBoard
from pilookup_server.notices.notice import Notice
from pilookup_server.service_database import notices as notices_module
from pilookup_server.service_database.engine import ServiceDatabaseError
from pilookup_server.service_database.notices import NoticeTable
from sqlalchemy import text
from structlog.testing import capture_logs

from pilookup.errors import FormatError
from tests.support.server.notice_examples import made_notice
from tests.support.server.service_databases import opened


@pytest.fixture
def table(home, kind):
    with opened(home, kind.url) as database:
        yield NoticeTable(database.engine)


@pytest.fixture
def board(tmp_path):
    (tmp_path / "scratch").mkdir()
    return NoticeBoard(tmp_path / "scratch")


def test_a_notice_is_recorded_once_and_never_changed(table):
    first = made_notice(3)
    assert table.record([first]) == 1
    assert table.record([made_notice(3, datasets=(9,)), made_notice(4)]) == 1
    assert table.newest("platform") == [made_notice(4), first]
    assert table.newest("public") == []
    assert table.states() == {"platform": (4, 2)}


def test_only_the_newest_are_kept_in_each_channel(table, monkeypatch):
    monkeypatch.setattr(notices_module, "KEPT", 3)
    table.record([made_notice(serial, channel) for serial in (5, 1, 9, 3, 7, 2) for channel in ("platform", "public")])
    for channel in ("platform", "public"):
        assert [one.serial for one in table.newest(channel)] == [9, 7, 5]


def test_a_row_of_another_program_is_an_error_with_a_name(home, kind, table):
    with opened(home, kind.url) as database, database.engine.begin() as connection:
        connection.execute(text("INSERT INTO notice VALUES ('platform', 1, '[0]', 'https://elsewhere', 0)"))
    with pytest.raises(ServiceDatabaseError, match="a notice of platform is not one that pilookup wrote"):
        table.newest("platform")


def test_what_workers_put_is_recorded_and_listed(home, kind, board):
    keeper = NoticeKeeper(board)
    with opened(home, kind.url) as database:
        for serial in (1, 2, 2):
            board.put(made_notice(serial))
        keeper.keep(database)
        assert board.waiting() == {}
        assert board.listed("platform") == (made_notice(2), made_notice(1))
        NoticeTable(database.engine).record([made_notice(3)])  # another machine
        keeper.keep(database)
        assert [one.serial for one in board.listed("platform")] == [3, 2, 1]
        assert board.listed("public") == ()


@pytest.mark.parametrize("step", ["record", "take", "states", "newest", "replace_list"])
def test_a_keeper_that_is_killed_at_any_step_loses_no_notice(home, kind, board, step):
    board.put(made_notice(1))
    pid = os.fork()
    if pid == 0:
        owner = NoticeBoard if hasattr(NoticeBoard, step) else NoticeTable
        setattr(owner, step, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        with opened(home, kind.url) as database:
            NoticeKeeper(board).keep(database)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL
    with opened(home, kind.url) as database:
        NoticeKeeper(board).keep(database)
        assert NoticeTable(database.engine).newest("platform") == [made_notice(1)]
    assert board.listed("platform") == (made_notice(1),)


def test_a_board_that_cannot_be_written_is_told_once_and_the_database_is_used_on(home, kind, board, monkeypatch):
    keeper = NoticeKeeper(board)

    def full(*_):
        raise OSError(28, "No space left on device")

    with opened(home, kind.url) as database:
        board.put(made_notice(1))
        with monkeypatch.context() as patched:
            patched.setattr(board, "replace_list", full)
            with capture_logs() as lines:
                keeper.keep(database)
                keeper.keep(database)
        assert [line["event"] for line in lines] == ["notices are not passed on"]
        keeper.keep(database)
    assert board.listed("platform") == (made_notice(1),)


def test_a_file_that_is_no_notice_is_told_by_its_name(board, tmp_path):
    (tmp_path / "scratch" / "notice-platform-1.json").write_text("{}")
    with pytest.raises(FormatError, match=r"notice-platform-1\.json: "):
        board.waiting()


def test_a_list_is_bounded_and_keeps_the_newest(board, monkeypatch):
    monkeypatch.setattr(board_module, "LIST_BYTES", 3 * len(made_notice(1).to_bytes()))
    board.replace_list("platform", [made_notice(serial) for serial in (9, 8, 7, 6, 5)])
    assert [one.serial for one in board.listed("platform")] == [9, 8, 7]
    board.replace_list("platform", [made_notice(10, datasets=range(1, 500))])
    assert [one.serial for one in board.listed("platform")] == [10]


def test_a_notice_survives_its_bytes():
    one = made_notice(7)
    assert Notice.from_bytes(one.to_bytes()) == one
    assert one.told("https://check.example")["manifest"].startswith(
        "https://check.example/v1/channels/platform/targets/"
    )
    assert set(one.told("")) == {"channel", "serial", "datasets", "manifest"}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(sorted(notice_module._NAMES)), ANYTHING)
@settings(deadline=None)
def test_a_member_of_another_kind_is_refused_or_is_that_kind(name, value):
    body = {"channel": "platform", "serial": 1, "datasets": [1], "manifest": made_notice(1).manifest, "created": 0}
    try:
        parsed = Notice.from_json(body | {name: value})
    except FormatError:
        return
    found = getattr(parsed, name)
    assert (list(found) if name == "datasets" else found) == value
    assert type(value) is type(body[name])


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_any_other_bytes_are_refused(data):
    with pytest.raises(FormatError):
        Notice.from_bytes(data)
