"""Alembic runs this to migrate; `service_database.migrate` passes the connection."""

from alembic import context

from pilookup_server.service_database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=context.config.attributes["version_table"],
)
with context.begin_transaction():
    context.run_migrations()
