"""`screen`: one function over Arrow batches, in the shape of Spark's `mapInArrow`.

It keeps nothing between calls: the caller leaves out the rows that were evaluated in the epoch already, and writes what
it yields to a join table. Sealed tokens go to a directory of files, not through the warehouse.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from pilookup.screening.directory import disk_errors, write_tokens
from pilookup.screening.evaluator import EvaluatedRows, Evaluator, EvaluatorJob
from pilookup.screening.rows import Reject, read_rows
from pilookup.screening.tables import EVALUATED_TABLE, row_id_column
from pilookup.screening.user_table import read_users


def screen(
    batches: Iterable[pa.RecordBatch],
    job: EvaluatorJob,
    tokens: str | Path,
    user_column: str = "user",
    number_column: str = "number",
) -> Iterator[pa.RecordBatch]:
    """Evaluate users, and yield a join key for each row.

    Args:
        batches: Record batches, or anything with `__arrow_c_stream__`. A batch is evaluated as a whole.
        job: Where and how. It can be pickled.
        tokens: A directory for sealed token files, which the job that opens candidates must reach.
        user_column: The column with the platform's key of the user.
        number_column: The column with the number.

    Yields:
        Batches of row id, user, epoch, join key, and a reason where the row has not exactly one number (its other
        columns are null then). A row that a batch repeats comes once. The token file of a batch is written before.

    Raises:
        ScreenError: The batch could not be evaluated. What was yielded before is right.
        ValueError: An argument of the job is not valid.
    """
    first = 1
    with Evaluator(job) as evaluator:
        for batch in read_users(batches, user_column, number_column):
            rows, rejects = read_rows(batch, first, evaluator.key, job.region)
            first += batch.num_rows
            rows = rows.distinct()
            if len(rows):
                evaluated = evaluator.evaluate(rows)
                with disk_errors(Path(tokens)):
                    write_tokens(Path(tokens), sha256(rows.ids.tobytes()).hexdigest()[:32], evaluated)
                yield _evaluated(evaluated)
            if rejects:
                yield _rejected(rejects)


def _evaluated(rows: EvaluatedRows) -> pa.RecordBatch:
    count = len(rows.users)
    columns = [
        row_id_column(rows.ids).cast(pa.binary()),
        pa.array(rows.users, pa.string()),
        pa.array([rows.epoch] * count, pa.int64()),
        pa.array(rows.join_keys),
        pa.nulls(count, pa.string()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EVALUATED_TABLE)


def _rejected(rejects: list[Reject]) -> pa.RecordBatch:
    count = len(rejects)
    columns = [
        pa.nulls(count, pa.binary()),
        pa.array([reject.user for reject in rejects], pa.string()),
        pa.nulls(count, pa.int64()),
        pa.nulls(count, pa.int64()),
        pa.array([reject.reason for reject in rejects], pa.string()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EVALUATED_TABLE)
