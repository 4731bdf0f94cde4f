"""Write tests/vectors/protocol.json: the worked vectors of SPEC.md. `--check` compares instead of writing.

Every scalar and key is a hash of its label, so the script always writes the same file. The keys are only for these
vectors and protect nothing.
"""

import json
import sys
from pathlib import Path

from generated_file import main
from protocol_cases import (
    Vector,
    batch_case,
    check_case,
    filter_cases,
    geometry_cases,
    label_cases,
    manifest_case,
    part_cases,
    shape_cases,
    snapshot_case,
    title_case,
)
from protocol_channel import IDENTIFIERS, LABELS, Snapshot
from protocol_filters import absence_cases, bloom_cases, bloom_negatives, more_filter_cases
from protocol_messages import proof_of_work_cases, range_cases, response_negatives
from protocol_negatives import (
    bucket_negatives,
    entry_cases,
    filter_negatives,
    label_negatives,
    manifest_negatives,
    proof_negatives,
    request_negatives,
)

FILE = Path(__file__).with_name("protocol.json")


def vectors() -> Vector:
    snapshot = Snapshot()
    checks = [check_case(name, label) for name, label in zip(IDENTIFIERS, LABELS, strict=True)]
    negatives = [
        *label_negatives(),
        *proof_negatives(),
        *bucket_negatives(snapshot),
        *manifest_negatives(snapshot),
        *request_negatives(),
        *filter_negatives(snapshot),
    ]
    return {
        "source": "SPEC.md, version 1",
        "script": "tests/vectors/make_protocol.py",
        "cases": [
            *checks,
            batch_case(),
            *label_cases(),
            *geometry_cases(),
            snapshot_case(snapshot),
            manifest_case(snapshot),
            *filter_cases(snapshot),
            *shape_cases(),
            *part_cases(),
            *entry_cases(snapshot),
            *negatives,
            title_case(snapshot),
            *more_filter_cases(snapshot),
            *bloom_cases(),
            *absence_cases(),
            *proof_of_work_cases(),
            *range_cases(),
            *response_negatives(),
            *bloom_negatives(snapshot),
        ],
    }


def to_text() -> str:
    return json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main(FILE, to_text(), __doc__))
