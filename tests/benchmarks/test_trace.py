"""Script time read from a trace that is written by hand."""

import json

import pytest

from benchmarks.trace import MAIN, WORKER, script_milliseconds


def event(tid, name, ts, dur, tdur, ph="X"):
    return {"pid": 7, "tid": tid, "name": name, "ph": ph, "ts": ts, "dur": dur, "tdur": tdur, "args": {}}


def named(tid, name):
    return {"pid": 7, "tid": tid, "name": "thread_name", "ph": "M", "args": {"name": name}}


def spent(*events):
    return script_milliseconds(json.dumps({"traceEvents": [named(1, MAIN), named(2, WORKER), *events]}).encode())


def test_nested_script_counts_once_and_by_processor_time():
    outer = event(1, "FunctionCall", 1000, 500, 400)
    inner = event(1, "RunMicrotasks", 1200, 100, 90)
    after = event(1, "RunMicrotasks", 1500, 50, 40)
    assert spent(after, inner, outer)[MAIN] == pytest.approx(0.44)


def test_threads_are_counted_separately():
    both = [event(1, "FunctionCall", 1000, 500, 400), event(2, "RunMicrotasks", 1100, 100, 90)]
    assert spent(*both) == {MAIN: pytest.approx(0.4), WORKER: pytest.approx(0.09)}


def test_events_other_than_script_do_not_count():
    assert spent(event(1, "Layout", 0, 9, 9), event(1, "FunctionCall", 0, 9, 9, ph="I")) == {MAIN: 0, WORKER: 0}
