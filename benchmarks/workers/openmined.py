"""OpenMined PSI: the server's set-up message (hash to P-256, multiply, Golomb-compressed set) of n records."""

from importlib.metadata import version

import private_set_intersection.python as psi
from inputs import Prepared, identifiers

FALSE_POSITIVES = 0.001
CLIENT_INPUTS = 1000


def prepare(n: int) -> Prepared:
    given = identifiers(n)
    server = psi.server.CreateWithNewKey(True)

    def setup() -> None:
        message = server.CreateSetupMessage(FALSE_POSITIVES, CLIENT_INPUTS, given)
        if message.ByteSize() < n:
            raise SystemExit("the set-up message is too small for its records")

    return {"setup": (n, setup)}, {"version": version("openmined.psi")}
