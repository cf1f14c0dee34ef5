"""Every ledger of the registry keeps the contract."""

from functools import partial
from pathlib import Path

import pytest

from setpoint.ledger import LEDGERS, open_ledger
from setpoint.testing.ledger_contract import LedgerContract, LedgerUnderTest

LASTING = {"memory": False, "postgresql": True, "sqlite": True}
"""What each claims. A new entry of the registry fails here until it is declared."""


class TestEveryLedger(LedgerContract):
    """The contract over the registry."""

    @pytest.fixture(params=sorted(LEDGERS))
    def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> LedgerUnderTest:
        """An empty ledger of each scheme."""
        scheme: str = request.param
        url = f"{scheme}:///{tmp_path}/ledger.db"
        if scheme == "postgresql":
            url = request.getfixturevalue("new_postgresql")()
        return LedgerUnderTest(partial(open_ledger, url), LASTING[scheme])
