"""Seconds from opening the page to its first answer on a slow line, through a throttling proxy of our own.

    python -m tests.attacks.scripts.page_speed [--runs 5] [--latency 0.4] [--kbit 400] [--before CHECKOUT]

The browser's own throttling does not reach workers. This proxy delays each direction of each connection by half of the
latency, and lets all connections together receive no more than the line carries. Opening a connection costs one round
trip more. The number is entered and the button pressed as soon as the field can be used. Prints for each run the seconds
to the field, to the first answer, and for a second answer, with the requests and bytes of the first; at the end the
medians. With `--before`, a checkout of another commit with its page and core built, whose server alternates with this one's.
`serve` is on the same machine, so its own time is small. Needs the built page.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from unittest import mock

from playwright.sync_api import sync_playwright

from tests.support.page.home import EXPOSED, MISS, Held
from tests.support.page.server import Server
from tests.support.page.windows import CHROMIUM

CHUNK = 1400


class SlowLine:
    """A TCP proxy with the latency and the rate of a slow line. Counts connections and the bytes that it delivered."""

    def __init__(self, port, latency, kbit):
        self.upstream = port
        self.half = latency / 2
        self.rate = kbit * 1000 / 8
        self.received = self.connections = 0
        self.free = 0.0
        self.loop = asyncio.new_event_loop()
        self.port = None
        started = threading.Event()
        threading.Thread(target=self._run, args=(started,), daemon=True).start()
        started.wait()

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()

    async def _serve(self, reader, writer):
        self.connections += 1
        await asyncio.sleep(2 * self.half)  # the handshake
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        await asyncio.gather(
            self._pump(reader, upstream_writer, None), self._pump(upstream_reader, writer, self._share)
        )
        for one in (writer, upstream_writer):
            one.close()

    async def _share(self, size):
        """Wait until the line, which all connections share, has carried so many bytes."""
        now = self.loop.time()
        self.free = max(self.free, now) + size / self.rate
        self.received += size
        await asyncio.sleep(self.free - now)

    async def _pump(self, reader, writer, share):
        queue = asyncio.Queue()

        async def deliver():
            while (item := await queue.get()) is not None:
                due, data = item
                await asyncio.sleep(max(0, due - self.loop.time()))
                writer.write(data)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()

        task = asyncio.ensure_future(deliver())
        try:
            while data := await reader.read(CHUNK):
                if share:
                    await share(len(data))
                await queue.put((self.loop.time() + self.half, data))
        except OSError:
            pass  # the browser has closed the connection
        await queue.put(None)
        with suppress(OSError):
            await task


def run(browser, line):
    """One visitor with an empty cache. Returns what was measured."""
    context = browser.new_context(locale="zh-CN", service_workers="block")
    page = context.new_page()
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    line.received = line.connections = 0
    begin = time.perf_counter()
    page.goto(f"http://127.0.0.1:{line.port}/", wait_until="commit")
    page.locator("#number").wait_for(timeout=60_000)
    usable = time.perf_counter() - begin
    answer = ask(page, EXPOSED, begin)
    first = (len(requests), line.received, line.connections)
    again = ask(page, MISS, time.perf_counter())
    context.close()
    return usable, answer, again, *first


def ask(page, number, begin):
    page.locator("#number").fill(number)
    page.locator("#check").click()
    page.wait_for_selector("#answer[data-status=found], #answer[data-status=not_found]", timeout=60_000)
    return time.perf_counter() - begin


def main():
    """Start a server, the line and a browser, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--latency", type=float, default=0.4)
    parser.add_argument("--kbit", type=float, default=400)
    parser.add_argument("--before", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Held.make(Path(folder) / "home")
        servers = {"now": Server(home.path, Path(folder) / "now.log")}
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            if given.before:
                servers = {"before": server_of(given.before, home, Path(folder) / "before.log")} | servers
            measured = {name: [] for name in servers}
            for _ in range(given.runs):
                for name, server in servers.items():
                    line = SlowLine(int(server.url.rpartition(":")[2]), given.latency, given.kbit)
                    usable, first, again, requests, received, connections = run(browser, line)
                    measured[name].append((usable, first, again))
                    print(
                        f"{name}: field {usable:.1f} s, first answer {first:.1f} s, next {again:.1f} s; "
                        f"{requests} requests of the page, {received / 1000:.0f} kB, {connections} connections"
                    )
            for name, rows in measured.items():
                spreads = zip(("field", "first answer", "next"), zip(*rows, strict=True), strict=True)
                texts = [
                    f"{what} {statistics.median(of):.1f} ({min(of):.1f} - {max(of):.1f}) s" for what, of in spreads
                ]
                print(f"{name}, median of {given.runs}: {', '.join(texts)}")
        finally:
            browser.close()
            for server in servers.values():
                server.stop()


def server_of(checkout, home, log):
    """A server with the code of another checkout, and the page that is built there."""
    paths = f"{checkout}{os.pathsep}{checkout / 'server'}"
    with mock.patch.dict(os.environ, PYTHONPATH=paths, PYTHONSAFEPATH="1"):  # not the code of the working directory
        return Server(home.path, log)


if __name__ == "__main__":
    main()
