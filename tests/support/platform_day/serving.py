"""The serving machine of the day: two workers behind nginx, a static host, PostgreSQL, Valkey, and `pilookup notify`."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime

from pilookup_server.commands import platform as platform_commands
from typer import Typer
from typer.testing import CliRunner

from pilookup.bundles.incoming import Trusted
from pilookup.bundles.report_files import REPORTS_FILE, write_reports
from pilookup.bundles.take_up import take_up
from pilookup.cli.app import Commands
from tests.support.notify.command import Notify, secret_of, until
from tests.support.server.nginx import Nginx
from tests.support.server.serve_process import Process
from tests.support.server.static_nginx import StaticNginx


class Serving:
    """The machine, which has nothing before its first bundle. A context manager that stops everything.

    Attributes:
        home: Its HOME.
        evaluator: nginx in front of the workers.
        host: nginx with the signed files.
    """

    def __init__(self, folder, database_url, valkey_port):
        self.folder, self.home = folder, folder / "home"
        self.database_url = database_url
        self._settings = {
            "service_database_url": database_url,
            "quota_storage": f"valkey://127.0.0.1:{valkey_port}",
            "channels": "platform",
            "platform_quota": "100000000/minute",
            "trusted_proxies": "127.0.0.1/32",
            "poll_seconds": "0.2",
            "log_level": "debug",
            "metrics_port": "0",
        }
        self._stack = ExitStack()
        self.process = self.notify = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stack.__exit__(*error)

    def take_up(self, files, trust=None):
        """Take a bundle up, as `pilookup bundle import` does."""
        return take_up(files, self.home, Trusted.read([trust] if trust else []), datetime.now(UTC))

    def add_platform(self, name, users):
        """The key of a new platform."""
        app = Typer(cls=Commands)
        app.add_typer(platform_commands.platform, name="platform")
        words = ["platform", "add", name, "--users", str(users), "--json", "--home", str(self.home)]
        done = CliRunner().invoke(app, words, env={"PILOOKUP_SERVICE_DATABASE_URL": self.database_url})
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)["key"]

    def start(self):
        """Start the workers and both nginx."""
        log = self.folder / "serve.log"
        self.process = Process(self.home, log, "--workers", "2", **self._settings)
        self._stack.callback(self.process.stop)
        self.process.wait(60)
        for name in ("evaluator", "host"):
            (self.folder / name).mkdir()
        self.evaluator = Nginx(self.folder / "evaluator", self.process.port, tls=False)
        self._stack.callback(self.evaluator.stop)
        self.host = StaticNginx(self.folder / "host", self.home / "online" / "channels")
        self._stack.callback(self.host.stop)
        self.evaluator.wait()
        self.host.wait()

    def export_reports(self, out):
        """Write the reports that arrived, as `pilookup reports export` does, once the server has written them down."""
        until((self.home / "online" / REPORTS_FILE).exists)
        return write_reports(self.home / "online", out, datetime.now(UTC))[1]

    def add_target(self, url, certificate):
        """Add a target for notices; returns the secret that its owner gets."""
        self.notify = Notify(self.home, certificate, self.folder, service_database_url=self.database_url)
        return secret_of(self.notify("add", "shop", url))

    def start_notify(self):
        """Deliver notices."""
        self._stack.callback(self.notify.stop)
        self.notify.start()
