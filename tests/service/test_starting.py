"""A service of its settings: its master key is given, or in a file; its names are those that were set."""

import base64
from pathlib import Path

import pytest

from setpoint.errors import SettingsError
from setpoint.identity.master import FILE
from setpoint.service.starting import install
from setpoint.settings import load_settings

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()


def test_a_given_master_key_is_used_and_written_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"HOME": str(tmp_path), "SETPOINT_HOME": str(tmp_path / "home"), "SETPOINT_ALLOWED_HOSTS": "a.x, b.x"}
    settings = load_settings({**environ, "SETPOINT_MASTER_KEY": KEY})
    assert KEY not in repr(settings)
    monkeypatch.setenv("SETPOINT_MASTER_KEY", KEY)
    first, second = install(settings).rooms, install(settings).rooms
    assert not (tmp_path / "home" / FILE).exists()
    assert second.identity.vault.decrypt(first.identity.vault.encrypt("dapi")) == "dapi"
    assert first.options.allowed_hosts == ("a.x", "b.x")
    newer = base64.urlsafe_b64encode(b"n" * 32).decode()
    monkeypatch.setenv("SETPOINT_MASTER_KEY", f"{newer},{KEY}")
    assert install(settings).rooms.identity.vault.decrypt(first.identity.vault.encrypt("dapi")) == "dapi"
    monkeypatch.setenv("SETPOINT_MASTER_KEY", newer)
    with pytest.raises(SettingsError, match="another key"):
        install(settings).rooms.identity.vault.decrypt(first.identity.vault.encrypt("dapi"))


def test_a_key_that_is_none_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETPOINT_MASTER_KEY", "short")
    with pytest.raises(SettingsError, match="SETPOINT_MASTER_KEY") as raised:
        install(load_settings({"HOME": str(tmp_path)}))
    assert "short" not in str(raised.value)


def test_without_one_a_file_is_made_that_only_its_user_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SETPOINT_MASTER_KEY", raising=False)
    settings = load_settings({"HOME": str(tmp_path)})
    install(settings)
    assert (settings.home / FILE).stat().st_mode & 0o777 == 0o600
