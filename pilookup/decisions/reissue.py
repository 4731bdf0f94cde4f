"""Whether a number may have been issued to another person after what is recorded of it.

Chinese carriers issue a number again 90 days after its former holder has given it up.
"""

import calendar
import re
from datetime import date, timedelta
from typing import Final

REISSUED_AFTER: Final = timedelta(days=90)
_MONTH: Final = re.compile(r"(\d{4})-(?:(0[1-9]|1[0-2])|Q([1-4]))", re.ASCII)


def may_be_reissued(last_seen: str | None, since: date | None) -> bool:
    """Whether a person who has had a number since a day may be another one than the one whom the record is about.

    Args:
        last_seen: The latest month or quarter on record, `2025-07` or `2025-Q3`; None if it is not known.
        since: The day from which the platform knows that the person has the number; None if it is not known.

    Returns:
        Whether the last day of that month or quarter is more than 90 days before `since`. False if either is unknown:
        an unknown month counts as recent.
    """
    found = _MONTH.fullmatch(last_seen or "")
    if not found or since is None:
        return False
    year, month = int(found[1]), int(found[2] or 3 * int(found[3]))
    last = date(year, month, calendar.monthrange(year, month)[1])
    return since - last > REISSUED_AFTER
