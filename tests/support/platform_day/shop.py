"""The platform of the day: its users, a mirror, a receiver of notices, screening, and sign-ups."""

import asyncio
import sys
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet
import uvicorn

from pilookup import Client, Mirror
from pilookup.decisions import Guard, Policy, RecheckList, work_off
from pilookup.receipts import make_receipt, send_receipt
from pilookup.reports import Quarter, ReportKey, make_report, report_state, send_report, verified_answer
from pilookup.screening.evaluator import EvaluatorJob
from pilookup.screening.local_key import LocalKey
from pilookup.screening.screening import Screening
from pilookup.screening.user_changes import read_result
from tests.support.checking.certificates import self_signed
from tests.support.docs.documents import ROOT
from tests.support.notify.command import until
from tests.support.server.nginx import free_port
from tests.support.server.static_nginx import PASSWORD, USER

EXAMPLES = ROOT / "examples" / "platform"
MIRROR_LOGIN = (USER, PASSWORD)


def number(index):
    """The number of a user."""
    return f"138{index:08}"


class Shop:
    """The platform. It reaches the serving machine over meters alone. A context manager that stops the receiver.

    Attributes:
        users: How many users it has: user `u-INDEX` has number INDEX.
        syncs: The outcome of each sync that a notice has started.
        said: Everything that it printed or would log, as texts.
    """

    def __init__(self, folder, users, trust):
        self.folder, self.users = folder, users
        self.mirror, self.out, self.table = folder / "mirror", folder / "screening", folder / "users.parquet"
        self.trust = folder / "trust-platform.json"
        self.trust.write_bytes(trust.read_bytes())
        self.certificate = self_signed(folder, "localhost")
        self.policy = Policy.load(EXAMPLES / "policy.toml")
        self._key = folder / "screen.key"
        LocalKey.make(self._key)
        RecheckList.make_key(folder / "recheck.key", folder / "recheck.pub")
        self.recheck_list = RecheckList(folder / "recheck.sqlite3", folder / "recheck.pub")
        indices = range(users)
        table = pa.table({"user": [f"u-{one}" for one in indices], "number": [number(one) for one in indices]})
        pyarrow.parquet.write_table(table, self.table)
        self._report_key = ReportKey.create(folder / "report.key")
        self.syncs, self.said, self.token = [], [], None
        self.receiver_port, self.secret = free_port(), None
        self._stack = ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stack.__exit__(*error)

    def connect(self, token, evaluator, host):
        """Say where the evaluator and the host of the files are, and keep the platform key."""
        self.token, self._evaluator, self._host = token, evaluator, host
        self.client = self._stack.enter_context(
            Client(evaluator.url, "platform", self.trust, token=token, mirror=self.mirror, timeout=60.0)
        )

    def sync(self, at_least=None):
        done = Mirror(self.mirror).sync(
            self._host.url, channel="platform", trust=self.trust, credentials=MIRROR_LOGIN, at_least=at_least
        )
        self.said.append(repr(done))
        return done

    def receive(self, secret):
        """Run the receiver of examples/platform, which verifies notices with this secret."""
        self.secret = secret
        sys.path.insert(0, str(EXAMPLES))
        try:
            from notice_receiver import create_app
        finally:
            sys.path.remove(str(EXAMPLES))

        async def sync(serial):
            self.syncs.append(await asyncio.to_thread(self.sync, serial))

        app = create_app(secret, sync, retry_seconds=0.2)
        self._stack.callback(_Server(app, self.receiver_port, self.certificate).stop)

    def reached(self, serial):
        """Wait until a notice has brought the mirror to a serial; returns that sync."""
        until(lambda: self.syncs and self.syncs[-1].serial >= serial)
        return self.syncs[-1]

    def job(self, **changes):
        options = {"mirror": self.mirror, "token": self.token, "max_wait": 0.0} | changes
        return EvaluatorJob(self._evaluator.url, self.trust, self._key, **options)

    def screen(self, **changes):
        """Screen all users."""
        outcome = Screening(self.out, self.job(**changes)).run(self.table)
        self.said.append(repr(outcome))
        return outcome

    def changes(self, outcome):
        """The users of the outcome's result, by their change; a user that comes twice fails."""
        found = {"new": set(), "changed": set(), "gone": set()}
        for row in self.rows(outcome):
            assert row.user not in found[row.change]
            found[row.change].add(row.user)
        return found

    def rows(self, outcome):
        return list(read_result(outcome.result, self.client.catalogue)) if outcome.result else []

    def decide(self, row):
        """What the policy says of a user whom a screening has found."""
        return self.policy.decide(row.result, scene="login", since=datetime.now(UTC).date())

    def report(self, case, case_numbers, tally):
        """Make the report on a case, and send it."""
        quarter = Quarter.of(datetime.now(UTC).date())
        given = {"case": case, "case_numbers": case_numbers, "users": self.users, "counts": tally.counts}
        report = make_report(self._report_key, quarter=quarter, **given)
        self.said.append(repr(send_report(report, self._evaluator.url, self.token)))
        return report

    def receipt(self, report, elements):
        """State that all users were screened, and have it countersigned."""
        now, manifest = datetime.now(UTC), self.client.manifest
        given = {"channel": "platform", "epoch": manifest.epoch, "serial": manifest.serial, "report": report}
        since = now.date() - timedelta(days=1)
        stated = make_receipt(self._report_key, since=since, screened=now, users=self.users, elements=elements, **given)
        receipt = send_receipt(stated, self._evaluator.url, self.token)
        self.said.append(receipt.to_bytes().decode())
        return receipt

    def answer(self, report, trust):
        """What the police answer to a report; None as long as there is nothing."""
        return verified_answer(report_state(report.id, self._evaluator.url, self.token), trust, report)

    def sign_up(self, text, account):
        """The decision for somebody who has proved that a number is theirs; a new guard has no memory of an outage."""
        guard = Guard(self.client, self.policy, deadline=30.0, recheck_list=self.recheck_list)
        return guard.decide(text, scene="signup", since=datetime.now(UTC).date(), account=account)

    def recheck(self):
        """Work the recheck list off."""
        return work_off(self.recheck_list, self.folder / "recheck.key", self.client, self.policy)


class _Server:
    """uvicorn with TLS in a thread."""

    def __init__(self, app, port, certificate):
        pem = str(certificate)
        config = uvicorn.Config(app, port=port, ssl_certfile=pem, ssl_keyfile=pem, log_level="warning")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        until(lambda: self._server.started)

    def stop(self):
        self._server.should_exit = True
        self._thread.join(60)
