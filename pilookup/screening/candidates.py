"""The other side of a join that is made in a warehouse: the join table of a release, and opening its candidates."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pilookup.errors import FormatError, ScreenError
from pilookup.plain_file import read_whole
from pilookup.release_files.local_release import LocalSnapshot
from pilookup.screening.directory import disk_errors
from pilookup.screening.evaluator import EvaluatorJob
from pilookup.screening.join_keys import ROW_ID_BYTES, RowIds, row_bytes
from pilookup.screening.known_rows import no_rows
from pilookup.screening.label_columns import label_columns
from pilookup.screening.local_key import LocalKey
from pilookup.screening.snapshots import MirrorJob, Opener, mirror_errors, open_snapshots, release_join_keys
from pilookup.screening.tables import HIT_TABLE
from pilookup.screening.token_file import open_tokens


def release_table(job: EvaluatorJob) -> pa.Table:
    """The join table of a mirror's release: epoch, serial and join key of each entry of each epoch that is served.

    Args:
        job: The mirror and the local key; no request is sent.

    Raises:
        ScreenError: The mirror or the key cannot be used.
        TrustError: The root to pin cannot be used.
    """
    key = LocalKey.read(job.key)
    mirror = _mirror(job)
    tables = []
    for snapshot in open_snapshots(mirror):
        with mirror_errors(mirror.directory):
            keys = release_join_keys(snapshot, key)
        about = [np.full(len(keys), one, np.int64) for one in (snapshot.manifest.epoch, snapshot.manifest.serial)]
        tables.append(pa.Table.from_arrays([*map(pa.array, about), pa.array(keys)], ["epoch", "serial", "join_key"]))
    return pa.concat_tables(tables)


def _mirror(job: EvaluatorJob) -> MirrorJob:
    return MirrorJob(Path(job.mirror), job.channel, job.trust, job.max_age, job.sandbox)


def open_candidates(rows: Iterable[bytes], job: EvaluatorJob, tokens: str | Path) -> pa.Table:
    """Open candidates against the verified buckets of the mirror, and return the ones that are hits.

    Args:
        rows: Row ids of 16 bytes. One that comes twice, as in both epochs of a rotation, is opened once.
        job: The mirror and the local key; no request is sent.
        tokens: The directory that `screen` wrote token files to.

    Returns:
        For each hit the row id, the serial, and what its label says. A candidate that is not among them is a collision
        of join keys.

    Raises:
        ScreenError: A row has no token, or a file, the mirror or the key cannot be used.
        TrustError: The root to pin cannot be used.
    """
    key = LocalKey.read(job.key)
    mirror = _mirror(job)
    wanted = np.unique(np.array(list(rows) or no_rows(), f"S{ROW_ID_BYTES}"))
    hits: list[dict[str, Any]] = []
    with disk_errors(Path(tokens)):
        for snapshot in open_snapshots(mirror):
            for path in sorted((Path(tokens) / f"epoch={snapshot.manifest.epoch}").glob("[0-9a-f]*.tokens")):
                opened, found = _open_file(path, wanted, snapshot, key, mirror.directory)
                hits += found
                wanted = np.setdiff1d(wanted, opened)
    if len(wanted):
        text = f"{tokens}: no token of {len(wanted):,} candidates in an epoch of the mirror; evaluate their rows again"
        raise ScreenError("bad_directory", text)
    return pa.Table.from_pylist(hits, schema=HIT_TABLE)


def _open_file(
    path: Path, wanted: RowIds, snapshot: LocalSnapshot, key: LocalKey, mirror: Path
) -> tuple[RowIds, list[dict[str, Any]]]:
    """The rows of a token file that are wanted, and the hits among them."""
    manifest = snapshot.manifest
    try:
        held = open_tokens(key, manifest.channel, manifest.epoch, read_whole(path))
    except FormatError as error:
        raise ScreenError("bad_directory", f"{path}: {error}") from None
    at = np.flatnonzero(np.isin(held.rows, wanted)).tolist()
    opener = Opener(snapshot)
    hits = []
    with mirror_errors(mirror):
        for row, secret in sorted(zip(row_bytes(held.rows[at]), (held.token(one) for one in at), strict=True)):
            label = opener.label(secret)
            if label is not None:
                columns = label_columns(label, manifest.profile)
                hits.append({"row_id": row, "serial": manifest.serial, **columns})
    return held.rows[at], hits
