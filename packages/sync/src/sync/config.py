"""Which service, key and workspace: files in `~/.sync`, overruled by variables, overruled by what is set here."""

import os
from dataclasses import dataclass, field
from typing import Any

from setpoint.client import DatabricksAccess, Key, load_configuration, save_configuration
from setpoint.client.configuration import normal_host
from sync.models import Preference

__all__ = [
    "APIKey",
    "Configuration",
    "DatabricksConf",
    "get_api_key",
    "get_config",
    "get_databricks_config",
    "init",
    "set_api_key",
    "set_databricks_config",
]


class APIKey:
    """An API key; what is not given is taken from variables and files."""

    def __init__(self, api_key_id: str | None = None, api_key_secret: str | None = None) -> None:
        known = load_configuration(os.environ).key
        self.id = api_key_id or (known.id if known else "")
        self.secret = api_key_secret or (known.secret if known else "")
        if not self.id or not self.secret:
            raise ValueError(
                "there is no API key: set SYNC_API_KEY_ID and SYNC_API_KEY_SECRET, or run `sync-cli configure`"
            )

    def __repr__(self) -> str:
        return f"APIKey({self.id!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, APIKey) and (self.id, self.secret) == (other.id, other.secret)

    def __hash__(self) -> int:
        return hash((self.id, self.secret))


@dataclass
class Configuration:
    """The service, and what solutions are chosen for."""

    default_prediction_preference: Preference | None = field(
        default_factory=lambda: Preference(load_configuration(os.environ).preference)
    )
    api_url: str = field(default_factory=lambda: load_configuration(os.environ).url)


class DatabricksConf:
    """A Databricks workspace; what is not given is taken from variables and files."""

    def __init__(self, host: str | None = None, token: str | None = None, aws_region_name: str | None = None) -> None:
        known = load_configuration(os.environ).databricks
        self.host = normal_host(host) if host else (known.host if known else "")
        self.token = token or (known.token if known else "")
        self.aws_region_name = aws_region_name or (known.aws_region if known else None)
        if not self.host or not self.token:
            raise ValueError("there is no Databricks workspace: set DATABRICKS_HOST and DATABRICKS_TOKEN")

    def __repr__(self) -> str:
        return f"DatabricksConf({self.host!r})"


_set: dict[str, Any] = {}


def init(api_key: APIKey, config: Configuration, db_config: DatabricksConf | None = None) -> None:
    """Write the files in `~/.sync`, and use what is in them from now on."""
    access = DatabricksAccess(db_config.host, db_config.token, db_config.aws_region_name) if db_config else None
    preference = config.default_prediction_preference or Preference.ECONOMY
    save_configuration(os.environ, Key(api_key.id, api_key.secret), config.api_url, preference, access)
    _set.update(key=api_key, config=config, databricks=db_config)


def get_api_key() -> APIKey | None:
    """The key; None where there is none."""
    if _set.get("key") is None:
        try:
            return APIKey()
        except ValueError:
            return None
    found: APIKey = _set["key"]
    return found


def set_api_key(api_key: APIKey) -> None:
    """Use a key. Once only, as the original has it."""
    if _set.get("key") is not None:
        raise RuntimeError("the API key has already been set")
    _set["key"] = api_key


def get_config() -> Configuration:
    """The service and the preference."""
    found: Configuration = _set.get("config") or Configuration()
    return found


def get_databricks_config() -> DatabricksConf | None:
    """The workspace; None where there is none."""
    if _set.get("databricks") is None:
        try:
            return DatabricksConf()
        except ValueError:
            return None
    found: DatabricksConf = _set["databricks"]
    return found


def set_databricks_config(db_config: DatabricksConf) -> None:
    """Use a workspace. Once only, as the original has it."""
    if _set.get("databricks") is not None:
        raise RuntimeError("the Databricks workspace has already been set")
    _set["databricks"] = db_config


def __getattr__(name: str) -> object:
    named = {"API_KEY": get_api_key, "CONFIG": get_config, "DB_CONFIG": get_databricks_config}
    if name not in named:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return named[name]()
