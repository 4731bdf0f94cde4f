"""A cheap derivation of keys from passphrases, for HOMEs that only the tests' process opens.

The program has one profile, which takes 64 MiB and a sixth of a second for each half of a HOME, and refuses all others.
`install_cheap_profile` adds a second profile to the table of the running process, under another name, and new keyrings
use it. Such a process opens HOMEs of both profiles. Commands in other processes open only the program's profile and
refuse the other. HOMEs for commands are therefore made within `shipped_profile`, or their master keys are wrapped again
by `open_to_commands`.
"""

from contextlib import contextmanager

from pilookup.keyring import Half, master_key

SHIPPED = master_key.PROFILE
SHIPPED_TABLE = dict(master_key._PROFILES)
"""The table as it was imported, before any test changed it."""

CHEAP = "argon2id-of-the-tests"
_CHEAP_COST = master_key._Argon2(iterations=1, lanes=1, memory_kib=8)


def install_cheap_profile():
    """Make new keyrings of this process use the cheap profile. Keyrings of both profiles open."""
    _use(CHEAP, SHIPPED_TABLE | {CHEAP: _CHEAP_COST})


def remove_cheap_profile():
    """Restore the program's own profile and table."""
    _use(SHIPPED, dict(SHIPPED_TABLE))


@contextmanager
def shipped_profile():
    """Within it, new keyrings use the program's profile, so that commands can open them."""
    before = master_key.PROFILE, master_key._PROFILES
    _use(SHIPPED, before[1])
    try:
        yield
    finally:
        _use(*before)


def open_to_commands(directory, half, passphrase):
    """Wrap the master key of a keyring again under the program's profile; nothing else changes."""
    path = directory / "keyring.json"
    former = master_key.MasterKeyFile.from_bytes(path.read_bytes())
    master = former.open(passphrase)
    with shipped_profile():
        new = master_key.MasterKeyFile.create(Half(half), passphrase, master, former.version)
    path.write_bytes(new.to_bytes())


@contextmanager
def shipped_table():
    """Within it, this process has the program's own table and refuses keyrings of the cheap profile."""
    before = master_key.PROFILE, master_key._PROFILES
    remove_cheap_profile()
    try:
        yield
    finally:
        _use(*before)


def _use(profile, table):
    master_key.PROFILE, master_key._PROFILES = profile, table
