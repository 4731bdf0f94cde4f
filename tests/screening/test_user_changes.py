"""A result is read as the answers of checks, for a policy."""

import pytest

from pilookup import Client
from pilookup.decisions import Policy
from pilookup.errors import ScreenError
from pilookup.screening import UserChange, read_result
from tests.support.screening.platform import LABEL, listed, number, user_table


@pytest.fixture
def client(platform, host):
    with Client(host.url, "platform", host.publisher.pin, mirror=platform.mirror) as client:
        yield client


def test_the_answers_are_those_of_checks(platform, publisher, client):
    users = user_table(range(30))
    publisher.publish(listed([3, 7]) | listed([8], LABEL), serial=1)
    found = platform.run(users)
    assert client.case_details() == {}
    rows = list(read_result(found.result, client.catalogue))
    assert [(row.user, row.change, row.asks_for, row.serial) for row in rows] == [
        (f"u-{one}", "new", None, 1) for one in (3, 7, 8)
    ]
    assert [row.result for row in rows] == client.check_many([number(one) for one in (3, 7, 8)])
    decision = Policy().decide(rows[0].result, scene="login", since=None)
    assert (decision.action, decision.failover) == ("review", False)

    publisher.publish(listed([8]), serial=2)
    gone = platform.run(users)
    rows = list(read_result(str(gone.result), client.catalogue))
    assert {(row.user, row.change, row.asks_for) for row in rows} == {
        (f"u-{one}", "gone", "released") for one in (3, 7)
    }
    assert {row.result.status for row in rows} == {"not_found"}


def test_a_case_that_was_withdrawn_since_is_left_out(platform, publisher):
    publisher.publish(listed([3]), serial=1)
    (row,) = read_result(platform.run(user_table(range(5))).result, ())
    assert isinstance(row, UserChange)
    assert (row.result.cases, row.result.more) == ((), True)


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"no table")
    with pytest.raises(ScreenError, match="damaged"):
        list(read_result(path, ()))
