"""Measures every state of the page in every width and size of text, and takes pictures on request.

    python -m tests.attacks.scripts.page_matrix [--pictures DIR]

Prints one line for each combination in which something is cut off or overlaps, and how many were measured. Needs the
built page. Takes some minutes.
"""

import argparse
import tempfile
from itertools import product
from pathlib import Path

from tests.page.test_enlarged import PLAIN, SIZES, enlarge
from tests.support.page.home import Held
from tests.support.page.overlaps import cut_off, overlaps
from tests.support.page.proxy import Proxy
from tests.support.page.server import Server
from tests.support.page.sink import Sink
from tests.support.page.states import states
from tests.support.page.visitor import Visitor
from tests.support.page.windows import LANGUAGES, Windows

WIDTHS = {320: 568, 360: 740, 412: 892, 768: 1024}
ALL_SIZES = {"100%": PLAIN[0], "120%": (PLAIN[0][0], 120), **SIZES}


def measure(visitor, proxy, language, pictures):
    """Measure all states. Yields (combination, faults)."""
    for state in states(visitor, proxy):
        for (width, height), (size, how) in product(WIDTHS.items(), ALL_SIZES.items()):
            visitor.page.set_viewport_size({"width": width, "height": height})
            enlarge(visitor.page, how)
            name = f"{language}, {state}, {width} px, {size}"
            yield name, cut_off(visitor.page) + overlaps(visitor.page)
            if pictures and width == 360 and size in ("100%", "140%", "200%"):
                visitor.page.screenshot(path=pictures / f"{name}.png", full_page=True)
        for how in PLAIN:
            enlarge(visitor.page, how)


def main():
    """Start a server and a browser, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path)
    pictures = parser.parse_args().pictures
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    windows, sink = Windows(), Sink()
    with tempfile.TemporaryDirectory() as folder:
        home = Held.make(Path(folder) / "home")
        server = Server(home.path, Path(folder) / "server.log")
        proxy = Proxy(server.url)
        windows.start(sink.address)
        count = faulty = 0
        try:
            for language, locale in LANGUAGES.items():
                visitor = Visitor(windows.open(locale=locale, is_mobile=True, has_touch=True), [proxy], None)
                visitor.open(proxy.url)
                for name, faults in measure(visitor, proxy, language, pictures):
                    count += 1
                    faulty += bool(faults)
                    if faults:
                        print(f"{name}: {faults}")
                visitor.close()
        finally:
            windows.stop()
            proxy.close()
            server.stop()
            sink.close()
    print(f"{count} combinations, {faulty} with faults")
    return 1 if faulty else 0


if __name__ == "__main__":
    raise SystemExit(main())
