"""The files beside a manifest that are about its catalogue: `cases.json`, and on `public` `feed.xml`."""

from collections.abc import Mapping, Sequence
from datetime import date

from pilookup.custody.control import ControlDatabase, Dataset
from pilookup.custody.datasets import case_details, case_of
from pilookup.protocol.cases import cases_to_bytes
from pilookup.protocol.feed import ListedCase, feed_id, feed_to_bytes


def cases_file(control: ControlDatabase, datasets: Sequence[Dataset]) -> bytes | None:
    """The content of `cases.json`; None where no dataset has texts for it.

    Raises:
        CustodyError: The control database failed.
        FormatError: It would be larger than a reader takes.
    """
    if not any(row.details for row in datasets):
        return None
    return cases_to_bytes({row.id: case_details(row, control.loads(row.slug)) for row in datasets})


def feed_file(first_root: bytes, datasets: Sequence[Dataset], first_loads: Mapping[int, date]) -> bytes:
    """The content of `feed.xml`.

    Args:
        first_root: Version 1 of the channel's root metadata, from which the feed's id comes.
        datasets: The datasets of the channel.
        first_loads: The day on which each was first loaded, by id.
    """
    listed = [_listed(row, first_loads[row.id]) for row in datasets]
    return feed_to_bytes(feed_id(first_root), listed)


def _listed(row: Dataset, loaded_on: date) -> ListedCase:
    return ListedCase(case_of(row), loaded_on, max(loaded_on, row.details_updated_on or loaded_on))
