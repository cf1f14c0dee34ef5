"""Where alembic starts: over the connection, and in the transaction, that it was given."""

from alembic import context

from setpoint.store.tables import SCHEMA

context.configure(connection=context.config.attributes["connection"], target_metadata=SCHEMA, render_as_batch=True)
context.run_migrations()
