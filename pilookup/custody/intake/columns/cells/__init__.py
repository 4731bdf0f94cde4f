"""The steps of `find_numbers`.

`text` makes the plain form, `tokens` and `items` cut it into runs of digits, `runs` finds the numbers in a run,
`reader` decides on one, and `candidates` puts together the answer. `spreadsheet`, `ids`, `countries` and `nearby` hold
single rules.
"""
