import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.client.fake_service import KEY, FakeService, running

from setpoint.cli import console
from setpoint.cli.sync.app import main

VARIABLES = (
    "SYNC_API_URL",
    "SYNC_API_KEY_ID",
    "SYNC_API_KEY_SECRET",
    "DEFAULT_PREDICTION_PREFERENCE",
    "DATABRICKS_HOST",
    "DATABRICKS_TOKEN",
    "DATABRICKS_AWS_REGION",
    "AWS_DEFAULT_REGION",
    "XDG_CACHE_HOME",
)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any configuration."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def sync_cli(
    bare: Path,  # noqa: ARG001 - the fixture points the command at it
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., Said]:
    """Run the program as a shell would: arguments in, exit code and words out."""

    def run(*words: str) -> Said:
        monkeypatch.setattr("sys.argv", ["sync-cli", *words])
        console.out.cache_clear()
        console.err.cache_clear()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def fake(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:  # noqa: ARG001
    """A service that the program is configured for by variables."""
    with running() as service:
        monkeypatch.setenv("SYNC_API_URL", service.url)
        monkeypatch.setenv("SYNC_API_KEY_ID", KEY["api_key_id"])
        monkeypatch.setenv("SYNC_API_KEY_SECRET", KEY["api_key_secret"])
        yield service


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """An event log and a cluster report."""
    log, report = tmp_path / "application_1.gz", tmp_path / "report.json"
    log.write_bytes(b"\x1f\x8b log")
    report.write_text(json.dumps({"Cluster": {"Name": "ordörs"}}), encoding="utf-8")
    return str(log), str(report)
