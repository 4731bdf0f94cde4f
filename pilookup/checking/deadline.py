"""The time at which a call must have ended, whatever it is doing."""

import time
from dataclasses import dataclass


def now() -> float:
    """Return the clock of all deadlines: `time.monotonic`, in seconds. Tests replace it."""
    return time.monotonic()


def left_until(at: float) -> float:
    """Return the seconds until the clock shows `at`; 0 if it is past."""
    return max(0.0, at - now())


@dataclass(frozen=True, slots=True)
class Deadline:
    """One call's deadline: everything that the call does, and each wait in it, ends by then.

    Attributes:
        at: the value of `now` at which the time is over.
        seconds: the time that the call had, for messages.
    """

    at: float
    seconds: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Make the deadline of a call that starts now and may take `seconds`."""
        return cls(now() + seconds, seconds)

    def left(self) -> float:
        """Return the seconds that are left, 0 if none."""
        return left_until(self.at)

    def timeouts(self) -> dict[str, float]:
        """Return the extension `timeout` of a request of httpcore: times, not durations, as `network` explains."""
        return {"connect": self.at, "read": self.at, "write": self.at, "pool": self.left()}

    def over(self) -> bool:
        """Return whether no time is left."""
        return self.left() <= 0

    def later(self, seconds: float) -> "Deadline":
        """Return a deadline that is later by some seconds."""
        return Deadline(self.at + seconds, self.seconds)
