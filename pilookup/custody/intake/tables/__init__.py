"""Tables: rows of text cells with their locations, the same for every file format (`table`).

`text` reads texts with `dialect` and `records`, `workbook` reads workbooks with `sheets`, and `parquet` reads Parquet
with `arrow`.
"""
