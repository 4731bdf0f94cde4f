"""A new passphrase for a half of HOME, where the custody half is too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pilookup.clock import Clock, utc_now
from pilookup.custody.audit import AuditLog
from pilookup.custody.home import Home
from pilookup.errors import HomeError, KeyringError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.change import change_master_key
from pilookup.keyring.half_lock import half_locked
from pilookup.keyring.master_key import MASTER_KEY_NAME, read_master_key
from pilookup.keyring.passphrase_rules import OTHER_HALF, check_length, refuse_shared


def change_passphrase(
    home: Home,
    half: Half,
    passphrase: Callable[[Half], bytes],
    new_passphrase: Callable[[], bytes],
    *,
    operator: str | None = None,
    clock: Clock = utc_now,
) -> None:
    """Make a new master key for a half, under a new passphrase, and seal its key files under it in one step.

    Args:
        home: Where the halves are.
        half: Which half.
        passphrase: Returns the one that a half has; called once HOME is locked, for the half and for custody, which the
            audit log belongs to.
        new_passphrase: Returns the one that the half gets; called once the other ones have opened their halves.
        operator: Who does it, for the audit log; None for the login.
        clock: The time for the audit log.

    Raises:
        HomeError: The custody half is not here, another command is working on HOME, or a server runs on the half.
        KeyringError: A passphrase is wrong, or the new one breaks a rule, which the text names, and nothing was
            changed; or as `change_master_key`.
        AuditError: The audit log was changed, deleted or is older than a release, or an entry cannot be written.
        CustodyError: The operator's name cannot be written into the audit log.
    """
    with _locked(home, half):
        directory = home.path / half
        former, given = read_master_key(directory, half), passphrase(half)
        keyring = Keyring.opened(directory, former, given)
        if half is not Half.CUSTODY:
            keyring = Keyring.unlock(home.custody, Half.CUSTODY, passphrase(Half.CUSTODY))
        new = new_passphrase()
        _check_new(home, half, given, new)
        audit = AuditLog.open(home, keyring, operator, clock)
        audit.check_released()
        with audit.recorded("passphrase", half=str(half)):
            change_master_key(directory, former, given, new)


def _check_new(home: Home, half: Half, given: bytes, new: bytes) -> None:
    """Check the rules of a new passphrase; raises KeyringError, naming the one that it breaks."""
    check_length(half, new)
    if new == given:
        raise KeyringError(f"the {half} half has this passphrase already; choose another, or have one generated")
    other = home.path / OTHER_HALF[half]
    if (other / MASTER_KEY_NAME).exists() and read_master_key(other).opens(new):
        raise refuse_shared(half)


@contextmanager
def _locked(home: Home, half: Half) -> Iterator[None]:
    if home.has_online() and not home.has_custody():
        from pilookup.custody.next_command import to_change_passphrase  # noqa: PLC0415 - `--help` starts fast

        raise HomeError(f"{home.path}: no custody half here; {to_change_passphrase(home, half)}")
    with home.locked():
        if half is Half.CUSTODY:
            yield
            return
        with half_locked(home.online, shared=False):
            yield
