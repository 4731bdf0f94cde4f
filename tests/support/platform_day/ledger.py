"""What each step of the day moved, in bytes: over each link, both ways, and on the medium between the two machines."""

from contextlib import contextmanager
from dataclasses import dataclass, field

_WIDTH = 40


@dataclass
class Step:
    """One step.

    Attributes:
        name: What was done.
        links: Bytes over each link, as (sent by the platform or the notifier, sent to it).
        carried: Bytes of bundles.
    """

    name: str
    links: dict[str, tuple[int, int]] = field(default_factory=dict)
    carried: int = 0

    @property
    def total(self):
        return self.carried + sum(map(sum, self.links.values()))


class Ledger:
    """Steps, in order; `meters` has the relay of each link by its name."""

    def __init__(self, meters):
        self._meters = meters
        self.steps = []

    @contextmanager
    def step(self, name):
        """Count what passes meanwhile; yields the step."""
        step = Step(name)
        before = self._read()
        yield step
        after = self._read()
        step.links = {link: (after[link][0] - up, after[link][1] - down) for link, (up, down) in before.items()}
        self.steps.append(step)

    def _read(self):
        return {name: (meter.up, meter.down) for name, meter in self._meters.items()}

    def table(self):
        """The steps as a text, with all headers and metadata in the bytes."""
        links = [f"{name} {way}" for name in self._meters for way in ("sent", "received")]
        lines = ["".join([f"{'step':<{_WIDTH}}", f"{'bundle':>14}", *(f"{link:>20}" for link in links)])]
        for step in self.steps:
            counts = [count for name in self._meters for count in step.links[name]]
            lines.append(
                "".join([f"{step.name:<{_WIDTH}}", f"{step.carried:>14,}", *(f"{count:>20,}" for count in counts)])
            )
        return "\n".join(lines)
