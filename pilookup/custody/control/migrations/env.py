"""Alembic runs this to migrate; `control.migrate` passes the connection."""

from alembic import context

from pilookup.custody.control.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
