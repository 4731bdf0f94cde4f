"""The two machines and the platform of the day, and what is carried between them."""

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.support.custody.postgresql import Cluster
from tests.support.platform_day.ledger import Ledger
from tests.support.platform_day.meter import Meter
from tests.support.platform_day.police import Police
from tests.support.platform_day.serving import Serving
from tests.support.platform_day.shop import Shop
from tests.support.server.valkey import valkey


@dataclass(frozen=True)
class Size:
    """How large a day is.

    Attributes:
        users: Users of the platform, whose numbers are 0, 1, ...
        every: Each how manyth of them is in the case.
        earlier: Entries that are published before the day.
    """

    users: int
    every: int
    earlier: int

    def listed(self, offset=0):
        """The users of the case, or of another one that has as many others."""
        return range(offset, self.users, self.every)


class Day:
    """Everything that runs. `begin` makes one."""

    def __init__(self, folder, size, stack, cluster, valkey_port):
        self.folder, self.size, self.cluster, self.valkey_port = folder, size, cluster, valkey_port
        self._stack = stack
        for name in ("police", "net", "shop", "disc"):
            (folder / name).mkdir()
        self.police = Police(folder / "police", folder / "disc")
        self.serving = stack.enter_context(Serving(folder / "net", cluster.database(), valkey_port))
        self.shop = stack.enter_context(Shop(folder / "shop", size.users, self.police.trust))

    @property
    def _platforms(self):
        """The users that each platform declares; `trial` declares too few."""
        return {"shop": 2 * self.size.users, "trial": self.size.users // 4}

    def connect(self):
        """The first bundle, the platforms' keys, and every link; returns the first sync, which a notice has started."""
        files = self.police.export()
        self.serving.take_up(files, trust=self.police.home)
        keys = {name: self.serving.add_platform(name, users) for name, users in self._platforms.items()}
        self.serving.start()
        ports = (self.serving.evaluator.port, self.serving.host.port, self.shop.receiver_port)
        self.evaluator, self.host, self.webhook = (self._stack.enter_context(Meter(port)) for port in ports)
        self.ledger = Ledger({"evaluator": self.evaluator, "files": self.host, "notices": self.webhook})
        self.shop.connect(keys["shop"], self.evaluator, self.host)
        self.trial_key = keys["trial"]
        with self.ledger.step("serial 1: bundle, notice, sync") as step:
            step.carried = sizes(files)
            url = f"https://localhost:{self.webhook.port}/pilookup"
            self.shop.receive(self.serving.add_target(url, self.shop.certificate))
            self.serving.start_notify()
            return self.shop.reached(1)

    def carry(self, name, published):
        """Carry what was published, and wait until its notice has brought the mirror up to date."""
        with self.ledger.step(name) as step:
            files = self.police.export()
            step.carried = sizes(files)
            self.serving.take_up(files)
            synced = self.shop.reached(published.serial)
        assert synced.serial == published.serial
        return synced


def sizes(files):
    """Bytes of files together."""
    return sum(file.stat().st_size for file in files)


@contextmanager
def begin(folder, size):
    """Yield a day that has not begun: nothing is published."""
    with ExitStack() as stack:
        cluster = Cluster()
        stack.callback(cluster.remove)
        (folder / "valkey").mkdir()
        port = stack.enter_context(valkey(folder / "valkey"))
        yield Day(folder, size, stack, cluster, port)
