"""Which service, which key: files in `~/.sync`, overruled by environment variables, as the product had it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from setpoint.client.http import Client, kept_tokens
from setpoint.errors import SettingsError

__all__ = ["Configuration", "DatabricksAccess", "Key", "connect", "load_configuration", "save_configuration"]

DEFAULT_URL = "http://127.0.0.1:8765"
"""Where `setpoint serve` of this machine listens. Keys are never sent to somebody's cloud because nobody said where."""
DEFAULT_PREFERENCE = "economy"
PREFERENCES = ("performance", "balanced", "economy")


@dataclass(frozen=True, slots=True)
class Key:
    """An API key."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DatabricksAccess:
    """A Databricks workspace and the token for it."""

    host: str
    token: str = field(repr=False)
    aws_region: str | None


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that commands need to know about where they are."""

    url: str
    """Address of the service."""
    is_url_given: bool
    """Whether somebody said it, in a file or a variable."""
    key: Key | None
    preference: str
    databricks: DatabricksAccess | None
    cache: Path
    """Folder in which tokens are kept."""


def load_configuration(environ: Mapping[str, str]) -> Configuration:
    """What files and variables say; variables win. Raises SettingsError for a file that is none of ours."""
    folder = sync_folder(environ)
    credentials = _read(folder / "credentials")
    config = _read(folder / "config")
    url = environ.get("SYNC_API_URL") or config.get("api_url", "")
    preference = environ.get("DEFAULT_PREDICTION_PREFERENCE") or config.get("default_prediction_preference", "")
    if preference and preference not in PREFERENCES:
        raise SettingsError(f"The default prediction preference {preference!r} is none of {', '.join(PREFERENCES)}.")
    cache = environ.get("XDG_CACHE_HOME") or str(_home(environ) / ".cache")
    return Configuration(
        url=url or DEFAULT_URL,
        is_url_given=bool(url),
        key=_key(environ, credentials),
        preference=preference or DEFAULT_PREFERENCE,
        databricks=_databricks(environ, _read(folder / "databrickscfg")),
        cache=Path(cache) / "setpoint" / "tokens",
    )


def save_configuration(
    environ: Mapping[str, str], key: Key, url: str, preference: str, databricks: DatabricksAccess | None
) -> Path:
    """Write the files; readable by their owner only. Returns the folder."""
    folder = sync_folder(environ)
    contents: dict[str, dict[str, str | None]] = {
        "credentials": {"api_key_id": key.id, "api_key_secret": key.secret},
        "config": {"default_prediction_preference": preference, "api_url": url},
    }
    if databricks is not None:
        contents["databrickscfg"] = {
            "host": databricks.host,
            "token": databricks.token,
            "aws_region_name": databricks.aws_region,
        }
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in contents.items():
            _write(folder / name, content)
    except OSError as error:
        raise SettingsError(f"The configuration cannot be written to {folder}: {error}.") from None
    return folder


def connect(configuration: Configuration, agent: str = "setpoint") -> Client:
    """A client of the configured service. Raises SettingsError where there is no key."""
    if configuration.key is None:
        raise SettingsError(
            "There is no API key: run `configure`, or set SYNC_API_KEY_ID and SYNC_API_KEY_SECRET "
            f"to a key of the service at {configuration.url}."
        )
    tokens = kept_tokens(configuration.cache, configuration.url, configuration.key.id)
    return Client(configuration.url, configuration.key.id, configuration.key.secret, tokens=tokens, agent=agent)


def normal_host(host: str) -> str:
    """A workspace's address without what follows its name; unencrypted only on this machine, where emulators are.

    >>> normal_host("https://dbc-1234.cloud.databricks.com/?o=1"), normal_host("http://127.0.0.1:8080/")
    ('https://dbc-1234.cloud.databricks.com', 'http://127.0.0.1:8080')
    """
    parts = urlsplit(host if "//" in host else f"//{host}")
    is_here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    return f"{'http' if is_here else 'https'}://{parts.netloc}"


def sync_folder(environ: Mapping[str, str]) -> Path:
    """Where the files are."""
    return _home(environ) / ".sync"


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path("~").expanduser()


def _key(environ: Mapping[str, str], kept: Mapping[str, str]) -> Key | None:
    found = environ.get("SYNC_API_KEY_ID") or kept.get("api_key_id")
    secret = environ.get("SYNC_API_KEY_SECRET") or kept.get("api_key_secret")
    return Key(found, secret) if found and secret else None


def _databricks(environ: Mapping[str, str], kept: Mapping[str, str]) -> DatabricksAccess | None:
    host = environ.get("DATABRICKS_HOST") or kept.get("host")
    token = environ.get("DATABRICKS_TOKEN") or kept.get("token")
    region = environ.get("DATABRICKS_AWS_REGION") or kept.get("aws_region_name") or environ.get("AWS_DEFAULT_REGION")
    return DatabricksAccess(normal_host(host), token, region) if host and token else None


def _read(path: Path) -> Mapping[str, str]:
    try:
        found = json.loads(path.read_bytes() or b"{}")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}. Write it anew with `configure`.") from None
    if not isinstance(found, dict):
        raise SettingsError(f"{path} is not a JSON object. Write it anew with `configure`.")
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _write(path: Path, content: Mapping[str, str | None]) -> None:
    given = {name: value for name, value in content.items() if value is not None}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
        file.write(json.dumps(given, indent=2).encode())
    temporary.replace(path)
