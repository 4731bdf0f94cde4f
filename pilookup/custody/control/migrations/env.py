"""Alembic's entry: the connection comes from `control.migrate`."""

from alembic import context

from pilookup.custody.control.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
