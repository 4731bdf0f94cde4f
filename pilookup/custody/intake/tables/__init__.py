"""Tables: rows of text cells with their locations, the same for every file format (`table`).

`text` reads texts with `dialect` and `records`, `workbook` reads workbooks with `sheets`, and `parquet` reads Parquet
with `arrow`. JSON, vCards, XML and SQL dumps are read as records (`named_records`) by `json_tables`, `vcards`,
`xml_tables` and `sql_tables`, and SQLite databases by `sqlite_tables` in another process.
"""
