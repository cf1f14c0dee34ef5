"""What is kept besides the ledger: accounts, keys, projects, predictions, and the work to be done on them."""

from dataclasses import dataclass

import sqlalchemy as sa

from setpoint.store.accounts import Accounts, Audit, Keys, Once, Workspaces
from setpoint.store.database import Database, open_database
from setpoint.store.enrolments import Enrolments
from setpoint.store.runs import Predictions, Projects, Recommendations, Submissions
from setpoint.store.stragglers import Stragglers
from setpoint.store.tasks import Tasks
from setpoint.store.uploads import Uploads

__all__ = ["Store", "open_store"]


@dataclass(frozen=True, slots=True)
class Store:
    """All of it. Every question names the account that asks."""

    database: Database
    accounts: Accounts
    keys: Keys
    projects: Projects
    predictions: Predictions
    submissions: Submissions
    enrolments: Enrolments
    recommendations: Recommendations
    workspaces: Workspaces
    uploads: Uploads
    tasks: Tasks
    stragglers: Stragglers
    once: Once
    audit: Audit

    def check(self) -> None:
        """Raises LedgerError where the database does not answer."""
        with self.database.reading() as connection:
            connection.execute(sa.text("select 1"))

    def close(self) -> None:
        """Give its connections back; it opens new ones where it is asked again."""
        self.database.engine.dispose()


def open_store(url: str) -> Store:
    """The store at an address; tables that are missing are made."""
    database = open_database(url)
    database.prepare()
    return Store(
        database,
        Accounts(database),
        Keys(database),
        Projects(database),
        Predictions(database),
        Submissions(database),
        Enrolments(database),
        Recommendations(database),
        Workspaces(database),
        Uploads(database),
        Tasks(database),
        Stragglers(database),
        Once(database),
        Audit(database),
    )
