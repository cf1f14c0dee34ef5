"""How the tables of the service came to be what they are: one file per change, kept by alembic."""
