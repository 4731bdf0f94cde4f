"""The service database of the online half: what the server counts and must not forget.

It is `HOME/online/service.sqlite3`, or the PostgreSQL database of PILOOKUP_SERVICE_DATABASE_URL, which several servers
share. It has nothing in common with custody's control database, which this machine does not have: other tables, other
revisions, another table of the revision. It contains no element, no token, no key, and nothing of a dataset but what
platforms report of a case.

`counts` and `report_table` read and change it, `schema` has its tables in SQL, `engine` the connection, and `migrate`
the revisions. Importing it imports SQLAlchemy, so workers never do: one process of the server has the connection.
"""
