"""Re-screening: the join of users with a release, the cost of the local key, and evaluating users for the first time.

The join is that of join keys, which are random 64-bit integers: in DuckDB on one thread, in one statement or in one for
each range of sorted tables (docs/operations/rescreen.md), and the command's own.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.core import identifiers
from benchmarks.figures import Spread, paired
from benchmarks.report import Report
from pilookup import _core
from pilookup.protocol import oprf
from pilookup.protocol.token import tokens
from pilookup.screening.join_keys import JoinKeys, join_keys, token_join_keys
from pilookup.screening.local_key import LocalKey
from pilookup.screening.matching import is_in
from pilookup.screening.rows import read_rows
from pilookup.screening.token_file import seal_tokens

USERS = 10_000_000
ENTRIES = (619_000, 10_000_000)
EVALUATED = 20_000
REQUEST = 999
GOAL = 50_000_000
RANGE_ENTRIES = 300_000
"""Entries of a range, whose hash table then stays in the processor's caches."""
BITS = 16
SEED = 35
KEY = LocalKey(bytes(32))
RANGE_STATEMENT = """
    SELECT count(*) FROM (SELECT join_key FROM sorted_users WHERE join_key BETWEEN $1 AND $2)
    SEMI JOIN (SELECT join_key FROM release WHERE join_key BETWEEN $1 AND $2) USING (join_key)
"""


def bench(report: Report, runs: int, share: float) -> None:
    """Report every figure of this part; `share` scales the numbers of users and entries."""
    source = np.random.default_rng(SEED)
    users = _keys(source, int(USERS * share))
    for most in ENTRIES:
        _joins(report, users, _release(source, users, int(most * share)), runs)
    _local_key(report, source, int(ENTRIES[-1] * share), runs)
    _first_time(report, int(EVALUATED * share), runs)


def _keys(source: np.random.Generator, count: int) -> JoinKeys:
    return source.integers(-(2**63), 2**63, count, np.int64)


def _release(source: np.random.Generator, users: JoinKeys, count: int) -> JoinKeys:
    """The join keys of `count` entries, ascending. One in a hundred is a user's."""
    hits = users[: max(1, min(len(users), count) // 100)]
    return np.unique(np.concatenate([hits, _keys(source, count - len(hits))]))


def _joins(report: Report, users: JoinKeys, release: JoinKeys, runs: int) -> None:
    expected = int(np.isin(users, release).sum())
    name = f"join with {len(release):,} entries"
    own = [_seconds(lambda: is_in(users, release).sum(), expected) for _ in range(runs)]
    try:
        import duckdb  # noqa: PLC0415 - a dependency of development
    except ImportError:
        report.miss("screen", f"{name}: DuckDB", "duckdb is not installed")
    else:
        with duckdb.connect(config={"threads": 1}) as database:
            whole, by_range = _in_duckdb(database, users, release, expected, runs)
        for way, seconds in (("one statement", whole), ("by ranges", by_range)):
            rate = Spread.of([len(users) / one for one in seconds])
            report.add("screen", f"{name}: DuckDB, {way}", rate, "users/s", len(users), goal=GOAL)
    rate = Spread.of([len(users) / one for one in own])
    report.add("screen", f"{name}: the command's own", rate, "users/s", len(users))


def _in_duckdb(
    database: Any, users: JoinKeys, release: JoinKeys, expected: int, runs: int
) -> tuple[list[float], list[float]]:
    """Return the seconds of a join in one statement, and by ranges of sorted tables, which alternate."""
    for name, keys in (("users", users), ("sorted_users", np.sort(users)), ("release", release)):
        source = pa.table({"join_key": keys})
        database.register("source", source)
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM source").fetchall()  # noqa: S608 - a name of this file
        database.unregister("source")
    count = 1 << max(0, (len(release) // RANGE_ENTRIES).bit_length())
    statement = "SELECT count(*) FROM users SEMI JOIN release USING (join_key)"

    def whole() -> int:
        return int(database.execute(statement).fetchall()[0][0])

    def by_range() -> int:
        return sum(int(database.execute(RANGE_STATEMENT, one).fetchall()[0][0]) for one in ranges(count))

    _, _ = whole(), by_range()
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for seconds, way in zip(spent, (whole, by_range), strict=True):
            seconds.append(_seconds(way, expected))
    return spent


def ranges(count: int) -> list[tuple[int, int]]:
    """Divide all join keys into ranges of one size: the first and the last key of each."""
    size = 2**64 // count
    return [(first, first + size - 1) for first in range(-(2**63), 2**63, size)]


def _seconds(work: Callable[[], Any], expected: int) -> float:
    """The processor seconds of a join; ends the run if it finds another number of users."""
    start = time.process_time()
    found = int(work())
    seconds = time.process_time() - start
    if found != expected:
        raise SystemExit(f"a join found {found} users, not {expected}")
    return seconds


def _local_key(report: Report, source: np.random.Generator, count: int, runs: int) -> None:
    """Report the processor time of the join keys of a release's entries."""
    indices = source.integers(0, 1 << BITS, count, np.uint32)
    tags = source.integers(0, 256, (count, 4), np.uint8)
    spent = []
    for _ in range(runs):
        start = time.process_time()
        join_keys(KEY, "platform", 1, indices, tags)
        spent.append(time.process_time() - start)
    per_entry = Spread.of([1e6 * one / count for one in spent])
    report.add("screen", "local key: join keys of a release's entries", per_entry, "us/entry", count)


def _first_time(report: Report, count: int, runs: int) -> None:
    """Report the processor time of a user's first screening, without the evaluator's, and that of blind and unblind."""
    key = _core.SecretKey.generate()
    texts = [one.decode().removeprefix("tel:") for one in identifiers(count)]
    batch = pa.record_batch({"user": [str(at) for at in range(count)], "number": texts})
    whole, bare = [], []
    for _ in range(runs):
        whole.append(_screened(batch, key))
        bare.append(_blinded(identifiers(count), key))
    for name, spent in (("first time, without the evaluator", whole), ("blind and unblind alone", bare)):
        report.add("screen", name, Spread.of([1e6 * one / count for one in spent]), "us/user", count)
    report.add("screen", "first time to blind and unblind alone", paired(whole, bare), "ratio", runs)


def _screened(batch: pa.RecordBatch, key: _core.SecretKey) -> float:
    spent, start = 0.0, time.process_time()
    rows, _ = read_rows(batch, 1, KEY, "CN")
    of_rows: list[bytes] = []
    for at in range(0, len(rows), REQUEST):
        blinds, blinded = oprf.blind(rows.identifiers[at : at + REQUEST])
        begun = time.process_time()
        evaluated, proof = oprf.evaluate_and_prove(blinded, key)
        spent += time.process_time() - begun
        if not oprf.verify(key.public(), blinded, evaluated, proof):
            raise SystemExit("a proof did not verify")
        of_rows += tokens(oprf.unblind(blinds, evaluated), "platform", 1)
    token_join_keys(KEY, "platform", 1, BITS, of_rows)
    seal_tokens(KEY, "platform", 1, rows.ids, of_rows)
    return time.process_time() - start - spent


def _blinded(inputs: list[bytes], key: _core.SecretKey) -> float:
    spent = 0.0
    for at in range(0, len(inputs), REQUEST):
        start = time.process_time()
        blinds, blinded = oprf.blind(inputs[at : at + REQUEST])
        spent += time.process_time() - start
        evaluated = oprf.evaluate(blinded, key)
        start = time.process_time()
        oprf.unblind(blinds, evaluated)
        spent += time.process_time() - start
    return spent
