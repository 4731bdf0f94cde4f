"""All cases, in the order of the procedure of SPEC.md section 11."""

from tests.kit.cases import answers, buckets, evaluate, filters, good, json_answers, manifest, metadata, steps

CASES = [
    *good.CASES,
    *metadata.CASES,
    *manifest.CASES,
    *evaluate.CASES,
    *json_answers.CASES,
    *buckets.CASES,
    *answers.CASES,
    *steps.CASES,
    *filters.CASES,
]
