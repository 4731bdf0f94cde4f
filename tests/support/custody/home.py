"""A small HOME for the vault's tests: custody keys, control data and vault, no channels."""

import os
from contextlib import contextmanager

from pilookup._core import SecretKey
from pilookup.custody import Custody
from pilookup.custody.control import ControlDatabase
from pilookup.custody.datasets import DatasetSpec
from pilookup.custody.home import Home
from pilookup.custody.intake import IntakeOptions
from pilookup.custody.load.load import LoadJob, load
from pilookup.custody.vault import PARTITIONS, Vault
from pilookup.keyring import Half, Keyring
from pilookup.protocol.label import Kind
from tests.support.home_templates import home_like

SECRET = b"a passphrase of the tests"


def make_home(path):
    """A HOME of this kind, new or copied."""
    return Home(home_like(_make, path))


def _make(path):
    home = Home.create(path)
    keyring = Keyring.create(home.custody, Half.CUSTODY, SECRET)
    keyring.add_scalar("vault", SecretKey.generate())
    keyring.add_bytes("vault-storage", os.urandom(32))
    keyring.add_bytes("vault-digest", os.urandom(32))
    Vault(home, keyring).create()
    with ControlDatabase.create(home) as control:
        control.mark_made(home)
        control.end_making(home)


@contextmanager
def opened(path):
    """A session, as a command with only the custody half has it."""
    with Custody.open(path, passphrase=SECRET) as custody:
        yield custody._session()


def run_load(
    session, files, slug="case-1", kind=Kind.EXPOSURE, *, rejects=None, on_progress=None, executor=None, **options
):
    said = {name: options.pop(name) for name in ("title_zh", "title_en", "seized_on", "sensitive") if name in options}
    spec = DatasetSpec(slug, kind, **said)
    return load(session, LoadJob(files, spec, IntakeOptions(kind), **options), rejects, on_progress, executor)


def numbers(count, start=0):
    """Synthetic mainland numbers, all different."""
    return [f"138{start + i:08}" for i in range(count)]


def write_csv(path, rows, header="phone"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def rows_of(vault, partition, loads):
    """The rows that a publish would read from a partition, with their dataset ids and without erased elements."""
    erased = set(vault.suppressed.to_pylist())
    rows = [row | {"dataset": load.dataset_id} for load, run in vault.runs(partition, loads) for row in run.to_pylist()]
    return [row for row in rows if row["element"] not in erased]


def elements_of(vault, loads):
    """The elements of `rows_of` for all partitions."""
    return [row["element"] for partition in range(PARTITIONS) for row in rows_of(vault, partition, loads)]


def content(session, loads=None):
    """The vault's rows of these loads (None: of all), as sorted tuples (dataset, element, account, count, month)."""
    loads = session.loads() if loads is None else loads
    rows = [row for partition in range(PARTITIONS) for row in rows_of(session.vault, partition, loads)]
    return sorted((row["dataset"], row["element"], row["account"], row["count"], row["month"]) for row in rows)


def files_under(path, *, audit=False):
    """The content of all files; with `audit`, also of the audit log, which has the commands that change nothing too."""
    found = [each for each in path.rglob("*") if each.is_file() and (audit or not each.name.startswith("audit"))]
    return {each.relative_to(path): each.read_bytes() for each in found}
