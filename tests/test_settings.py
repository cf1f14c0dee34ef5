from pathlib import Path

import pytest

from setpoint.errors import SettingsError
from setpoint.settings import load_settings


def environ(tmp_path: Path, **variables: str) -> dict[str, str]:
    return {"HOME": str(tmp_path), **variables}


def with_file(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return environ(tmp_path, SETPOINT_SETTINGS=str(path))


def test_defaults_live_in_the_users_home(tmp_path: Path) -> None:
    settings = load_settings(environ(tmp_path))
    assert settings.home == tmp_path / ".local" / "share" / "setpoint"
    assert settings.ledger_url == f"sqlite:///{settings.home}/ledger.db"
    assert settings.host == "127.0.0.1"


def test_variables_overrule_the_file(tmp_path: Path) -> None:
    variables = with_file(tmp_path, 'region = "eu-west-1"\nvcpu_hour_dollars = 0.1\n')
    settings = load_settings({**variables, "SETPOINT_VCPU_HOUR_DOLLARS": "0.25"})
    assert (settings.region, settings.vcpu_hour_dollars) == ("eu-west-1", 0.25)


def test_xdg_folders_are_honoured(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "setpoint"
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text("port = 9000\n", encoding="utf-8")
    variables = environ(tmp_path, XDG_CONFIG_HOME=str(tmp_path / "config"), XDG_DATA_HOME=str(tmp_path / "data"))
    settings = load_settings(variables)
    assert (settings.port, settings.home) == (9000, tmp_path / "data" / "setpoint")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("port = 'x", "is not TOML"),
        ("port = 70000", "port"),
        ("vcpu_hour_dollars = -1", "vcpu_hour_dollars"),
        ("colour = 'red'", "colour"),
    ],
)
def test_a_file_that_does_not_parse_is_named_with_the_setting(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named) as raised:
        load_settings(with_file(tmp_path, text))
    assert "settings.toml" in str(raised.value)


def test_a_variable_that_does_not_parse_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SETPOINT_PORT"):
        load_settings(environ(tmp_path, SETPOINT_PORT="many"))


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="which is not a file"):
        load_settings(environ(tmp_path, SETPOINT_SETTINGS=str(tmp_path / "none.toml")))
