"""How Setpoint is set up: a TOML file, overruled by environment variables. The only reader of `os.environ`.

The file is `$SETPOINT_SETTINGS`, else `$XDG_CONFIG_HOME/setpoint/settings.toml`; every setting `x` may also be given as
the variable `SETPOINT_X`.
"""

import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from setpoint.core.discounts import Discount
from setpoint.core.own_units import OwnDbuRate
from setpoint.errors import SettingsError

__all__ = [
    "Connection",
    "Settings",
    "databricks_token",
    "environment",
    "load_settings",
    "master_key_given",
    "one_thread_each",
    "settings_path",
    "tracing_is_wanted",
]

_LISTS = {"allowed_hosts", "fetch_allowed"}
"""Settings that a variable names with commas in between."""
PositiveRate = Annotated[float, msgspec.Meta(ge=0, le=1e6)]


class Connection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A workspace of Databricks, or an account and region of AWS. No secret is in it: how to find it is.

    Credentials stay where the platforms' own tools keep them: the environment, a profile, a role.
    """

    platform: Literal["databricks", "emr"]
    region: str
    """Whose list prices are used, and of EMR where it is."""
    host: str = ""
    """Of a workspace of Databricks, with https://."""
    product: str = ""
    """Of a workspace: aws-databricks, azure-databricks or gcp-databricks."""
    profile: str = ""
    """Of `~/.databrickscfg` or `~/.aws/config`; empty: what is usual on the machine, such as the environment."""
    auth: str = ""
    """The kind of credentials that were found: pat, oauth-m2m, azure-cli and others."""
    rights: Literal["read-only", "auto"] = "read-only"
    """What it is for: nothing that this needs was found missing."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One installation."""

    home: Path
    """Folder of the ledger and of the projects' runs; default `$XDG_DATA_HOME/setpoint`."""
    ledger: str = ""
    """URL of the ledger; default: SQLite in the home folder."""
    region: str = "us-east-1"
    """Region whose list prices are used."""
    vcpu_hour_dollars: PositiveRate | None = None
    """Your own price of one core for one hour; default: the EMR Serverless list price of the region."""
    gib_hour_dollars: PositiveRate | None = None
    """Your own price of one GiB of memory for one hour; default as above."""
    discounts: tuple[Discount, ...] = ()
    """What your contracts make of list prices; the first that names a price counts."""
    dbu_rates: tuple[OwnDbuRate, ...] = ()
    """Databricks units an hour of instance types as you know them. In the file only."""
    databricks_host: str = ""
    """Workspace that `setpoint prices refresh --source databricks` asks; default: the variable DATABRICKS_HOST."""
    databricks_warehouse: str = ""
    """SQL warehouse that it asks there; default: the variable DATABRICKS_WAREHOUSE_ID."""
    connections: dict[str, Connection] = {}
    """Workspaces and accounts by name, as `setpoint connect` keeps them. In the file only."""
    host: str = "127.0.0.1"
    """Address that `setpoint serve` listens on."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8765
    """Port that `setpoint serve` listens on; 0 takes any free one."""
    database_url: str = ""
    """Database of the service, SQLite or PostgreSQL; default: where the ledger is."""
    artefacts: str = ""
    """Folder or URL of event logs and reports; default: `artefacts` in the home folder."""
    public_url: str = ""
    """Address that clients reach the service by; default: what their request names."""
    tls_certificate: Path | None = None
    """Certificate chain that `setpoint serve` shows; without one a proxy in front does."""
    tls_key: Path | None = None
    """Its private key."""
    metrics_are_open: bool = False
    """Whether `/metrics` answers everybody; else this machine, and whoever has a token."""
    workers: Annotated[int, msgspec.Meta(ge=0, le=64)] = 1
    """Workers that `setpoint serve` has beside it; 0 where they run elsewhere."""
    sign_in_tries: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 10
    """Failed tries to sign in a minute, from one address and for one key."""
    largest_upload_bytes: Annotated[int, msgspec.Meta(ge=1)] = 4 << 30
    """Largest event log that may be uploaded or fetched."""
    allowed_hosts: tuple[str, ...] = ()
    """Names that clients may reach the service by; default: any."""
    fetch_allowed: tuple[str, ...] = ()
    """Hosts, addresses and networks that event logs are fetched from although they are not public."""
    fetch_seconds: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 900.0
    """How long fetching one event log may take."""
    poll_seconds: Annotated[float, msgspec.Meta(ge=5, le=86_400)] = 60.0
    """How often workers look for ended runs where accounts run theirs; scattered by a fifth."""
    keep_artefacts_days: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = 0.0
    """How long event logs are kept after they arrived; 0: for ever."""

    @property
    def ledger_url(self) -> str:
        """Where the ledger is."""
        return self.ledger or f"sqlite:///{self.home / 'ledger.db'}"

    @property
    def service_url(self) -> str:
        """Where the service keeps everything, its ledger included."""
        return self.database_url or self.ledger_url

    @property
    def artefacts_url(self) -> str:
        """Where event logs and reports are kept."""
        return self.artefacts or str(self.home / "artefacts")


def environment() -> Mapping[str, str]:
    """The process environment, for those who start other programs with it."""
    return dict(os.environ)


def one_thread_each() -> None:
    """Have linear algebra take one core, in this process and those it starts, unless somebody said otherwise.

    To be called before NumPy is loaded. Our matrices are small: threads that wait for one another in them take several
    times the CPU, and where many requests or workers share a machine that is lost to all.
    """
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def databricks_token(environ: Mapping[str, str] | None = None) -> str:
    """The token for a Databricks workspace. No setting: what is no part of Settings is not printed with them."""
    return (environment() if environ is None else environ).get("DATABRICKS_TOKEN", "")


def master_key_given(environ: Mapping[str, str] | None = None) -> str:
    """The master key of the service where it is not in a file of the home folder. No setting, for the same reason."""
    return (environment() if environ is None else environ).get("SETPOINT_MASTER_KEY", "")


def tracing_is_wanted(environ: Mapping[str, str] | None = None) -> bool:
    """Whether the variables of OpenTelemetry name where spans are sent."""
    variables = environment() if environ is None else environ
    if variables.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return any(variables.get(name) for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings of this process. Raises SettingsError that names the file or variable."""
    variables = environment() if environ is None else environ
    path = settings_path(variables)
    values: dict[str, object] = {"home": str(_data_home(variables) / "setpoint")}
    # Databricks' own tools read these; ours win over them.
    named = {"databricks_host": "DATABRICKS_HOST", "databricks_warehouse": "DATABRICKS_WAREHOUSE_ID"}
    values |= {name: variables[variable] for name, variable in named.items() if variables.get(variable)}
    values |= _read(path)
    origin = {name: str(path) for name in values}
    for name in Settings.__struct_fields__:
        variable = f"SETPOINT_{name.upper()}"
        if variables.get(variable):
            values[name] = (
                [each.strip() for each in variables[variable].split(",")] if name in _LISTS else variables[variable]
            )
            origin[name] = variable
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_as_path)
    except msgspec.ValidationError as error:
        name = str(error).partition("$.")[2].rstrip("`")
        where = origin.get(name, str(path))
        raise SettingsError(f"The setting {name or 'file'} from {where} is not usable: {error}.") from None
    return msgspec.structs.replace(settings, home=_absolute(settings.home, origin.get("home", "the home folder")))


