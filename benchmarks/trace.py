"""Script time from a Chromium trace (Trace Event Format): the duration of script events, nested ones counted once."""

import json
from collections.abc import Iterable
from typing import Any

SCRIPT = frozenset({"EvaluateScript", "FunctionCall", "RunMicrotasks", "TimerFire", "v8.compile"})
MAIN, WORKER = "CrRendererMain", "DedicatedWorker thread"
Event = dict[str, Any]


def script_milliseconds(trace: bytes) -> dict[str, float]:
    """Return the script time of each thread name, including layout and garbage collection inside a script."""
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
    """Yield the events of one thread that do not begin within another."""
    end = -1.0
    for event in sorted(events, key=lambda event: (event["ts"], -event.get("dur", 0))):
        if event["ts"] >= end:
            end = event["ts"] + event.get("dur", 0)
            yield event
