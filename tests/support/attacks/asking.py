"""Clients under attack, and the results that every attack must have."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

from pilookup import AsyncClient, Client
from tests.support.attacks.home import HIT, MISS

NODE_CLIENT = Path(__file__).resolve().parents[2] / "node" / "client.mjs"
BOTH = [HIT, MISS]


class Sync:
    def __init__(self, *args, **options):
        self.client = Client(*args, **options)

    def check_many(self, texts):
        return self.client.check_many(texts)

    def close(self):
        self.client.close()


class Async:
    def __init__(self, *args, **options):
        self.client = AsyncClient(*args, **options)
        self.loop = asyncio.new_event_loop()

    def check_many(self, texts):
        return self.loop.run_until_complete(self.client.check_many(texts))

    def close(self):
        self.loop.run_until_complete(self.client.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


def statuses(client, texts=BOTH):
    return [result.status for result in client.check_many(texts)]


def assert_truth(client):
    """Assert that the client distinguishes a hit from a miss when the server is honest."""
    assert statuses(client) == ["found", "not_found"]


def assert_unknown(client, reason, texts=BOTH):
    results = client.check_many(texts)
    assert [(result.status, result.reason) for result in results] == [("unknown", reason)] * len(texts)


def node_check(url, trust: Path, texts=BOTH, state=None, channel="public", token=None):
    """The (status, reason) of each text, from the second client."""
    command = ["node", str(NODE_CLIENT), "--server", url, "--channel", channel, "--trust", str(trust)]
    command += ["--state", str(state)] if state else []
    lines = "".join(f"+86{text}\n" for text in texts)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PILOOKUP_")}
    environment |= {"PILOOKUP_TOKEN": token} if token else {}
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode in (0, 1), done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(texts), done.stderr
    return [(answer["status"], answer["reason"]) for answer in answers]
