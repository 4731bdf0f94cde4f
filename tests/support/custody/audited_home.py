"""HOMEs with an audit log, commands that are recorded in it, and an entry that somebody else wrote."""

from datetime import UTC, datetime

from pilookup.custody.audit import AuditLog
from pilookup.custody.audit.entry import Entry, Phase, digest_of
from pilookup.custody.audit.log_file import read_lines
from pilookup.custody.home import Home
from pilookup.keyring import Half, Keyring

NOW = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)


def make_home(path):
    made = Home.create(path)
    Keyring.create(made.custody, Half.CUSTODY, b"custody passphrase of the tests")
    return made


def keyring(home):
    return Keyring.unlock(home.custody, Half.CUSTODY, b"custody passphrase of the tests")


def opened(home, operator="Li Hong"):
    return AuditLog.open(home, keyring(home), operator, lambda: NOW)


def entries(home):
    return [Entry.from_line(line) for line in read_lines(home.audit_log).lines]


def phases(home):
    return [(entry.command, str(entry.phase)) for entry in entries(home)]


def run_commands(home, count=3):
    log = opened(home)
    for at in range(count):
        with log.recorded("load", dataset="case-1", files=at) as entry:
            entry.outcome(rows=10 * at, accepted=at)


def forged(home):
    """The line that whoever can read the log, and has no key, would append: it follows the last whole one."""
    lines = read_lines(home.audit_log).lines
    return Entry(len(lines) + 1, NOW, "Wang", "load", Phase.BEGIN, {}, digest_of(lines[-1])).to_line()
