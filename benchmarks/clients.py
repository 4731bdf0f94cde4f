"""Clients of an HTTP server, in a separate process: clients.py HOST PORT CONNECTIONS SECONDS < requests.json

Standard input is a JSON list of requests in hex. Each connection is kept alive and sends one request at a time.
Standard output is a JSON object: the number of requests answered with 200 (good), of others (bad), and the seconds.
"""

import asyncio
import itertools
import json
import re
import sys
import time

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


async def connection(host: str, port: int, requests: "itertools.cycle[bytes]", end: float, counts: list[int]) -> None:
    """Send requests until `end`, and count the answers: counts[0] with status 200, counts[1] with another."""
    reader, writer = await asyncio.open_connection(host, port)
    while time.perf_counter() < end:
        writer.write(next(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if length is None:
            raise SystemExit("an answer without Content-Length")
        await reader.readexactly(int(length[1]))
        counts[not head.startswith(b"HTTP/1.1 200 ")] += 1
    writer.close()


async def main() -> None:
    host, port, connections, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    requests = itertools.cycle([bytes.fromhex(text) for text in json.load(sys.stdin)])
    counts = [0, 0]
    start = time.perf_counter()
    await asyncio.gather(*(connection(host, port, requests, start + seconds, counts) for _ in range(connections)))
    print(json.dumps({"good": counts[0], "bad": counts[1], "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    asyncio.run(main())
