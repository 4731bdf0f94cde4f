"""What the first answer waits for: how many requests in a row, and how many bytes. Counted, not timed."""

import re
import threading

from tests.support.page.home import EXPOSED
from tests.support.page.proxy import Proxy

ROUNDS = (
    (r"/", 1),
    (r"/page\.(js|css)", 2),
    (r"/(worker\.js|config\.json)", 2),
    (r"/v1/channels/public/metadata/combined\.json", 1),
    (r"/v1/channels/public/evaluate\?epoch=\d+", 1),
    (r"/v1/channels/public/snapshots/\d+/buckets/\d+", 1),
)
"""The requests of each round trip, in order, as a pattern and their number. Of the last there is a second one, unless the canary is in the
number's bucket; server/web/test/check.test.mjs holds that neither waits for the other."""
LIMIT = 60


class Rounds:
    """Answers the requests of a round once all of them have arrived, so that none of them can have waited for another.

    All other requests are answered at the end, so that nothing in a round can have waited for them either.
    """

    def __init__(self):
        self.arrived = [0] * len(ROUNDS)
        self.bytes = [0] * len(ROUNDS)
        """Heads and bodies that the server sent, without its connection's own headers."""
        self.codings = {}
        self.open = 0
        """The number of rounds that have been answered."""
        self.ended = False
        self.changed = threading.Condition()

    def twist(self, request, answer):
        found = (i for i, (pattern, _) in enumerate(ROUNDS) if re.fullmatch(pattern, request.path))
        index = next(found, None)
        with self.changed:
            if index is not None:
                self.arrived[index] += 1
                self.codings[request.path] = answer.headers.get("content-encoding")
            while self.open < len(ROUNDS) and self.arrived[self.open] >= ROUNDS[self.open][1]:
                self.open += 1
            self.changed.notify_all()
            is_due = self.changed.wait_for(lambda: self.ended or (index is not None and index < self.open), LIMIT)
            if is_due and not self.ended:
                head = sum(len(f"{name}: {value}\r\n") for name, value in answer.headers.items())
                self.bytes[index] += head + len(answer.body)
        return answer

    def end(self):
        with self.changed:
            self.ended = True
            self.changed.notify_all()


def test_the_first_answer_takes_six_round_trips_in_a_row(server, front, visit):
    proxy = front(Proxy(server.url, encoded=True))
    rounds = Rounds()
    proxy.change("/", rounds.twist)
    visitor = visit("", recorders=[proxy])
    try:
        visitor.page.goto(proxy.url, wait_until="commit")
        visitor.page.locator("#number").fill(EXPOSED)
        visitor.page.locator("#check").click()
        visitor.page.wait_for_selector("#answer[data-status=found]")
    finally:
        rounds.end()
    assert rounds.arrived[:-1] == [count for _, count in ROUNDS[:-1]]
    assert rounds.arrived[-1] <= 2
    assert {rounds.codings[path] for path in ("/", "/page.js", "/page.css", "/worker.js")} == {"br"}
    assert rounds.codings["/v1/channels/public/metadata/combined.json"] == "gzip"
    # The size of a bucket is the list's: at least 432 slots from 512 entries on (SPEC.md section 6.1), and two are needed.
    assert sum(rounds.bytes[:-1]) < 55_000, rounds.bytes
