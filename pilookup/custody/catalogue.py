"""Datasets as the public catalogue tells of them."""

from typing import Final

from pilookup.custody.control import Dataset
from pilookup.protocol.label import Kind
from pilookup.protocol.manifest import Case

DATA_CLASSES: Final = {
    Kind.EXPOSURE: ("phone", "name", "id-number"),
    Kind.MALICIOUS: ("phone", "account"),
}
ADVICE: Final = {
    Kind.EXPOSURE: ("expect-fraud-calls", "answer-96110", "report-110"),
    Kind.MALICIOUS: ("check-own-accounts", "complain-12321", "report-110"),
}
"""Codes of advice, most urgent first; whoever shows them has the words."""


def case_of(dataset: Dataset) -> Case:
    """A dataset's entry in the manifest."""
    kind = Kind(dataset.kind)
    return Case(
        id=dataset.id,
        kind=kind,
        title_zh=dataset.title_zh,
        title_en=dataset.title_en,
        seized_on=dataset.seized_on,
        data_classes=DATA_CLASSES[kind],
        advice=ADVICE[kind],
    )
