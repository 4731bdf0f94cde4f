"""The next command to type: the only place that decides which one fits what a HOME has.

Every warning and error of the police side that names a command which publishes takes it from here. What fits depends on
which halves are on this machine, and on where the signing keys are. Nothing here needs a passphrase.
"""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
from pilookup.custody.key_places import Place
from pilookup.custody.role_state import (
    RELEASE_ROLES,
    REPLACING_ROLES,
    RoleState,
    has_channel_key,
    read_role_states,
    short,
)
from pilookup.errors import CustodyError, FormatError, KeyringError, TrustError

HOME_VARIABLE: Final = "PILOOKUP_HOME"
MEDIUM: Final = "MEDIUM"
"""Stands in commands for the directory where the medium of a holder is mounted."""

_LOST: Final = (
    "no release of channel {channel} can be signed with the keys that are known; if somebody has a missing key, "
    "give it with --key; otherwise load the seized files into a new HOME and distribute its trust files "
    "(docs/operations/keys.md); to make one, run: pilookup init NEW_HOME"
)


def with_home(home: Home, command: str) -> str:
    """A command in full: with `--home`, unless PILOOKUP_HOME names this HOME."""
    named = os.environ.get(HOME_VARIABLE)
    if named and Path(named).absolute() == home.path.absolute():
        return command
    return f"{command} --home {_quoted(home)}"


def request_name(channel: str) -> str:
    """The name of the signing request in commands that are suggested."""
    return f"request-{channel}.json"


def on_custody(home: Home, command: str) -> str:
    """What to do to have a command of custody run: here, or on the machine where it can be run.

    Args:
        home: HOME on this machine.
        command: The command with its arguments, without `--home`.
    """
    if not home.has_custody():
        return f"on the custody machine, run: {command}, then carry a bundle here (docs/operations/two-machines.md)"
    if not home.has_online():
        return (
            f"there is no online half in {home.path}: copy HOME/online of the serving machine to {home.online}, then "
            f"run: {with_home(home, command)}"
        )
    return f"run: {with_home(home, command)}"


def to_publish(
    home: Home, channel: str, states: Mapping[str, RoleState] | None = None, *, with_root: bool = False
) -> str:
    """What to do to have a channel published.

    Args:
        home: HOME on this machine.
        channel: The channel.
        states: The states of all roles, where they are known better than from the names of files.
        with_root: Whether the root must be signed too, because it expires soon.
    """
    command = f"pilookup publish {channel}"
    if not (home.has_custody() and home.has_online()):
        return on_custody(home, command)
    try:
        found = states or read_role_states(home, channel)
    except (CustodyError, KeyringError, TrustError, FormatError):
        return on_custody(home, command)  # the command itself says what is damaged
    return ", then: ".join(_in_words(signing_steps(home, channel, found, with_root=with_root)))


def to_publish_all(home: Home, control: ControlDatabase) -> str:
    """What to do to have every channel published that was published before; empty if none was.

    Raises:
        CustodyError: The control database failed.
    """
    published = (each.name for each in control.channels() if control.epochs(each.name)[-1].serial is not None)
    return "; ".join(to_publish(home, channel) for channel in published)


def to_rotate(home: Home, channel: str, *, compromised: bool = False) -> str:
    """What to do to have a new epoch begun; where keys are elsewhere, the command says itself how to go on."""
    return on_custody(home, f"pilookup rotate {channel}{' --compromised' if compromised else ''}")


def to_finish(home: Home, channel: str) -> str:
    """What to do with a prepared release once it was signed."""
    return f"{on_custody(home, f'pilookup publish {channel} --finish FILE')}, for each signature file of a holder"


def to_change_passphrase(home: Home, half: str) -> str:
    """What to do to have the passphrase of a half changed, which is done where custody is."""
    command = f"pilookup passphrase {half}"
    return f"run: {with_home(home, command)}" if home.has_custody() else on_custody(home, command)


def to_export(home: Home) -> str:
    """What to do to have releases and removals carried to the serving machines."""
    return f"run: {with_home(home, 'pilookup bundle export OUT')}"


def to_acknowledge(home: Home) -> str:
    """What to do to have a serving machine say what has arrived there; paths of that machine are in capitals."""
    return (
        "on the serving machine, run: pilookup bundle import BUNDLE SERVING_HOME, then: pilookup bundle export "
        f"ACKNOWLEDGEMENT --home SERVING_HOME, and here, run: pilookup bundle import ACKNOWLEDGEMENT {_quoted(home)}"
    )


def _quoted(home: Home) -> str:
    return shlex.quote(str(home.path))


def signing_steps(home: Home, channel: str, states: Mapping[str, RoleState], *, with_root: bool = False) -> list[str]:
    """The commands, in full and in their order, that have a release signed. After a restore, they begin with `rotate`.

    One sentence instead of commands, which `cannot_sign` recognises, where no keys that are known can sign it.

    Args:
        home: HOME, with both halves.
        channel: The channel.
        states: The states of all roles.
        with_root: As of `to_publish`.
    """
    command, needed = f"pilookup publish {channel}", [*(["root"] if with_root else []), *RELEASE_ROLES]
    lost = [role for role in needed if states[role].lost]
    if lost:
        if any(states[role].lost for role in REPLACING_ROLES) or len(lost) > 1:
            return [_LOST.format(channel=channel)]
        command, needed = f"pilookup keys replace {channel} {lost[0]}", list(REPLACING_ROLES)
    lacking = short(states[role] for role in needed)
    rotation = [] if has_channel_key(home, channel) else [with_home(home, f"pilookup rotate {channel}")]
    if not lacking:
        return rotation if rotation and not lost else [*rotation, with_home(home, command)]
    request = request_name(channel)
    names = [_reference(key.name, key.place) for state in lacking for key in state.others[: state.lacking]]
    signed = [f"{request}.signed-{position}.json" for position, _ in enumerate(names, 1)]
    return [
        *rotation,
        with_home(home, f"{command} --prepare {request}"),
        *(
            f"pilookup keys sign {request} --trust trust-{channel}.json --key {name} --out {out}"
            for name, out in zip(names, signed, strict=True)
        ),
        with_home(home, f"pilookup publish {channel} {' '.join(f'--finish {out}' for out in signed)}"),
    ]


def cannot_sign(steps: Sequence[str]) -> bool:
    """Whether steps say that no keys that are known can sign."""
    return any(step.startswith(_LOST.partition(" of ")[0]) for step in steps)


def _reference(name: str, place: Place) -> str:
    """How `--key` names a key: a file on the medium of its holder, or a device."""
    if place is Place.DEVICE:
        return shlex.quote(f"pkcs11:token=TOKEN;object={name or 'KEY'}")
    return f"{MEDIUM}/{name or 'KEY'}.key"


def _in_words(steps: Sequence[str]) -> list[str]:
    """Steps as one sentence: which of them are run by holders of keys."""
    if cannot_sign(steps):
        return list(steps)
    first, *rest = steps
    return [f"run: {first}", *(f"a holder runs {step}" if " keys sign " in step else step for step in rest)]
