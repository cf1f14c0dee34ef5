"""`configure` and the files in ~/.sync: who wins, what is asked, what is kept secret."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.conftest import Said
from tests.cli.sync.test_commands import answers
from tests.client.fake_service import FakeService

from setpoint.client import load_configuration
from setpoint.client.configuration import DEFAULT_URL
from setpoint.errors import SettingsError

SyncCli = Callable[..., Said]
KEY_FLAGS = ("--api-key-id", "k", "--api-key-secret", "s")
FLAGS = (*KEY_FLAGS, "--prediction-preference", "balanced")
DATABRICKS = ("--databricks-host", "https://h.cloud.databricks.com/x", "--databricks-token", "t")
QUESTIONS = [
    "Sync API key ID: ",
    "Sync API key secret: ",
    "Default prediction preference (performance, balanced, economy) [economy]: ",
    "Would you like to configure a Databricks workspace? [y/N]: ",
    "Databricks host (prefix with https://) [none]: ",
    "Databricks token: ",
    "Databricks AWS region name [none]: ",
]


def kept(home: Path, name: str) -> dict[str, str]:
    found = json.loads((home / ".sync" / name).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_all_is_asked_as_it_always_was(sync_cli: SyncCli, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNC_API_URL", "http://service.example:81/x/")
    answers(monkeypatch, "k\ns\nbalanced\ny\nhttps://h.cloud.databricks.com/?o=1\nt\nus-east-1\n")
    said = sync_cli("configure")
    assert said.exit_code == 0
    asked = said.out + said.err
    assert [question for question in QUESTIONS if question.strip() not in asked] == []
    assert kept(bare, "credentials") == {"api_key_id": "k", "api_key_secret": "s"}
    assert kept(bare, "config") == {
        "default_prediction_preference": "balanced",
        "api_url": "http://service.example:81/x",
    }
    assert kept(bare, "databrickscfg") == {
        "host": "https://h.cloud.databricks.com",
        "token": "t",
        "aws_region_name": "us-east-1",
    }
    modes = {path.name: path.stat().st_mode & 0o777 for path in (bare / ".sync").iterdir()}
    assert modes == dict.fromkeys(("credentials", "config", "databrickscfg"), 0o600)


def test_flags_spare_the_questions(sync_cli: SyncCli, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "")
    said = sync_cli("configure", *FLAGS, *DATABRICKS, "--databricks-region", "us-west-2")
    assert (said.exit_code, said.out, said.err) == (0, "", "")
    assert kept(bare, "databrickscfg")["aws_region_name"] == "us-west-2"
    assert kept(bare, "config")["api_url"] == DEFAULT_URL


def test_scripts_of_versions_that_do_not_ask_for_a_preference_work(bare: Path) -> None:
    program = "import sys; sys.argv = ['x', 'configure']; from setpoint.cli.sync.app import main; main()"
    environment = {"HOME": str(bare), "PYTHONPATH": ":".join(sys.path), "SYNC_API_URL": "http://there:1"}
    done = subprocess.run(
        [sys.executable, "-c", program], input="k\ns\nn\n", capture_output=True, text=True, env=environment, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert kept(bare, "credentials") == {"api_key_id": "k", "api_key_secret": "s"}
    assert kept(bare, "config") == {"default_prediction_preference": "economy", "api_url": "http://there:1"}


def test_a_wrong_preference_is_asked_again(sync_cli: SyncCli, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "cheap\nPerformance\nn\n")
    assert sync_cli("configure", *KEY_FLAGS).exit_code == 0
    assert kept(bare, "config")["default_prediction_preference"] == "performance"
    assert not (bare / ".sync" / "databrickscfg").exists()


def test_what_is_known_is_offered_and_secrets_are_not_shown(
    sync_cli: SyncCli, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "")
    sync_cli("configure", *FLAGS, *DATABRICKS, "--databricks-region", "us-west-2")
    before = {path.name: path.read_text() for path in (bare / ".sync").iterdir()}
    answers(monkeypatch, "\n\n\ny\n\n\n\n")
    said = sync_cli("configure")
    assert "Sync API key ID [k]" in said.out + said.err
    assert "[s]" not in said.out + said.err
    assert {path.name: path.read_text() for path in (bare / ".sync").iterdir()} == before


def test_the_key_that_was_configured_is_used(
    sync_cli: SyncCli, fake: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "n\n")
    words = ("--api-key-id", "key-1", "--api-key-secret", "secret-1", "--prediction-preference", "balanced")
    assert sync_cli("configure", *words, "--api-url", fake.url).exit_code == 0
    for name in ("SYNC_API_URL", "SYNC_API_KEY_ID", "SYNC_API_KEY_SECRET"):
        monkeypatch.delenv(name)
    assert sync_cli("products").exit_code == 0


@pytest.mark.parametrize("content", ["", "[]", "{", "\x00"])
def test_files_that_are_none(sync_cli: SyncCli, bare: Path, content: str) -> None:
    (bare / ".sync").mkdir()
    (bare / ".sync" / "credentials").write_text(content, encoding="utf-8")
    said = sync_cli("products")
    assert said.exit_code == 78
    assert len(said.err.splitlines()) == 1
    if content:
        assert "credentials" in said.err


def test_an_empty_file_is_as_none_at_all(bare: Path) -> None:
    (bare / ".sync").mkdir()
    (bare / ".sync" / "credentials").touch()  # as version 2 of the original leaves it
    assert load_configuration({"HOME": str(bare)}).key is None


@pytest.mark.parametrize("preference", ["cheapest", "Economy"])
def test_a_preference_that_is_none(bare: Path, preference: str) -> None:
    with pytest.raises(SettingsError, match="preference"):
        load_configuration({"HOME": str(bare), "DEFAULT_PREDICTION_PREFERENCE": preference})


NAMES = {
    "SYNC_API_URL": ("config", "api_url"),
    "SYNC_API_KEY_ID": ("credentials", "api_key_id"),
    "SYNC_API_KEY_SECRET": ("credentials", "api_key_secret"),
    "DATABRICKS_HOST": ("databrickscfg", "host"),
    "DATABRICKS_TOKEN": ("databrickscfg", "token"),
    "DATABRICKS_AWS_REGION": ("databrickscfg", "aws_region_name"),
}


@given(given_=st.sets(st.sampled_from(sorted(NAMES))))
def test_variables_win_over_files_one_by_one(tmp_path_factory: pytest.TempPathFactory, given_: set[str]) -> None:
    home = tmp_path_factory.mktemp("home")
    files: dict[str, dict[str, str]] = {}
    for name, (file, field) in NAMES.items():
        files.setdefault(file, {})[field] = f"https://file-{name.lower()}"
    (home / ".sync").mkdir()
    for file, content in files.items():
        (home / ".sync" / file).write_text(json.dumps(content), encoding="utf-8")
    now = load_configuration({"HOME": str(home)} | {name: f"https://env-{name.lower()}" for name in given_})
    assert now.key is not None
    assert now.databricks is not None
    access = now.databricks
    found = (now.url, now.key.id, now.key.secret, access.host, access.token, access.aws_region)
    wanted = [f"https://{'env' if name in given_ else 'file'}-{name.lower()}" for name in NAMES]
    assert [each and each.lower() for each in found] == wanted
