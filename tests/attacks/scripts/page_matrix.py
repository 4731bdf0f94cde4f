"""Measures every state of the page in every engine, width and size of text, and takes pictures on request.

    python -m tests.attacks.scripts.page_matrix [--engine NAME ...] [--pictures DIR]

Prints one line for each combination with a fault, then a table: how many combinations were measured, and how many have
faults. axe-core runs in each state, on the narrowest screen, at the usual and the largest size. Needs the built page, and
what `make test` installs. Takes about a quarter of an hour.
"""

import argparse
import tempfile
import time
from collections import Counter
from itertools import product
from pathlib import Path

from tests.support.page.engines.browsers import DEBIANS, OLD, OTHERS, start
from tests.support.page.engines.person import Person, states
from tests.support.page.home import Held
from tests.support.page.matrix import PLAIN, WIDTHS, axe, enlarge, faults, sizes_of
from tests.support.page.proxy import Proxy
from tests.support.page.server import Server
from tests.support.page.sink import Sink

ENGINES = [*OLD, DEBIANS, *OTHERS]
LANGUAGES = ("zh", "en")


def measure(person, language, count):
    """Measure all states in one language. Yields (combination, faults)."""
    engine = person.engine
    sizes = None
    for state, _ in states(person, language):
        sizes = sizes or sizes_of(engine)
        for (width, height), (size, how) in product(WIDTHS.items(), sizes.items()):
            engine.resize(width, height)
            enlarge(engine, how)
            found = faults(engine)
            count["combinations"] += 1
            if width == min(WIDTHS) and size in ("100%", list(sizes)[-1]):
                found += axe(engine)
                count["axe-core"] += 1
            yield (language, state, width, size), found
        for how in PLAIN:
            enlarge(engine, how)
        engine.resize(360, WIDTHS[360])
        if complaints := person.complaints():
            yield (language, state, "console", ""), complaints


def main():
    """Start a server and each browser, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    table, sink = [], Sink()
    with tempfile.TemporaryDirectory() as folder:
        home = Held.make(Path(folder) / "home")
        server = Server(home.path, Path(folder) / "server.log")
        try:
            for name in options.engine or ENGINES:
                table += [in_engine(name, Path(folder) / name, server, sink, options.pictures)]
        finally:
            server.stop()
            sink.close()
    print("engine | combinations | axe-core runs | with faults | seconds")
    for name, count, seconds in table:
        print(f"{name} | {count['combinations']} | {count['axe-core']} | {count['faulty']} | {seconds:.0f}")
    return 1 if any(count["faulty"] for _, count, _ in table) else 0


def in_engine(name, folder, server, sink, pictures):
    """Measure in one engine. Returns its name and version, the counts, and the seconds."""
    engine = start(name, folder, sink.address)
    proxy = Proxy(server.url)
    count, begin = Counter(), time.monotonic()
    try:
        for language in LANGUAGES:
            for combination, found in measure(Person(engine, proxy), language, count):
                if found:
                    count["faulty"] += 1
                    print(f"{engine.name}, {', '.join(map(str, combination))}: {found}", flush=True)
                if pictures and combination[2:] in {(360, "100%"), (320, "a default font of 32 px")}:
                    file = pictures / f"{name}, {', '.join(map(str, combination))}.png"
                    file.write_bytes(engine.whole_picture(combination[2]))
            proxy.honest()
    finally:
        engine.close()
        proxy.close()
    return engine.name, count, time.monotonic() - begin


if __name__ == "__main__":
    raise SystemExit(main())
