"""The two kinds of database for control data, and how to back them up."""

import shutil


class SqliteFile:
    kind = "sqlite"

    def save(self, home):
        return shutil.copy(home.database, home.path.parent / "backup.sqlite3")

    def restore(self, backup, home):
        shutil.copy(backup, home.database)


class PostgresqlDatabase:
    """A new database of the cluster, named by the environment."""

    kind = "postgresql"

    def __init__(self, cluster, monkeypatch):
        self._cluster, self._monkeypatch = cluster, monkeypatch
        self._use(cluster.database())

    def _use(self, url):
        self.url = url
        self._monkeypatch.setenv("PILOOKUP_DATABASE_URL", url)

    def save(self, home):
        return self._cluster.dump(self.url, home.path.parent / "backup.pgdump")

    def restore(self, backup, home):
        self._use(self._cluster.restored(backup))
