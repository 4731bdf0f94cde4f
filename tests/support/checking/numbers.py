"""The one number in the data of these tests, what is said of it, and one that is not in it."""

from pilookup.protocol.label import Label

HIT = "138 0013 8000"
MISS = "13900139000"
LABEL = Label(exposed=True, malicious=True, accounts=2, month=306, cases=(4, 1))
