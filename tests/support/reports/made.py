"""Reports of the tests."""

from pilookup.protocol.reports import Quarter, Verb
from pilookup.reports import ReportKey, make_report

KEY = ReportKey(bytes(range(32)))
QUARTER = Quarter(2026, 4)
COUNTS = {Verb.VERIFIED: 1_234, Verb.RESTRICTED: 20_345, Verb.CLOSED: 56, Verb.APPEALED: 333}


def made(case=1, quarter=QUARTER, key=KEY, counts=None, **more):
    """A report of 200,000 users on a case of 619,000 numbers."""
    given = {"case_numbers": 619_000, "users": 200_000} | more
    return make_report(key, case=case, quarter=quarter, counts=COUNTS if counts is None else counts, **given)
