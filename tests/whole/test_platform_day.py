"""A day in the life of a platform, with real parts: two machines without a common directory, two workers behind nginx,
PostgreSQL, Valkey or Redis, a static host, `pilookup notify`, and the platform's receiver, mirror, screening and policy.

A case is loaded and published, carried, told and synced; it finds exactly the users that are in it, and none once it is
withdrawn. Then the data grow tenfold within the epoch, and a rotation is planned while publishes and joins go on. In the
end, everything that the platform and the server wrote is searched for numbers and what leads to their entries.
"""

import pytest

from pilookup.protocol.messages import MAX_BATCH
from pilookup.receipts import verify_receipt
from pilookup.reports import Tally, Verb
from pilookup.screening import screening
from tests.support.notify.command import until
from tests.support.platform_day.day import Size, begin, sizes
from tests.support.platform_day.shop import number
from tests.support.platform_day.written import found_in, secret_forms, written

SMALL, FULL = Size(2_000, 100, 4_000), Size(200_000, 100, 40_000)
GROWTH = (1.6, 2.5, 4, 6.3, 10)
LISTED, UNLISTED, ERASED = 700, 717, 701
"""Users: one of the case, one whose number is in no data, and one whose number is erased during the rotation."""


def users_of(indices):
    return {f"u-{one}" for one in indices}


