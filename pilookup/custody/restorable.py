"""What could be signed if HOME were lost now and a backup restored: the keys in the backup, and those of holders.

A backup never holds enough keys of a role to sign (docs/adr/0024). Where no holder has the others, they are lost with
HOME, and nothing can be published or replaced any more. Nothing here needs a passphrase.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pilookup.custody.home import Home
from pilookup.custody.next_command import MEDIUM, with_home
from pilookup.custody.repository import THRESHOLDS
from pilookup.custody.role_state import REPLACING_ROLES, RoleState, held_names, read_role_states
from pilookup.keyring.key_ids import OFFLINE_ROLES, number_of_key_id

_PAGE: Final = "docs/operations/backup.md"


@dataclass(frozen=True, slots=True)
class AfterRestore:
    """What a channel's roles could sign after a restore.

    lost: the roles whose signatures nobody could make. moves: the commands, in full, that prevent it; MEDIUM stands for
    the directory where the medium of a holder is mounted.
    """

    channel: str
    lost: tuple[RoleState, ...]
    moves: tuple[str, ...]

    @property
    def final(self) -> bool:
        """Whether nothing could be signed any more. Otherwise what is lost can be replaced after the restore."""
        return any(state.role in REPLACING_ROLES for state in self.lost)

    def __str__(self) -> str:
        names = " and ".join(state.role for state in self.lost)
        text = f"channel {self.channel}: after a restore of a backup, the {names} signatures could not be made, since "
        if not self.final:
            command = f"pilookup keys replace {self.channel} {self.lost[0].role}"
            return f"{text}the key is in no backup; `restore` then says how to replace it with: {command}"
        if not self.moves:
            return f"{text}too few of their keys are in HOME or with holders, so nothing could be published again"
        moves = ", and: ".join(self.moves)
        return (
            f"{text}too few of their keys are with holders, so nothing could be published again; move keys to holders "
            f"({MEDIUM} is where the medium of one is mounted, {_PAGE}); run: {moves}"
        )

    def to_json(self) -> dict[str, Any]:
        """The object as `pilookup backup --json` prints it in `after_restore`."""
        return {
            "channel": self.channel,
            "lost": [{"role": state.role, "short": state.lost} for state in self.lost],
            "run_now": list(self.moves),
        }


def kept_apart(names: list[str], role: str) -> list[str]:
    """The keys of a role that a backup must not hold: all but one fewer than must sign.

    Those that are in other hands already are not in this half, and are not counted.
    """
    return names[THRESHOLDS[role] - 1 :]


def after_restore(home: Home, channel: str) -> AfterRestore | None:
    """What a channel could not sign after a restore of a backup that is made now; None if it could sign everything.

    Raises as `read_role_states`.
    """
    states = read_role_states(home, channel)
    held = {
        role: sorted(held_names(home, role, channel), key=lambda name: number_of_key_id(name, role, channel) or 0)
        for role in OFFLINE_ROLES
    }
    restored = {role: _restored(states[role], held[role]) for role in OFFLINE_ROLES}
    lost = tuple(state for state in restored.values() if state.lost)
    return AfterRestore(channel, lost, _moves(home, held, restored)) if lost else None


def _restored(state: RoleState, held: list[str]) -> RoleState:
    return replace(state, at_hand=min(state.at_hand, len(held) - len(kept_apart(held, state.role))))


def _moves(home: Home, held: Mapping[str, list[str]], restored: Mapping[str, RoleState]) -> tuple[str, ...]:
    moved = [name for role in REPLACING_ROLES for name in kept_apart(held[role], role)[: restored[role].lost]]
    return tuple(with_home(home, f"pilookup keys move {name} {MEDIUM}/{name}.key") for name in moved)
