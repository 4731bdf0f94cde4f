"""A clock of elapsed seconds that tests set."""


class Stepped:
    """Returns `now`, which the test changes."""

    def __init__(self, now=1_000_020.0):
        self.now = now

    def __call__(self):
        return self.now
