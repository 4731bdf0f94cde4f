"""Script time out of a Chromium trace (Trace Event Format): thread time of script, nesting counted once."""

import json
from collections.abc import Iterable
from typing import Any

SCRIPT = frozenset({"EvaluateScript", "FunctionCall", "RunMicrotasks", "TimerFire", "v8.compile"})
MAIN, WORKER = "CrRendererMain", "DedicatedWorker thread"
Event = dict[str, Any]


def script_milliseconds(trace: bytes) -> dict[str, float]:
    """Processor time of script for each thread name; layout and garbage collection inside a script count with it."""
    events: list[Event] = json.loads(trace)["traceEvents"]
    names = {_thread(event): event["args"]["name"] for event in events if event.get("name") == "thread_name"}
    spent: dict[str, float] = {}
    for thread, name in names.items():
        mine = (event for event in events if _thread(event) == thread and _is_script(event))
        spent[name] = spent.get(name, 0) + sum(event.get("tdur", 0) for event in _outermost(mine)) / 1000
    return spent


def _thread(event: Event) -> tuple[int, int]:
    return event["pid"], event["tid"]


def _is_script(event: Event) -> bool:
    return event.get("ph") == "X" and event.get("name") in SCRIPT


def _outermost(events: Iterable[Event]) -> Iterable[Event]:
    """Events of one thread that begin in no other's span."""
    end = -1.0
    for event in sorted(events, key=lambda event: (event["ts"], -event.get("dur", 0))):
        if event["ts"] >= end:
            end = event["ts"] + event.get("dur", 0)
            yield event
