"""A connection in the settings file: kept and read back, and nothing else touched."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setpoint.connections import connection_name, keep_connection
from setpoint.errors import SettingsError
from setpoint.settings import Connection, load_settings, settings_path

EMR = Connection(platform="emr", region="eu-west-1", auth="shared-credentials-file")
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=20)


def environ(home: Path) -> dict[str, str]:
    return {"HOME": str(home)}


def test_the_first_connection_makes_the_file(tmp_path: Path) -> None:
    path = keep_connection("emr", EMR, environ(tmp_path))
    assert path == settings_path(environ(tmp_path))
    assert load_settings(environ(tmp_path)).connections == {"emr": EMR}


def test_what_else_is_in_the_file_stays_as_it_was(tmp_path: Path) -> None:
    path = settings_path(environ(tmp_path))
    path.parent.mkdir(parents=True)
    before = '# mine\nregion   = "eu-west-1"   # prices\n\n[connections.old]\nplatform = "emr"\nregion = "us-east-1"\n'
    path.write_text(before, encoding="utf-8")
    keep_connection("new", EMR, environ(tmp_path))
    after = path.read_text(encoding="utf-8")
    assert after.startswith(before)
    settings = load_settings(environ(tmp_path))
    assert (settings.region, sorted(settings.connections)) == ("eu-west-1", ["new", "old"])


@settings(max_examples=25)
@given(name=st.text("abc-1. ä\"'", min_size=1, max_size=8), host=WORDS, profile=WORDS)
def test_a_connection_is_read_back_as_it_was_kept(
    tmp_path_factory: pytest.TempPathFactory, name: str, host: str, profile: str
) -> None:
    home = tmp_path_factory.mktemp("home")
    kept = Connection(platform="databricks", region="us-east-1", host=host, profile=profile, rights="auto")
    keep_connection(name, EMR, environ(home))
    path = keep_connection(name, kept, environ(home))
    assert load_settings(environ(home)).connections == {name: kept}
    text = path.read_bytes()
    keep_connection(name, kept, environ(home))
    assert path.read_bytes() == text


def test_a_file_that_cannot_hold_it_is_said_and_stays(tmp_path: Path) -> None:
    path = settings_path(environ(tmp_path))
    path.parent.mkdir(parents=True)
    for text in ("port = 'x", "connections = 3\n"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SettingsError, match=r"settings\.toml"):
            keep_connection("emr", EMR, environ(tmp_path))
        assert path.read_text(encoding="utf-8") == text


def test_a_connection_is_named_after_its_place() -> None:
    assert connection_name("databricks", "https://adb-77.3.azuredatabricks.net", "") == "databricks-adb-77"
    assert connection_name("emr", "", "us-gov-west-1") == "emr-us-gov-west-1"