@pytest.mark.parametrize(
    "size", [pytest.param(SMALL, id="small"), pytest.param(FULL, id="full", marks=pytest.mark.long)]
)
def test_a_day(size, tmp_path, monkeypatch, capsys, caplog):
    caplog.set_level(0)
    monkeypatch.setattr(screening, "PART_ROWS", min(screening.PART_ROWS, size.users // 4))
    with begin(tmp_path, size) as day:
        elements = morning(day)
        the_receipt(day, the_report(day, the_case(day)), elements)
        an_outage(day)
        the_withdrawal(day)
        found = growth(day)
        rotation(day, found)
        streams = "".join(capsys.readouterr()) + caplog.text + "".join(day.shop.said)
        nothing_leaks(day, streams)
        if size is FULL:
            with capsys.disabled():
                print(f"\n{day.ledger.table()}")


def published_after(day, published):
    """Carry a release; then the next check and the next join use its serial, and the join asks nobody anything."""
    synced = day.carry(f"serial {published.serial}: bundle, notice, sync", published)
    assert day.shop.client.check(number(UNLISTED)).status == "not_found"
    assert day.shop.client.manifest.serial == published.serial
    with day.ledger.step(f"serial {published.serial}: join") as step:
        outcome = day.shop.screen()
    assert (outcome.serial, outcome.stopped, outcome.joined) == (published.serial, None, day.size.users)
    return synced, step, outcome


def morning(day):
    """What was published before; the platform evaluates each of its users once. Returns how many elements."""
    others = [f"136{one:08}" for one in range(day.size.earlier)]
    day.police.publish("earlier", others)
    assert (synced := day.connect()).deltas == 0
    assert synced.serial == 1
    with day.ledger.step("all users evaluated") as step:
        trial = day.shop.screen(token=day.trial_key)
        rest = day.shop.screen()
    assert trial.stopped == "quota_exceeded"
    assert trial.evaluated == trial.joined > 0
    assert (rest.evaluated, rest.joined, rest.found) == (day.size.users - trial.evaluated, day.size.users, 0)
    elements = trial.elements + rest.elements
    sent, received = step.links["evaluator"]
    assert 32 * elements < min(sent, received)
    assert received < 36 * elements, "32 bytes of each element; all else together is less than 4"
    assert sent < 36 * (elements + MAX_BATCH), "with one request that was refused"
    assert step.links["files"] == step.links["notices"] == (0, 0)
    return rest.elements


def the_case(day):
    """The case is loaded: every user of it, and nobody else, is found without a request, and decided."""
    listed = day.size.listed()
    numbers = [number(one) for one in listed] + [f"139{one:08}" for one in range(max(1_000, len(listed)))]
    synced, step, outcome = published_after(day, day.police.publish("village", numbers))
    assert synced.deltas == 1
    assert synced.fetched < synced.size / 2, "a delta, and the catalogue"
    assert (outcome.elements, step.total) == (0, 0)
    assert day.shop.changes(outcome) == {"new": users_of(listed), "changed": set(), "gone": set()}
    rows = day.shop.rows(outcome)
    assert len(rows) == len(listed)
    decisions = [day.shop.decide(row) for row in rows]
    assert {decision.action for decision in decisions} == {"review"}
    assert {decision.appeal.who.en for decision in decisions} == {"Our account appeals team"}
    assert day.shop.screen().result is None, "each change is told once"
    with day.ledger.step("two sign-ups"):
        answered(day, LISTED, "review")
        answered(day, UNLISTED, "allow")
    return rows[0].result.cases[0].id, len(numbers)


def the_report(day, case):
    """The platform reports what it did with the accounts, the police answer, and the platform verifies the answer."""
    tally = Tally()
    for _ in day.size.listed():
        tally.add(Verb.RESTRICTED)
    with day.ledger.step("report, and its answer") as step:
        report = day.shop.report(*case, tally)
        assert day.shop.answer(report, day.police.home / "trust-bundles.json") is None
        reports = day.serving.export_reports(day.police.disc / "reports")
        imported = day.police.answer(reports, day.serving.home / "trust-machine.json")
        assert (imported.new, imported.refused) == (1, ())
        bundle = day.police.export()
        day.serving.take_up(bundle)
        step.carried = sizes(reports) + sizes(bundle)
        until(lambda: day.shop.answer(report, day.police.home / "trust-bundles.json"))
    told = report.counts[Verb.RESTRICTED]
    assert told is None if len(day.size.listed()) < 100 else told in (1_900, 2_000, 2_100)
    assert day.shop.answer(report, day.police.home / "trust-bundles.json").en == "Received"
    return report


def the_receipt(day, report, elements):
    """The platform states that it screened, and the server countersigns; an auditor verifies both."""
    with day.ledger.step("receipt"):
        receipt = day.shop.receipt(report, elements)
    verify_receipt(receipt, day.serving.home / "trust-machine.json", report=report)
    added = receipt.countersignature
    assert added.platform == "shop"
    assert 0 <= added.elements["screening"] - elements <= 5, "the users' elements, and canaries of new manifests"
    assert added.fetched is None, "the mirror is filled from another host"


def answered(day, index, action):
    """Somebody signs up, and is decided by an answer."""
    decision = day.shop.sign_up(number(index), "a-1")
    assert (decision.action, decision.failover) == (action, False)


def an_outage(day):
    """The evaluator is gone: sign-ups go on, are never `not_found`, and are decided once it is back."""
    day.evaluator.cut()
    for index in range(10):
        asked = LISTED if index % 2 else UNLISTED
        decision = day.shop.sign_up(number(asked), f"b-{index}")
        assert (decision.action, decision.failover, decision.on_recheck_list) == ("allow", True, True)
        assert day.shop.client.check(number(asked)).status == "unknown"
    day.evaluator.mend()
    decided = [(entry.account, decision.action) for entry, decision in day.shop.recheck()]
    assert decided == [(f"b-{index}", "review" if index % 2 else "allow") for index in range(10)]
    assert len(day.shop.recheck_list) == 0


def the_withdrawal(day):
    with day.police.opened() as custody:
        (published,) = custody.withdraw("village").published
    synced, step, outcome = published_after(day, published)
    assert (synced.deltas, step.total) == (1, 0)
    assert day.shop.changes(outcome) == {"new": set(), "changed": set(), "gone": users_of(day.size.listed())}
    assert {row.asks_for for row in day.shop.rows(outcome)} == {"released"}
    assert (outcome.found, day.shop.screen().result) == (0, None)
    answered(day, LISTED, "allow")


def growth(day):
    """The data grow tenfold in five publishes, in one epoch: all users are joined each time, and none is evaluated."""
    listed, entries, found = day.size.listed(), day.size.earlier, set()
    for step, factor in enumerate(GROWTH, 1):
        new = day.size.listed(offset=step)
        more = int(day.size.earlier * factor) - entries - len(new)
        entries += more + len(new)
        others = [f"137{entries + one:08}" for one in range(more)]
        published = day.police.publish(f"growth-{step}", [number(one) for one in new] + others)
        assert (published.epoch, published.rotated) == (1, False)
        _, counted, outcome = published_after(day, published)
        found |= set(new)
        assert (outcome.elements, counted.total) == (0, 0)
        assert day.shop.changes(outcome) == {"new": users_of(new), "changed": set(), "gone": set()}
    assert entries == 10 * day.size.earlier
    assert len(found) == 5 * len(listed)
    return found


def rotation(day, found):
    """Users move to the new epoch in steps, under publishes and an erasure; each join has all of them, each once."""
    with day.police.opened() as custody:
        published = custody.rotate("platform")
    assert (published.epoch, published.ended) == (2, ())
    third = 33 * day.size.users // 3
    day.evaluator.cut_after(third)
    steps, left, new, gone = 0, day.size.users, set(), set()
    while left:
        day.evaluator.mend()
        synced = day.carry(f"serial {published.serial}: bundle, notice, sync", published)
        assert (synced.serial, synced.epoch) == (published.serial, 2)
        assert day.shop.client.check(number(UNLISTED)).status == "not_found"
        assert (day.shop.client.manifest.serial, day.shop.client.manifest.epoch) == (published.serial, 2)
        day.evaluator.cut_after(third)
        with day.ledger.step(f"serial {published.serial}: join, users move"):
            outcome = day.shop.screen()
        assert (outcome.serial, outcome.joined, outcome.evaluated) == (published.serial, day.size.users, 0)
        assert (outcome.found, outcome.unjoined) == (len(found), 0)
        assert outcome.to_move == left - outcome.moved
        left, steps = outcome.to_move, steps + 1
        assert day.shop.changes(outcome) == {"new": new, "changed": set(), "gone": gone}
        assert steps < 20
        new, gone, published = another(day, steps, found)
    day.evaluator.mend()
    assert steps > 2, "in several steps"
    _, step, outcome = published_after(day, published)
    assert (outcome.elements, step.total, outcome.found) == (0, 0, len(found))
    assert day.shop.changes(outcome) == {"new": new, "changed": set(), "gone": gone}


def another(day, step, found):
    """A publish in both epochs: a user comes, or goes by an erasure; returns the users that a join must tell of."""
    if step == 1:
        with day.police.opened() as custody:
            (published,) = custody.erase(number(ERASED)).published
        found.discard(ERASED)
        return set(), users_of([ERASED]), published
    index = 100 * step + 50
    published = day.police.publish(f"late-{step}", [number(index)])
    found.add(index)
    return users_of([index]), set(), published


def nothing_leaks(day, streams):
    seen = written(day) | {"streams": streams.encode()}
    for index in (LISTED, UNLISTED):
        for name, form in secret_forms(day, index):
            assert not found_in(seen, form), f"{name} of {index}: {found_in(seen, form)[0]}"
