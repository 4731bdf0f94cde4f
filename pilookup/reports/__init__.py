"""What a platform tells the police about the accounts of a case, coarse enough to say nothing of a person.

    from pilookup.reports import Quarter, ReportKey, Tally, Verb
    from pilookup.reports import make_report, report_state, send_report, verified_answer

    tally = Tally()
    for account in accounts_of_case_7:          # once for each number, however many accounts it has
        tally.add(Verb.RESTRICTED, appealed=account.appealed)
    key = ReportKey.read("report.key")          # made once with: pilookup reports key report.key
    report = make_report(key, case=7, case_numbers=10_000, quarter=Quarter(2026, 4), users=200_000, counts=tally.counts)
    send_report(report, "https://pilookup.example.org", token)
    ...                                         # later
    state = report_state(report.id, "https://pilookup.example.org", token)
    answer = verified_answer(state, "trust-bundles.json", report)

A count below 100 is not told, others with two digits, after a rounding that is drawn once for each case
(docs/adr/0037).
"""

from pilookup.protocol.reports import Quarter, Report, Verb
from pilookup.reports.answers import verified_answer
from pilookup.reports.make import Tally, make_report
from pilookup.reports.rounding import ReportKey, rounded
from pilookup.reports.send import ReportState, report_state, send_report

__all__ = [
    "Quarter",
    "Report",
    "ReportKey",
    "ReportState",
    "Tally",
    "Verb",
    "make_report",
    "report_state",
    "rounded",
    "send_report",
    "verified_answer",
]
