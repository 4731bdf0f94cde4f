"""A platform with synthetic users, a mirror and a local key."""

import pyarrow as pa
import pyarrow.parquet

from pilookup import Mirror
from pilookup.protocol.label import Label
from pilookup.screening.evaluator import EvaluatorJob
from pilookup.screening.local_key import LocalKey
from pilookup.screening.screening import Screening

LABEL = Label(malicious=True, accounts=3, month=306, cases=(4,))


def number(index):
    """A synthetic mainland mobile."""
    return f"138{index:08}"


def identifier(index):
    return f"tel:+86{number(index)}".encode()


def user_table(indices):
    """A row for each index: user `u-INDEX` has number INDEX."""
    indices = list(indices)
    return pa.table({"user": [f"u-{one}" for one in indices], "number": [number(one) for one in indices]})


def listed(indices, label=LABEL):
    """What a publisher publishes: these numbers, with one label."""
    return {identifier(one): label for one in indices}


class Platform:
    """Screens users in `folder` with a host."""

    def __init__(self, host, folder):
        self.host, self.folder = host, folder
        self.key, self.mirror, self.out = folder / "screen.key", folder / "mirror", folder / "out"
        LocalKey.make(self.key)

    def sync(self):
        Mirror(self.mirror).sync(self.host.url, channel="platform", trust=self.host.publisher.pin)

    def job(self, **changes):
        options = {"mirror": self.mirror, "max_wait": 0.0} | changes
        return EvaluatorJob(self.host.url, self.host.publisher.pin, self.key, **options)

    def run(self, users, *, sync=True, **changes):
        if sync:
            self.sync()
        return Screening(self.out, self.job(**changes)).run(users)

    def changes(self, outcome):
        """The users of the outcome's result, by their change."""
        found = {"new": [], "changed": [], "gone": []}
        if outcome.result:
            for row in pyarrow.parquet.read_table(outcome.result).to_pylist():
                found[row["change"]].append(row["user"])
        return found
