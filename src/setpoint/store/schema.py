"""The version of the tables, and the way from an older one to the newest."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from setpoint.errors import LedgerError
from setpoint.store.tables import SCHEMA

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["NEWEST", "Standing", "standing", "upgrade"]

NEWEST = "0001"
"""The last change under `migrations/versions`; written here so that a database that has it opens without alembic."""
_FOLDER = Path(__file__).with_name("migrations")
_VERSION = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""As alembic makes it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the tables of a database stand."""

    version: str | None
    """None where there are none yet."""

    @property
    def is_newest(self) -> bool:
        """Whether nothing is to be done."""
        return self.version == NEWEST


def standing(connection: sa.Connection) -> Standing:
    """Raises LedgerError where a newer Setpoint made the tables."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return Standing(None)
    found = Standing(connection.scalar(sa.select(_VERSION.c.version_num)))
    if found.version is not None and found.version > NEWEST:
        raise LedgerError(
            f"The database was made by a newer Setpoint (version {found.version} of its tables, this one knows "
            f"{NEWEST}): use that one."
        )
    return found


def upgrade(connection: sa.Connection) -> None:
    """Bring the tables up to date, in the transaction of the connection. Raises LedgerError where they are newer."""
    found = standing(connection)
    if found.is_newest:
        return
    if found.version is None:
        # A new database is made as it is to be; that this comes to the same as all changes one after another is tested.
        SCHEMA.create_all(connection)
        _VERSION.create(connection)
        connection.execute(_VERSION.insert().values(version_num=NEWEST))
        return
    from alembic import command

    command.upgrade(configuration(connection), "head")


def configuration(connection: sa.Connection | None = None) -> "Config":
    """What alembic is told."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("version_locations", str(_FOLDER / "versions").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
