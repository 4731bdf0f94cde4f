"""The steps of `find_numbers` (SPEC.md section 13).

1.  Limits: 131,072 characters and 10,000 candidates; what is beyond is refused number by number (`find_numbers`).
2.  What a spreadsheet shows: a minus, thousands separators (`spreadsheet`).
3.  The country and the area of the row (`nearby`, `countries`).
4.  A cell that is one number, or a list of bare mobiles (`find_numbers`).
5.  The plain form, with Chinese digits and letters O as digits (`text`).
6.  Tokens: links, messengers' ids, exponent forms, cards, dates; and atoms, runs of digits (`tokens`, `ids`).
7.  Atoms that a mask, a Latin letter, a label of another number or a unit spoils (`tokens`).
8.  Runs of atoms that may be one number; extensions and decimal points (`runs`, `items`).
9.  Countries that are named next to a number (`nearby`).
10. Landlines of digits alone (`reader`).
11. The numbers of a run: the whole run, else the cover that leaves the fewest digits (`runs`, `reader`).
12. Numbers that may be part of a card number are none (`runs`).
13. Digits that are left are refused, each number by itself (`runs`, `candidates`).
14. The answer for the cell (`candidates`).
"""
