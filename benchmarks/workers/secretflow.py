"""SecretFlow SPU: a whole ECDH-PSI over Curve25519, both parties as threads of this process over an in-memory link.

Each party multiplies its own n records (hashed with SHA-256 to an x coordinate) and the n points of the other: 4n
multiplications a run. A run also reads two CSV files of one column, compares them, and writes one. The processor time
of both parties is that of this process.
"""

import atexit
import itertools
import shutil
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path

from inputs import Prepared, identifiers
from spu import psi
from spu.libspu import link

PARTIES = 2


def prepare(n: int) -> Prepared:
    folder = Path(tempfile.mkdtemp(prefix="pilookup-spu-"))
    atexit.register(shutil.rmtree, folder)
    given = identifiers(n + n // 2)
    for rank, ids in enumerate((given[:n], given[n // 2 : n // 2 + n])):
        (folder / f"in-{rank}.csv").write_text("\n".join(["id", *ids, ""]), encoding="utf-8")
    shared = n - n // 2
    runs = itertools.count()

    def run() -> None:
        description = link.Desc()
        description.id = f"run-{next(runs)}"
        for rank in range(PARTIES):
            description.add_party(f"party-{rank}", f"party-{rank}")
        found: dict[int, int] = {}
        threads = [threading.Thread(target=party, args=(folder, description, rank, found)) for rank in range(PARTIES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if found.get(0) != shared:
            raise SystemExit(f"{found.get(0)} common records instead of {shared}")

    return {"point": (2 * PARTIES * n, run)}, {"version": version("spu")}


def party(folder: Path, description: link.Desc, rank: int, found: dict[int, int]) -> None:
    """Run one side of the intersection; party 0 learns the result."""
    wire = link.create_mem(description, rank)
    found[rank] = psi.psi_execute(config(folder, rank), wire).intersection_count
    wire.stop_link()


def config(folder: Path, rank: int) -> psi.PsiExecuteConfig:
    return psi.PsiExecuteConfig(
        protocol_conf=psi.PsiProtocolConfig(
            protocol=psi.PsiProtocol.PROTOCOL_ECDH,
            receiver_rank=0,
            broadcast_result=False,
            ecdh_params=psi.EcdhParams(curve=psi.EllipticCurveType.CURVE_25519),
        ),
        input_params=psi.InputParams(path=str(folder / f"in-{rank}.csv"), selected_keys=["id"], keys_unique=True),
        output_params=psi.OutputParams(path=str(folder / f"out-{rank}.csv"), disable_alignment=True),
        join_conf=psi.ResultJoinConfig(type=psi.ResultJoinType.JOIN_TYPE_INNER_JOIN, left_side_rank=0),
    )
