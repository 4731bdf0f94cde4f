"""What publishing a channel did."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from pilookup.custody.publish.epoch_release import EndedEpoch
from pilookup.custody.role_state import RoleState
from pilookup.protocol.buckets import MAINLAND_PATTERNS, PUBLIC_ELEMENTS_A_DAY
from pilookup.protocol.names import PUBLIC


@dataclass(frozen=True, slots=True)
class ReplacedKey:
    """A key that a new root puts in the place of another one; both by their ids, as the root lists them."""

    role: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing a channel did.

    changed: False if the snapshot is the one that was served before, with new signatures. rotated: whether a new epoch
    began. bytes: the size of all files of the newest epoch. ended: the epochs that were served before, whose time was
    not over, and that this release does not serve any more; newest first. expired: the ids of datasets that have
    expired, whose records this publish has taken out of the vault. root: the version of the new root that came with the
    release; None if the root stayed. replaced: the keys that it replaces.
    """

    channel: str
    epoch: int
    serial: int
    entries: int
    changed: bool
    rotated: bool
    bytes: int
    ended: tuple[EndedEpoch, ...] = ()
    expired: tuple[str, ...] = ()
    root: int | None = None
    replaced: tuple[ReplacedKey, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup publish --json` prints it."""
        hits = {"guess_hits_a_day": self.guess_hits_a_day} if self.channel == PUBLIC else {}
        return asdict(self) | hits

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """The outcome that `to_json` wrote; raises KeyError, TypeError."""
        plain = [each.name for each in fields(cls) if each.name not in ("ended", "expired", "root", "replaced")]
        return cls(
            **{name: body[name] for name in plain},
            ended=tuple(EndedEpoch(**each) for each in body["ended"]),
            expired=tuple(body["expired"]),
            root=body.get("root"),  # not in releases that an earlier version prepared
            replaced=tuple(ReplacedKey(**each) for each in body.get("replaced", ())),
        )

    @property
    def guess_hits_a_day(self) -> float:
        """How many of the numbers are found in a day by guesses that are uniform over all patterns of mobile numbers.

        The guesses are PUBLIC_ELEMENTS_A_DAY. Who knows the region, and so the prefixes, finds up to several hundred
        times more.
        """
        return self.entries * PUBLIC_ELEMENTS_A_DAY / MAINLAND_PATTERNS


@dataclass(frozen=True, slots=True)
class PreparedOutcome:
    """A release that was prepared and waits for signatures.

    request: the signing request, to be carried to the holders of keys. summary: what it says in words. published: what
    publishing will report once the release is served.
    """

    channel: str
    request: bytes
    summary: tuple[str, ...]
    published: Published

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup publish --prepare --json` prints it."""
        return {"channel": self.channel, "prepared": self.published.to_json(), "summary": list(self.summary)}


@dataclass(frozen=True, slots=True)
class UnsignedChannel:
    """A channel whose release has yet to be signed where its keys are.

    missing: the roles that are short, and the keys that can sign. steps: the commands, in full and in their order, that
    have the release signed and served.
    """

    channel: str
    missing: tuple[RoleState, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Republished:
    """What publishing after a removal did.

    published: the channels that were published. waiting: those whose signing keys are not at hand, so that what was
    removed is served until a release is prepared, signed and finished.
    """

    published: tuple[Published, ...]
    waiting: tuple[UnsignedChannel, ...]

    @property
    def unsigned(self) -> tuple[str, ...]:
        """The names of the channels in `waiting`."""
        return tuple(each.channel for each in self.waiting)


def unsigned_to_json(waiting: Iterable[UnsignedChannel]) -> dict[str, Any]:
    """Members of the JSON of a command that ends with status 3: channels, the roles that are short, what comes next."""
    found = list(waiting)
    return {
        "unsigned": [each.channel for each in found],
        "missing": [state.to_json() for each in found for state in each.missing],
        "next": [step for each in found for step in each.steps],
    }
