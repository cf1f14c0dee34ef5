"""What opens a ledger."""

import subprocess
import sys

import pytest

from setpoint.errors import SettingsError
from setpoint.ledger import open_ledger
from setpoint.testing.ledger_contract import a_run


@pytest.mark.parametrize("url", ["", "ledger.db", "/var/ledger.db", "mysql://host/db", ":memory:"])
def test_an_address_of_no_known_kind_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="begins with none of memory:, postgresql:, sqlite:"):
        open_ledger(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg", "mysql"])
def test_a_password_in_an_address_is_not_repeated(scheme: str) -> None:
    with pytest.raises(SettingsError, match=r"write .* postgresql://user@host/name") as caught:
        open_ledger(f"{scheme}://me:correct-horse@host/db")
    assert "correct-horse" not in str(caught.value)


def test_every_memory_is_its_own() -> None:
    open_ledger("memory:").append("nightly", a_run(1))
    assert open_ledger("memory:").projects() == ()


def test_looking_at_the_registry_loads_no_database_library() -> None:
    code = "import sys, setpoint.ledger; sys.exit('sqlalchemy' in sys.modules)"
    environment = {"PYTHONPATH": ":".join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment).returncode == 0
