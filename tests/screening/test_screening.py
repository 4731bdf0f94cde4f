"""A platform's users, screened with each release: exactly the ones that are listed, each change once."""

import stat
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from pilookup import Mirror
from pilookup.checking.result import Reason
from pilookup.errors import ScreenError
from pilookup.screening import matching, screening
from tests.support.checking.server import USED_UP, Answer
from tests.support.screening.platform import LABEL, listed, number, user_table

USERS, HITS = 3000, range(0, 3000, 100)


def users_of(indices):
    return sorted(f"u-{one}" for one in indices)


def test_exactly_the_listed_users_are_found_and_then_gone(platform, publisher):
    users = user_table(range(USERS))
    publisher.publish(listed(HITS), serial=1)
    first = platform.run(users)
    assert (first.rows, first.evaluated, first.joined, first.new, first.gone) == (USERS, USERS, USERS, len(HITS), 0)
    assert platform.changes(first) == {"new": users_of(HITS), "changed": [], "gone": []}

    again = platform.run(users)
    assert (again.evaluated, again.elements, again.found, again.result) == (0, 0, len(HITS), None)

    publisher.publish(listed(range(5000, 5010)), serial=2)
    withdrawn = platform.run(users)
    assert (withdrawn.elements, withdrawn.found, withdrawn.serial) == (0, 0, 2)
    assert platform.changes(withdrawn) == {"new": [], "changed": [], "gone": users_of(HITS)}
    rows = pyarrow.parquet.read_table(withdrawn.result).to_pylist()
    assert {row["asks_for"] for row in rows} == {"released"}
    assert {row["serial"] for row in rows} == {2}
    assert platform.run(users).result is None


