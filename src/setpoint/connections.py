"""Connections in the settings file: one is added or renewed there, and all else stays as its owner wrote it."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from setpoint.errors import SettingsError
from setpoint.files import write_whole
from setpoint.settings import Connection, settings_path

__all__ = ["connection_name", "keep_connection"]


def keep_connection(name: str, connection: Connection, environ: Mapping[str, str] | None = None) -> Path:
    """Write a connection into the settings file, with comments and order kept; the file. Raises SettingsError."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = settings_path(environ)
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        document = tomlkit.parse(text)
        given = msgspec.to_builtins(connection)
        known = document.get("connections", {}).get(name)
        if known is not None and dict(known) == given:
            return path
        if "connections" not in document:
            document["connections"] = tomlkit.table(is_super_table=True)
        table = tomlkit.table()
        for key, value in given.items():
            table[key] = value
        document["connections"][name] = table
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, tomlkit.dumps(document).encode())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The connection cannot be kept in {path}: {error}.") from None
    except (TOMLKitError, AttributeError, TypeError) as error:
        raise SettingsError(f"The settings file {path} is not TOML with a table “connections”: {error}.") from None
    return path


def connection_name(platform: str, host: str, region: str) -> str:
    """What a connection is called where nobody says: by its host, or its region.

    >>> connection_name("databricks", "https://dbc-1.cloud.databricks.com", "us-east-1")
    'databricks-dbc-1'
    >>> connection_name("emr", "", "eu-west-1")
    'emr-eu-west-1'
    """
    place = host.partition("://")[2].partition(":")[0].partition(".")[0] or region
    safe = "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in place).strip("-")
    return f"{platform}-{safe}"
