"""The number in the data of these tests, its label, and a number that is not in the data."""

from pilookup.protocol.label import Label

HIT = "138 0013 8000"
MISS = "13900139000"
LABEL = Label(exposed=True, malicious=True, accounts=2, month=306, cases=(4, 1))