def test_data_that_grow_within_an_epoch_are_joined_without_an_evaluation(platform, publisher, host):
    users = user_table(range(USERS))
    publisher.publish(listed(range(0, USERS, 1000)), serial=1)
    platform.run(users)
    evaluations = len(host.evaluations())
    for serial, step in enumerate((500, 200, 100, 40), 2):
        publisher.publish(listed(range(0, USERS, step)), serial=serial)
        outcome = platform.run(users)
        assert (outcome.elements, outcome.serial, outcome.found) == (0, serial, USERS // step)
    assert len(host.evaluations()) == evaluations


def test_a_label_that_changes_is_a_change(platform, publisher):
    users = user_table(range(50))
    publisher.publish(listed([7, 8]), serial=1)
    platform.run(users)
    publisher.publish(listed([7]) | listed([8], replace(LABEL, exposed=True, accounts=9)), serial=2)
    outcome = platform.run(users)
    assert platform.changes(outcome) == {"new": [], "changed": ["u-8"], "gone": []}
    (row,) = pyarrow.parquet.read_table(outcome.result).to_pylist()
    row.pop("row_id")
    assert row == {
        "user": "u-8", "change": "changed", "asks_for": None, "serial": 2, "exposed": True, "malicious": True,
        "accounts": 9, "last_seen": "2025-06", "cases": [4], "more": False,
    }  # fmt: skip


def test_several_numbers_of_a_user_and_several_users_of_a_number(platform, publisher, host):
    publisher.publish(listed([1]), serial=1)
    rows = [("a", number(1)), ("a", number(2)), ("b", "+86 " + number(1)), ("a", number(1)), ("c", number(3))]
    users = pa.table({"user": [user for user, _ in rows], "number": [text for _, text in rows]})
    outcome = platform.run(users)
    assert (outcome.rows, outcome.evaluated, outcome.joined, outcome.new) == (5, 4, 4, 2)
    assert outcome.elements == 3, "a number is evaluated once, whoever has it"
    assert platform.changes(outcome)["new"] == ["a", "b"]
    assert sum(len(one.body) for one in host.evaluations()) == 32 * 4, "three numbers and a canary"


def test_new_users_alone_are_evaluated(platform, publisher):
    publisher.publish(listed([1, 60]), serial=1)
    platform.run(user_table(range(50)))
    outcome = platform.run(user_table(range(100)))
    assert (outcome.evaluated, outcome.elements, outcome.joined) == (50, 50, 100)
    assert platform.changes(outcome)["new"] == ["u-60"]


def test_a_rejected_row_is_counted_and_listed_without_its_number(platform, publisher):
    publisher.publish(listed([1]), serial=1)
    texts = [number(1), "138****8000", None, number(2) + " or " + number(3), "110110199003071234"]
    users = pa.table({"user": list("abcde"), "number": texts})
    outcome = platform.run(users)
    assert (outcome.evaluated, sum(outcome.rejected.values())) == (1, 4)
    lines = (platform.out / "rejects.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in lines] == [
        ["row", "user"],
        *([str(at), "abcde"[at - 1]] for at in range(2, 6)),
    ]
    assert {line.split(",")[2] for line in lines[1:]} == set(outcome.rejected)
    assert not any(text in "\n".join(lines) for text in texts if text)


def rotation(platform, publisher, users):
    """Serial 1 in epoch 1, then serials 2 and 3 of the same data in epochs 1 and 2."""
    publisher.publish(listed(HITS), epoch=1, serial=1)
    platform.run(users)
    publisher.publish(listed(HITS), epoch=1, serial=2)
    publisher.served = (2, 1)
    publisher.publish(listed(HITS), epoch=2, serial=3)


def test_rows_move_to_a_new_epoch_while_joins_go_on_with_either(platform, publisher, host, monkeypatch):
    """The evaluator breaks off after each request, so rows move in small steps, with a publish between them."""
    monkeypatch.setattr(screening, "PART_ROWS", 999)
    users = user_table(range(USERS))
    rotation(platform, publisher, users)
    left, serial, hits = USERS, 4, set(HITS)
    while left:
        break_off_after(host, 1)
        hits ^= {serial, serial * 100}  # one comes, one goes
        publisher.publish(listed(hits), epoch=1, serial=serial)
        publisher.publish(listed(hits), epoch=2, serial=serial + 1)
        outcome = platform.run(users)
        assert (outcome.joined, outcome.found, outcome.evaluated) == (USERS, len(hits), 0)
        assert platform.changes(outcome) == {"new": [f"u-{serial}"], "changed": [], "gone": [f"u-{serial * 100}"]}
        assert outcome.to_move == left - outcome.moved
        left, serial = outcome.to_move, serial + 2
    assert serial > 8, "in several steps"
    publisher.served = (2,)
    publisher.publish(listed(hits), epoch=2, serial=serial)
    after = platform.run(users)
    assert (after.evaluated, after.joined, after.found, after.result) == (0, USERS, len(hits), None)
    assert after.removed_epochs == [1]
    names = [path.name for folder in ("joins", "release", "tokens") for path in (platform.out / folder).iterdir()]
    assert names == ["epoch=2"] * 3


def test_the_serial_is_the_one_of_notices_where_a_former_epoch_has_a_higher_one(platform, publisher):
    """Custody publishes the newest epoch first, so the former one has the higher serial."""
    users = user_table(range(50))
    publisher.publish(listed([1]), epoch=1, serial=1)
    platform.run(users)
    publisher.publish(listed([1]), epoch=2, serial=2)
    publisher.served = (2, 1)
    for serial in (2, 4):
        publisher.publish(listed([serial]), epoch=2, serial=serial)
        publisher.publish(listed([serial]), epoch=1, serial=serial + 1)
        outcome = platform.run(users)
        assert outcome.serial == Mirror(platform.mirror).serial == serial
        assert {row["serial"] for row in pyarrow.parquet.read_table(outcome.result).to_pylist()} == {serial}
        assert outcome.result.endswith(f"-{serial}.parquet")


def test_rows_whose_epoch_ended_before_they_moved_are_not_gone(platform, publisher, host):
    users = user_table(range(USERS))
    rotation(platform, publisher, users)
    publisher.served = (2,)
    publisher.publish(listed(HITS), epoch=2, serial=4)
    host.twist = lambda asked, answer: Answer(503) if asked.method == "POST" else answer
    outcome = platform.run(users)
    assert (outcome.stopped, outcome.remaining, outcome.joined) == ("server_error", USERS, 0)
    assert (outcome.gone, outcome.found, outcome.unjoined, outcome.result) == (0, len(HITS), len(HITS), None)
    host.twist = lambda asked, answer: answer
    outcome = platform.run(users)
    assert (outcome.evaluated, outcome.found, outcome.unjoined, outcome.result) == (USERS, len(HITS), 0, None)


def break_off_after(host, requests):
    """Answer this many evaluations from now on, then 503."""
    left = requests

    def twist(asked, answer):
        nonlocal left
        if asked.method == "POST":
            left -= 1
            return answer if left >= 0 else Answer(503)
        return answer

    host.twist = twist


FAULTS = {
    "down": (lambda asked: Answer(cut=-1), "unreachable"),
    "failing": (lambda asked: Answer(503), "server_error"),
    "slow": (lambda asked: Answer(delay=3.0), "unreachable"),
    "over quota": (lambda asked: Answer(429, headers={"Retry-After": "30"}), "rate_limited"),
    "quota used up": (
        lambda asked: Answer(429, USED_UP, {"Content-Type": "application/problem+json", "Retry-After": "9"}),
        "quota_exceeded",
    ),
    "retired": (lambda asked: Answer(410), "retired"),
    "another key": (lambda asked: Answer(401), "unauthorized"),
    "lying": (lambda asked: Answer(body=asked.body + bytes(64)), "bad_proof"),
    "nonsense": (lambda asked: Answer(body=b"ok"), "bad_response"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_evaluator_that_fails_in_the_middle_stops_the_run_which_resumes(
    platform, publisher, host, monkeypatch, fault
):
    monkeypatch.setattr(screening, "PART_ROWS", 500)
    answer, reason = FAULTS[fault]
    publisher.publish(listed(HITS), serial=1)
    users, evaluated = user_table(range(USERS)), 0

    def twist(asked, right):
        return answer(asked) if asked.method == "POST" and len(host.evaluations()) > 3 else right

    host.twist = twist
    outcome = platform.run(users, timeout=1.0 if fault == "slow" else 30.0)
    assert (outcome.stopped, outcome.evaluated, outcome.remaining) == (reason, 1500, 1500), outcome
    assert outcome.detail
    assert platform.changes(outcome)["new"] == users_of(one for one in HITS if one < 1500)
    host.twist = lambda asked, right: right
    evaluated = sum(len(one.body) for one in host.evaluations())
    outcome = platform.run(users)
    assert (outcome.stopped, outcome.evaluated, outcome.remaining, outcome.joined) == (None, 1500, 0, USERS)
    assert platform.changes(outcome)["new"] == users_of(one for one in HITS if one >= 1500)
    assert sum(len(one.body) for one in host.evaluations()) - evaluated == 32 * 1501


def test_an_older_mirror_is_refused(platform, publisher):
    publisher.publish(listed(HITS), serial=2)
    platform.sync()
    platform.mirror.rename(platform.folder / "older")
    publisher.publish(listed(HITS), serial=3)
    platform.run(user_table(range(10)))
    with pytest.raises(ScreenError, match="serial 2; 3 was joined before") as caught:
        platform.run(user_table(range(10)), sync=False, mirror=platform.folder / "older")
    assert caught.value.reason == Reason.ROLLED_BACK


def test_a_directory_belongs_to_one_local_key(platform, publisher):
    publisher.publish(listed(HITS), serial=1)
    platform.run(user_table(range(10)))
    platform.key = platform.folder / "other.key"
    screening.LocalKey.make(platform.key)
    with pytest.raises(ScreenError, match="another local key") as caught:
        platform.run(user_table(range(10)))
    assert caught.value.reason == "bad_key"


def damage(platform, change):
    (path,) = platform.mirror.rglob("*.buckets.bin")
    path.write_bytes(change(path.read_bytes()))


def emptied(data):
    return bytes(len(data))


def cut(data):
    return data[:-1]


@pytest.mark.parametrize("change", [emptied, cut])
def test_damaged_buckets_are_no_misses(platform, publisher, change):
    """Neither when rows are evaluated, where a canary tells, nor when they are joined."""
    users = user_table(range(100))
    publisher.publish(listed([1]), serial=1)
    platform.sync()
    damage(platform, change)
    with stops() as reasons:
        reasons.append(platform.run(users, sync=False).stopped)
    assert reasons[-1] in ("bad_snapshot", "bad_bucket")
    assert platform.run(users).new == 1
    publisher.publish(listed([2]), serial=2)
    platform.sync()
    damage(platform, change)
    with pytest.raises(ScreenError, match="run `pilookup sync`") as caught:
        platform.run(users, sync=False)
    assert caught.value.reason == "bad_snapshot"
    assert platform.changes(platform.run(users)) == {"new": ["u-2"], "changed": [], "gone": ["u-1"]}


@contextmanager
def stops():
    """Collects the reason of a run that is refused as a whole."""
    reasons = []
    try:
        yield reasons
    except ScreenError as error:
        reasons.append(error.reason)


def test_a_candidate_whose_bucket_was_damaged_since_is_no_miss(platform, publisher):
    users = user_table(range(100))
    publisher.publish(listed([1]), serial=1)
    platform.run(users)
    damage(platform, emptied)
    with pytest.raises(ScreenError, match="run `pilookup sync`"):
        platform.run(users, sync=False)
    assert platform.run(users).found == 1


def test_a_collision_of_join_keys_is_no_hit(platform, publisher, monkeypatch):
    """Every row is a candidate; only the entries that open count."""
    monkeypatch.setattr(matching, "is_in", lambda values, ascending: np.ones(len(values), bool))
    publisher.publish(listed(HITS), serial=1)
    outcome = platform.run(user_table(range(500)))
    assert (outcome.candidates, outcome.found) == (500, 5)
    assert platform.changes(outcome)["new"] == users_of(range(0, 500, 100))


def flipped(data):
    """One bit of the middle is another."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("name", ["tokens", "joins"])
@pytest.mark.parametrize("fault", ["missing", "cut", "altered", "empty"])
def test_a_damaged_part_is_an_error_that_names_the_remedy_or_is_evaluated_again(platform, publisher, name, fault):
    users = user_table(range(100))
    publisher.publish(listed([1]), serial=1)
    platform.run(users)
    publisher.publish(listed([2]), serial=2)
    (path,) = (platform.out / name).rglob("*.*")
    data = path.read_bytes()
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes({"cut": data[:-9], "altered": flipped(data), "empty": b""}[fault])
    if (name, fault) == ("joins", "missing"):
        assert platform.run(users).evaluated == 100
        return
    with pytest.raises(ScreenError, match=path.stem) as caught:
        platform.run(users)
    assert caught.value.reason == "bad_directory"


def test_a_second_run_at_the_same_time_does_nothing(platform, publisher):
    publisher.publish(listed([1]), serial=1)
    platform.sync()
    with (
        screening.ScreenDirectory(platform.out).lock(),
        pytest.raises(ScreenError, match="another run") as caught,
    ):
        platform.run(user_table(range(10)), sync=False)
    assert caught.value.reason == "locked"
    assert not (platform.out / "rejects.csv").exists()


def test_a_directory_of_its_own_mirror(platform, publisher, host):
    publisher.publish(listed(HITS), serial=1)
    screened = screening.Screening.with_own_mirror(platform.out, platform.job())
    assert screened.run(user_table(range(200))).new == 2
    publisher.publish(listed([1]), serial=2)
    outcome = screened.run(user_table(range(200)))
    assert (outcome.elements, outcome.new, outcome.gone) == (0, 1, 2)


def test_every_file_is_the_owners_alone(platform, publisher):
    publisher.publish(listed([1]), serial=1)
    platform.run(user_table(range(100)))
    for path in [platform.key, *platform.out.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("user", ["", None])
def test_a_row_without_a_user_is_an_error_that_names_it(platform, publisher, user):
    publisher.publish(listed([1]), serial=1)
    users = pa.table({"user": ["a", user], "number": [number(1), number(2)]})
    with pytest.raises(ScreenError, match="row 2 has no user") as caught:
        platform.run(users)
    assert caught.value.reason == "bad_input"


def test_what_a_callback_raises_is_raised_unchanged(platform, publisher):
    publisher.publish(listed([1]), serial=1)
    platform.sync()

    def full(*_):
        raise OSError(28, "the callback's own")

    with pytest.raises(OSError, match="the callback's own"):
        screening.Screening(platform.out, platform.job()).run(user_table(range(10)), on_progress=full)
