"""What it costs to derive a key from a passphrase: little for HOMEs that only the tests' process opens.

The program has one profile, which takes 64 MiB and a sixth of a second for each half of a HOME, and refuses all others.
`install_cheap_profile` adds a second profile to the table of the running process, under a name of its own, and makes new
keyrings with it. A process that has it opens HOMEs of both profiles; a command that users run opens the program's
profile alone and says so. HOMEs for commands are therefore made within `shipped_profile`, or wrapped again by
`open_to_commands`.
"""

from contextlib import contextmanager

from pilookup.keyring import Half, master_key

SHIPPED = master_key.PROFILE
SHIPPED_TABLE = dict(master_key._PROFILES)
"""The table as it was imported, before any test changed it."""

CHEAP = "argon2id-of-the-tests"
_CHEAP_COST = master_key._Argon2(iterations=1, lanes=1, memory_kib=8)


def install_cheap_profile():
    """From here on this process makes keyrings with the cheap profile, and opens them beside the program's own."""
    _use(CHEAP, SHIPPED_TABLE | {CHEAP: _CHEAP_COST})


def remove_cheap_profile():
    """Leave the table as the program has it."""
    _use(SHIPPED, dict(SHIPPED_TABLE))


@contextmanager
def shipped_profile():
    """Within it, keyrings are made as the program makes them: commands can open them."""
    before = master_key.PROFILE, master_key._PROFILES
    _use(SHIPPED, before[1])
    try:
        yield
    finally:
        _use(*before)


def open_to_commands(directory, half, passphrase):
    """Wrap the master key of a keyring of this process once more, as the program does: all else stays as it is."""
    path = directory / "keyring.json"
    master = master_key.MasterKeyFile.from_bytes(path.read_bytes()).open(passphrase)
    with shipped_profile():
        path.write_bytes(master_key.MasterKeyFile.create(Half(half), passphrase, master).to_bytes())


@contextmanager
def shipped_table():
    """Within it, this process has the program's own table: keyrings of the cheap profile are refused."""
    before = master_key.PROFILE, master_key._PROFILES
    remove_cheap_profile()
    try:
        yield
    finally:
        _use(*before)


def _use(profile, table):
    master_key.PROFILE, master_key._PROFILES = profile, table