def _absolute(path: Path, origin: str) -> Path:
    try:
        return path.expanduser().absolute()
    except (OSError, RuntimeError) as error:
        raise SettingsError(f"The folder {path} from {origin} cannot be found: {error}.") from None


def _as_path(kind: type, value: object) -> Path:
    if kind is not Path or not isinstance(value, str):
        raise NotImplementedError
    return Path(value)


def settings_path(environ: Mapping[str, str] | None = None) -> Path:
    """The settings file, which may not be there yet. Raises SettingsError where a variable names one that is not."""
    variables = environment() if environ is None else environ
    if variables.get("SETPOINT_SETTINGS"):
        path = _absolute(Path(variables["SETPOINT_SETTINGS"]), "SETPOINT_SETTINGS")
        if not path.is_file():
            raise SettingsError(f"SETPOINT_SETTINGS names {path}, which is not a file.")
        return path
    base = variables.get("XDG_CONFIG_HOME")
    return (Path(base) if base else _user_home(variables) / ".config") / "setpoint" / "settings.toml"


def _data_home(variables: Mapping[str, str]) -> Path:
    base = variables.get("XDG_DATA_HOME")
    return Path(base) if base else _user_home(variables) / ".local" / "share"


def _user_home(variables: Mapping[str, str]) -> Path:
    # Containers run programs under users that have no home and no name; then only what was named counts.
    return Path(variables.get("HOME") or tempfile.gettempdir())


def _read(path: Path) -> dict[str, object]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}.") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {path} is not TOML: {error}.") from None
