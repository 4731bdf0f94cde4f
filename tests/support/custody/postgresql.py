"""A temporary PostgreSQL cluster in its own directory, reached by a Unix socket and with a password."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

import psycopg

USER = "pilookup"
PASSWORD = "sentinel-of-the-database"


def program(name):
    """The path of a program of the newest installed PostgreSQL. Debian keeps them off PATH."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(kept[-1]) if kept else shutil.which(name)
    assert found, f"{name} is missing: run tests/install_debian_packages.sh, which installs it"
    return found


OPTIONS = ("--auth=scram-sha-256", "--encoding=UTF8", "--no-locale")


class Cluster:
    def __init__(self, options=OPTIONS):
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._names = (f"case_{n}" for n in count())
        self._server = None
        # PostgreSQL refuses to run as root.
        self._as = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        user = [f"--username={USER}", f"--pwfile={secret}"]
        self._run([program("initdb"), "--no-sync", "-D", str(self.folder / "data"), *user, *options])
        self.start()

    def _run(self, command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **self._as)
        assert done.returncode == 0, done.stderr

    def start(self):
        command = [program("postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), "-c", "fsync=off"]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*command, "-c", "listen_addresses="], cwd=self.folder, stdout=log, stderr=log, **self._as
            )
        end = time.monotonic() + 60
        while True:
            try:
                return self.execute("SELECT 1")
            except psycopg.OperationalError:
                started = time.monotonic() < end and self._server.poll() is None
                assert started, (self.folder / "log").read_text()
                time.sleep(0.05)

    def stop(self):
        """Stop at once, as an administrator can; open connections are closed."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(60)

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder)

    def execute(self, statement, database="postgres"):
        with psycopg.connect(
            host=str(self.folder), user=USER, password=PASSWORD, dbname=database, autocommit=True
        ) as connection:
            made = connection.execute(statement)
            return made.fetchall() if made.description else None

    def database(self, options=""):
        """The URL of a new database."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name} {options}")
        return self.url(name)

    def dump(self, url, path):
        """Back up a database with PostgreSQL's own program; return the path."""
        subprocess.run([program("pg_dump"), "--format=custom", f"--file={path}", f"--dbname={url}"], check=True)
        return path

    def restored(self, path):
        """The URL of a new database with the content of a backup."""
        url = self.database()
        subprocess.run([program("pg_restore"), "--exit-on-error", f"--dbname={url}", str(path)], check=True)
        return url

    def url(self, name, password=PASSWORD):
        return f"postgresql://{USER}:{password}@/{name}?host={self.folder}"
