"""A command that only prints help or a row of the ledger does not wait for the libraries that decisions need."""

import subprocess
import sys

HEAVY = ("numpy", "scipy", "sqlalchemy", "fastapi", "plotly")


def test_the_program_loads_no_heavy_library_before_a_command_asks_for_it() -> None:
    code = f"import sys, setpoint.cli.app; print([name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"
