from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from setpoint.cli import console
from setpoint.cli.app import main


@dataclass(frozen=True)
class Said:
    exit_code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SETPOINT_SETTINGS", "SETPOINT_LEDGER", "SETPOINT_REGION", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SETPOINT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def setpoint(
    home: Path,  # noqa: ARG001 - the fixture points the command at it
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., Said]:
    """Run the program as a shell would: arguments in, exit code and words out."""

    def run(*words: str) -> Said:
        monkeypatch.setattr("sys.argv", ["setpoint", *words])
        console.out.cache_clear()
        console.err.cache_clear()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Said(code, said.out, said.err)

    return run
