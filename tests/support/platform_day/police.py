"""The custody machine of the day: its HOME, the files that were seized, and a disc to carry bundles on."""

from pilookup.custody import Custody
from pilookup.keyring import Half
from tests.support.custody.home import write_csv
from tests.support.passphrase_cost import open_to_commands
from tests.support.server.serve_process import PASSPHRASE

CUSTODY = b"custody passphrase of the day"


class Police:
    """Loads, publishes, withdraws and exports, by the API that the commands use."""

    def __init__(self, folder, disc):
        self.home, self.seized, self.disc = folder / "home", folder / "seized", disc
        self.seized.mkdir(parents=True)
        self.bundles = 0
        both = {"passphrase": CUSTODY, "online_passphrase": PASSPHRASE.encode()}
        Custody.initialise(self.home, **both)
        open_to_commands(self.home / "online", Half.ONLINE, both["online_passphrase"])
        self._both = both

    @property
    def trust(self):
        return self.home / "trust-platform.json"

    def opened(self):
        return Custody.open(self.home, **self._both)

    def publish(self, dataset, numbers, kind="malicious-registration"):
        """Load a dataset and publish the channel; returns what was published."""
        file = write_csv(self.seized / f"{dataset}.csv", numbers)
        with self.opened() as custody:
            custody.load(file, dataset=dataset, kind=kind)
            return custody.publish("platform")

    def answer(self, reports, machine):
        """Import the reports of a serving machine, and answer the newest of each platform on each case."""
        with Custody.open(self.home, passphrase=CUSTODY) as custody:
            imported = custody.import_reports(reports, trust=[machine])
        cases = Custody.reports_of(self.home)
        with Custody.open(self.home, passphrase=CUSTODY) as custody:
            for report in [each for case in cases for each in case.newest]:
                received = report.received
                custody.answer_report(
                    received.report.id, platform=received.platform, text_zh="收到", text_en="Received"
                )
        return imported

    def export(self):
        """Write a bundle, in pieces of a megabyte; returns its files."""
        self.bundles += 1
        with Custody.open(self.home, passphrase=CUSTODY) as custody:
            return list(custody.export_bundle(self.disc / f"bundle-{self.bundles}", piece_size=1 << 20).files)
